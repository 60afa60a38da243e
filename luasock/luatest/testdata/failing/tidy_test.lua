describe("what is left behind", function()
  it("a socket", function()
    local s = socket.create_listen(0)
  end)

  it("a task", function()
    task.spawn(function() task.sleep(60) end)
  end)

  it("an error in a task", function()
    task.spawn(function() error("nobody hears me") end)
    task.yield()
  end)
end)

describe("what never ends", function()
  it("a deadlock", function()
    local ch = task.channel()
    task.spawn(function() ch:recv() end)
    ch:recv()
  end)

  it("a loop", {timeout = 0.1}, function()
    while true do end
  end)
end)

describe("what is called by others", function()
  local function check(reply)
    assert.matches("^2%d%d", reply)
  end

  it("shows how it was called", function()
    check("500 no")
  end)
end)

describe("a hook", function()
  before_all(function() error("the server does not start") end)
  it("is for a test", function() end)
end)

function test_a_plain_function()
  assert(1 == 2, "one is not two")
end

-- A suite in which nearly everything fails: how that looks is kept in
-- failing.*.golden.

describe("a greeting", function()
  local server

  before_all(function()
    server = test.server(function(fp)
      fp:write("220 ready\r\n")
      local line = fp:gets()
      if line then fp:write("500 what is " .. line) end
    end)
  end)

  local function connect()
    local fp = assert(socket.fsockopen("127.0.0.1", server.port))
    finally(function() fp:close() end)
    return fp
  end

  it("comes first", function()
    assert.equal("220 ready\r\n", connect():gets())
  end)

  it("is answered", function()
    local fp = connect()
    fp:gets()
    fp:write("HELO me\r\n")
    assert.equal("250 hello me\r\n", fp:gets())
  end)

  it("comes in time", {timeout = 0.1}, function()
    local fp = connect()
    fp:gets()
    task.spawn(function() task.sleep(60) end).name = "watchdog"
    fp:gets()
  end)

  pending("speaks of STARTTLS")

  it("needs IPv6", function() pending("there is no IPv6 here") end)
end)

describe("a packet", function()
  it("has the bytes of the RFC", function()
    print("built by hand")
    assert.bytes(string.pack(">I2I2s1", 1, 512, "example"), string.pack(">I2I2s1", 1, 513, "example"))
  end)

  it("is parsed", function()
    local want = {id = 1, flags = {qr = true, aa = false}, names = {"example", "org"}}
    local got = {id = 1, flags = {qr = true, aa = true}, names = {"example", "com"}}
    assert.same(want, got)
  end)
end)

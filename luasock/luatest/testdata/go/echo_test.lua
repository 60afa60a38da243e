describe("an echo server", function()
  local server

  before_all(function()
    server = test.server(function(fp)
      for line in fp:lines() do fp:write(line .. "\n") end
    end)
  end)

  it("gives back a line", function()
    local fp = assert(socket.fsockopen("127.0.0.1", server.port))
    finally(function() fp:close() end)
    fp:write("hello\n")
    assert.equal("hello\n", fp:gets())
  end)

  it("waits for the next", function() pending("not today") end)

  describe.parallel("at once", function()
    for i = 1, 3 do it("number " .. i, function() task.sleep(0.01) end) end
  end)
end)

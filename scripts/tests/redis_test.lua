-- redis-server speaks RESP: https://redis.io/docs/reference/protocol-spec
-- Run it with:  sockscript test scripts/tests/redis_test.lua

if os.execute("command -v redis-server >/dev/null") ~= 0 then
  return pending("redis-server is not installed")
end

local server, port

before_all(function()
  port = test.free_port()
  server = test.process{"redis-server", "--port", port, "--save", "", "--dir", test.tempdir(),
    ready = "Ready to accept connections"}
end)

local function connect(to)
  local fp = assert(socket.fsockopen("127.0.0.1", to or port))
  fp:set_timeout(5)
  return fp
end

-- A command is a list of bulk strings.
local function encode(...)
  local parts = {"*" .. select("#", ...) .. "\r\n"}
  for _, word in ipairs{...} do parts[#parts + 1] = "$" .. #word .. "\r\n" .. word .. "\r\n" end
  return table.concat(parts)
end

-- A reply: its first byte says what it is. An error is nil and its text.
local function reply(fp)
  local line = assert(fp:read_line())
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "+" then return rest end
  if kind == "-" then return nil, rest end
  if kind == ":" then return tonumber(rest) end
  if kind == "$" then
    if rest == "-1" then return nil end
    return (fp:read_exactly(tonumber(rest) + 2):sub(1, -3))
  end
  local list = {}
  for i = 1, tonumber(rest) do list[i] = reply(fp) end
  return list
end

local function call(fp, ...)
  fp:write(encode(...))
  return reply(fp)
end

describe("RESP", function()
  local fp
  before_each(function() fp = connect() call(fp, "FLUSHALL") end)
  after_each(function() fp:close() end)

  it("answers with simple strings, integers, bulk strings and lists", function()
    assert.equal("PONG", call(fp, "PING"))
    assert.equal(1, call(fp, "INCR", "n"))
    assert.equal("1", call(fp, "GET", "n"))
    assert.equal(3, call(fp, "RPUSH", "l", "a", "b", "c"))
    assert.same({"a", "b", "c"}, call(fp, "LRANGE", "l", "0", "-1"))
    assert.is_nil(call(fp, "GET", "missing"))
  end)

  it("names the mistake in an error", function()
    local ok, err = call(fp, "NOSUCH")
    assert.matches("^ERR unknown command 'NOSUCH'", err)
    call(fp, "SET", "text", "x")
    ok, err = call(fp, "LPUSH", "text", "y")
    assert.matches("^WRONGTYPE", err)
  end)

  it("keeps every byte", function()
    local all = {}
    for i = 0, 255 do all[#all + 1] = string.char(i) end
    local value = table.concat(all):rep(10)
    assert.equal("OK", call(fp, "SET", "bytes", value))
    assert.bytes(value, call(fp, "GET", "bytes"))
  end)

  it("understands commands typed by hand", function()
    test.script(fp, {
      {send = "PING\r\n"}, {expect = "+PONG\r\n"},
      {send = "SET greeting 'hello world'\r\n"}, {expect = "+OK\r\n"},
      {send = "GET greeting\r\n"}, {expect = "$11\r\nhello world\r\n"},
      {send = "QUIT\r\n"}, {expect = "+OK\r\n"}, {eof = true},
    })
  end)

  it("closes after a command that it cannot parse", function()
    test.script(fp, {
      {send = "*1\r\n$-5\r\n"}, {expect = "-ERR Protocol error: invalid bulk length\r\n"}, {eof = true},
    })
  end)

  it("answers a pipeline in order", function()
    local n, commands = 1000, {}
    for i = 1, n do commands[i] = encode("INCR", "counter") end
    fp:write(table.concat(commands))
    for i = 1, n do assert.equal(i, reply(fp)) end
  end)
end)

it("delivers what is published", function()
  local listener, speaker = connect(), connect()
  assert.same({"subscribe", "news", 1}, call(listener, "SUBSCRIBE", "news"))
  assert.equal(1, call(speaker, "PUBLISH", "news", "hello"))
  assert.same({"message", "news", "hello"}, reply(listener))
  listener:close()
  speaker:close()
end)

describe("over a bad line", function()
  it("waits for a client that sends a byte at a time", function()
    local slow = test.proxy(port, {slice = 1, toward = "server"})
    local fp = connect(slow.port)
    assert.equal("OK", call(fp, "SET", "slow", "but complete"))
    assert.equal("but complete", call(fp, "GET", "slow"))
    fp:close()
  end)

  it("serves others while one client does not read", function()
    local greedy, other = connect(), connect()
    call(other, "SET", "big", ("x"):rep(100000))
    greedy:write(encode("GET", "big"):rep(50))
    assert.equal("PONG", call(other, "PING"))
    for i = 1, 50 do assert.equal(100000, #reply(greedy)) end
    greedy:close()
    other:close()
  end)

  it("does nothing of a command that was cut off", function()
    local command = encode("SET", "half", "value")
    local line = test.proxy(port, {reset_after = #command - 4, toward = "server"})
    local cut, fp = connect(line.port), connect()
    cut:write(command)
    local _, why, errno = cut:read(1)
    assert.equal(socket.ECONNRESET, errno)
    assert.is_nil(call(fp, "GET", "half"))
    cut:close()
    fp:close()
  end)

  it("has done a command whose answer was lost", function()
    local line = test.proxy(port, {close_after = 1, toward = "client"})
    local cut, fp = connect(line.port), connect()
    call(fp, "DEL", "n")
    cut:write(encode("INCR", "n"))
    assert.equal(":", cut:get_contents())
    line:set{}
    local again = connect(line.port)
    assert.equal(2, call(again, "INCR", "n"))
    cut:close()
    again:close()
    fp:close()
  end)
end)

it("ends when it is told to, and says so", function()
  local own = test.free_port()
  local redis = test.process{"redis-server", "--port", own, "--save", "", "--dir", test.tempdir(), ready = own}
  redis:kill("TERM")
  redis:expect("Redis is now ready to exit, bye bye...")
  assert.equal(0, redis:wait(5))
end)

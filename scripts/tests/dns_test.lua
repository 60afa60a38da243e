-- dnsmasq speaks DNS over UDP and TCP: RFC 1035, RFC 6891, RFC 7766.
-- Run it with:  sockscript test scripts/tests/dns_test.lua

if os.execute("command -v dnsmasq >/dev/null") ~= 0 then
  return pending("dnsmasq is not installed")
end

local port

before_all(function()
  port = test.free_port()
  local me = io.popen("id -un"):read("*l")
  local zone = {"--address=/www.test/192.0.2.1", "--address=/www.test/2001:db8::1", "--cname=alias.test,host.test",
    "--host-record=host.test,192.0.2.7", "--mx-host=test,mail.host.test,10", "--txt-record=short.test,hello,world"}
  for i = 1, 10 do zone[#zone + 1] = "--txt-record=long.test,part " .. i .. " " .. ("x"):rep(100) end
  test.process{"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--pid-file", "--user=" .. me,
    "--log-facility=-", "--no-resolv", "--no-hosts", "--local=/test/", "--listen-address=127.0.0.1",
    "--bind-interfaces", "--port=" .. port, ready = port, unpack(zone)}
end)

local TYPE = {A = 1, CNAME = 5, MX = 15, TXT = 16, AAAA = 28}

local function query(id, name, type, options)
  local labels = name:gsub("[^.]+%.?", function(label)
    label = label:gsub("%.", "")
    return string.char(#label) .. label
  end)
  local edns = options and options.edns and string.pack(">xI2I2I4I2", 41, options.edns, 0, 0) or ""
  return string.pack(">I2I2I2I2I2I2", id, 0x0100, 1, 0, 0, edns == "" and 0 or 1)
    .. labels .. "\0" .. string.pack(">I2I2", TYPE[type], 1) .. edns
end

-- A name may end in a pointer to an earlier place: section 4.1.4. Pointers that
-- do not point back would make a loop.
local function read_name(message, at)
  local labels, after, pointers = {}, nil, 0
  while true do
    local length = message:byte(at)
    if length == 0 then break end
    if length >= 0xC0 then
      local target = string.unpack(">I2", message, at) - 0xC000 + 1
      assert(target < at, "the pointer does not point back")
      after, at, pointers = after or at + 2, target, pointers + 1
    else
      labels[#labels + 1] = message:sub(at + 1, at + length)
      at = at + length + 1
    end
  end
  return table.concat(labels, "."), after or at + 1, pointers
end

local function read_data(message, type, at, length)
  if type == TYPE.A then return table.concat({message:byte(at, at + 3)}, ".") end
  if type == TYPE.AAAA then return socket.inet_ntop(message:sub(at, at + 15)) end
  if type == TYPE.CNAME then return (read_name(message, at)) end
  if type == TYPE.MX then return string.unpack(">I2", message, at) .. " " .. read_name(message, at + 2) end
  local texts, stop = {}, at + length
  while at < stop do
    texts[#texts + 1], at = string.unpack("s1", message, at)
  end
  return table.concat(texts, "|")
end

local function parse(message)
  local id, flags, questions, answers, at = string.unpack(">I2I2I2I2", message)
  local reply = {id = id, code = bit.band(flags, 15), truncated = bit.band(flags, 0x0200) ~= 0, pointers = 0}
  at = 13
  for _ = 1, questions do
    reply.question, at = read_name(message, at)
    at = at + 4
  end
  for i = 1, answers do
    local name, type, class, ttl, length, pointers
    name, at, pointers = read_name(message, at)
    type, class, ttl, length, at = string.unpack(">I2I2I4I2", message, at)
    reply[i] = {name = name, type = type, data = read_data(message, type, at, length)}
    reply.pointers = reply.pointers + pointers
    at = at + length
  end
  return reply
end

local function udp(to)
  local fp = assert(socket.stream_client("udp://127.0.0.1:" .. (to or port)))
  fp:set_timeout(5)
  return fp
end

local function ask(name, type, options)
  local fp = udp()
  fp:write(query(4711, name, type, options))
  local message = assert(fp:read(65535))
  fp:close()
  return parse(message), message
end

local function tcp()
  local fp = assert(socket.fsockopen("127.0.0.1", port))
  fp:set_timeout(5)
  return fp
end

-- Over TCP two bytes of length come first.
local function receive(fp)
  return parse(fp:read_exactly((string.unpack(">I2", fp:read_exactly(2)))))
end

describe("over UDP", function()
  it("answers with an address", function()
    local reply = ask("www.test", "A")
    assert.equal(4711, reply.id)
    assert.equal("www.test", reply.question)
    assert.same({name = "www.test", type = TYPE.A, data = "192.0.2.1"}, reply[1])
    assert.equal("2001:db8::1", ask("www.test", "AAAA")[1].data)
  end)

  it("follows an alias", function()
    local reply = ask("alias.test", "A")
    assert.same({name = "alias.test", type = TYPE.CNAME, data = "host.test"}, reply[1])
    assert.same({name = "host.test", type = TYPE.A, data = "192.0.2.7"}, reply[2])
  end)

  it("gives texts and mail servers", function()
    assert.equal("hello|world", ask("short.test", "TXT")[1].data)
    assert.equal("10 mail.host.test", ask("test", "MX")[1].data)
  end)

  it("does not care for the case of a name, and gives it back as it was asked", function()
    local reply = ask("wWw.TeSt", "A")
    assert.equal("wWw.TeSt", reply.question)
    assert.equal("192.0.2.1", reply[1].data)
  end)

  it("says that a name is not there", function()
    assert.equal(3, ask("none.test", "A").code)
  end)

  it("points back to a name instead of writing it again", function()
    local reply, message = ask("www.test", "A")
    assert.equal(1, reply.pointers)
    assert.equal(1, select(2, message:gsub("\3www\4test", "")))
  end)

  it("cuts an answer that is longer than 512 bytes, and says so", function()
    local reply, message = ask("long.test", "TXT")
    assert.is_true(reply.truncated)
    assert.is_true(#message <= 512, #message .. " bytes")
  end)

  it("sends more to a client that takes more", function()
    local reply, message = ask("long.test", "TXT", {edns = 4096})
    assert.is_false(reply.truncated)
    assert.equal(10, #reply)
    assert.is_true(#message > 512)
  end)

  it("ignores what is no query, and goes on", function()
    local fp = udp()
    for _, junk in ipairs{"x", ("\0"):rep(11), bytes.random(100), query(1, "www.test", "A"):sub(1, -6)} do fp:write(junk) end
    fp:write(query(2, "www.test", "A"))
    local reply
    repeat reply = parse(fp:read(65535)) until reply.id == 2
    assert.equal("192.0.2.1", reply[1].data)
    fp:close()
  end)
end)

describe("over TCP", function()
  it("gives the whole of what UDP cuts", function()
    local fp, message = tcp(), query(1, "long.test", "TXT")
    fp:write(string.pack(">s2", message))
    local reply = receive(fp)
    assert.is_false(reply.truncated)
    assert.equal(10, #reply)
    fp:close()
  end)

  it("answers several queries on one connection", function()
    local fp = tcp()
    for id = 1, 3 do fp:write(string.pack(">s2", query(id, "www.test", "A"))) end
    for id = 1, 3 do assert.equal(id, receive(fp).id) end
    fp:close()
  end)

  it("waits for a query that comes in pieces", function()
    local fp, message = tcp(), string.pack(">s2", query(9, "www.test", "A"))
    test.script(fp, {{send = message:sub(1, 1)}, {wait = 0.01}, {send = message:sub(2, 9)}, {wait = 0.01}, {send = message:sub(10)}})
    assert.equal(9, receive(fp).id)
    fp:close()
  end)
end)

-- A resolver asks again when nothing comes.
it("can be asked through a line that loses every other datagram", function()
  local line = test.proxy("udp://127.0.0.1:" .. port, {loss = 0.5, duplicate = 0.2})
  local fp, asked = udp(line.port), 0
  fp:set_timeout(0.03)
  for id = 1, 10 do
    local reply
    repeat
      fp:write(query(id, "www.test", "A"))
      asked = asked + 1
      local message = fp:read(65535)
      reply = message and parse(message)
    until reply and reply.id == id
    assert.equal("192.0.2.1", reply[1].data)
  end
  assert.is_true(asked > 10, "asked " .. asked .. " times")
  fp:close()
end)

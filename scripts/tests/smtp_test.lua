-- aiosmtpd speaks SMTP, and TLS after STARTTLS: RFC 5321, RFC 3207.
-- Run it with:  sockscript test scripts/tests/smtp_test.lua

if os.execute("command -v aiosmtpd >/dev/null") ~= 0 then
  return pending("aiosmtpd is not installed")
end

local server, port, certificate

before_all(function()
  port, certificate = test.free_port(), test.certificate("localhost")
  server = test.process{"aiosmtpd", "-n", "-l", "127.0.0.1:" .. port, "-s", 1000,
    "--tlscert", certificate.cert, "--tlskey", certificate.key, "--no-requiretls",
    "-c", "aiosmtpd.handlers.Debugging", "stdout", env = {PYTHONUNBUFFERED = "1"}, ready = port}
end)

local fp

-- A reply has one line or several, all but the last with a "-" behind the number.
local function reply()
  local code, lines = nil, {}
  repeat
    local line = fp:expect("\r\n", 5)
    local more, text
    code, more, text = line:match("^(%d%d%d)([- ])(.*)\r\n$")
    assert(code, "no reply: " .. line)
    lines[#lines + 1] = text
  until more == " "
  return tonumber(code), table.concat(lines, "\n")
end

local function command(line)
  fp:write(line .. "\r\n")
  return reply()
end

before_each(function()
  fp = assert(socket.fsockopen("127.0.0.1", port))
  fp:set_timeout(5)
  assert.equal(220, (reply()))
end)
after_each(function() fp:close() end)

local function starttls()
  assert.equal(220, (command("STARTTLS")))
  return fp:enable_crypto(true, nil, {ssl = {peer_name = "localhost", cafile = certificate.ca}})
end

describe("a dialogue", function()
  it("delivers a message", function()
    test.script(fp, {
      {send = "EHLO client\r\n"}, {expect = {pattern = "250 [^\n]*\r\n"}},
      {send = "MAIL FROM:<a@example.org>\r\n"}, {expect = "250 OK\r\n"},
      {send = "RCPT TO:<b@example.org>\r\n"}, {expect = "250 OK\r\n"},
      {send = "DATA\r\n"}, {expect = {pattern = "^354 [^\n]*\r\n"}},
      {send = "Subject: hello\r\n\r\n..two dots\r\n.\r\n"}, {expect = "250 OK\r\n"},
      {send = "QUIT\r\n"}, {expect = {pattern = "^221 [^\n]*\r\n"}}, {eof = true},
    })
    server:expect("Subject: hello\n", 5)
    server:expect("\n.two dots\n", 5) -- a dot at the start of a line is sent twice
  end)

  it("tells what the server can do", function()
    local code, text = command("EHLO client")
    assert.equal(250, code)
    assert.matches("\nSTARTTLS\n", text)
    assert.matches("\nSIZE 1000\n", text)
  end)

  it("has an order", function()
    assert.equal(503, (command("MAIL FROM:<a@example.org>")))
    command("EHLO client")
    assert.equal(503, (command("RCPT TO:<b@example.org>")))
    command("MAIL FROM:<a@example.org>")
    assert.equal(503, (command("MAIL FROM:<a@example.org>")))
    assert.equal(503, (command("DATA")))
    assert.equal(250, (command("RSET")))
    assert.equal(250, (command("MAIL FROM:<a@example.org>")))
  end)

  it("refuses what it does not understand, and goes on", function()
    assert.equal(500, (command("NONSENSE")))
    assert.equal(501, (command("EHLO")))
    command("EHLO client")
    assert.equal(501, (command("MAIL FROM")))
    assert.equal(500, (command(("x"):rep(2000))))
    assert.equal(250, (command("NOOP")))
  end)

  it("refuses a message that is too large, when it is announced and when it is sent", function()
    command("EHLO client")
    assert.equal(552, (command("MAIL FROM:<a@example.org> SIZE=5000")))
    command("MAIL FROM:<a@example.org>")
    command("RCPT TO:<b@example.org>")
    command("DATA")
    fp:write((("x"):rep(70) .. "\r\n"):rep(50))
    assert.equal(552, (command(".")))
  end)

  it("does not take a message for two when a line ends strangely", function()
    command("EHLO client")
    command("MAIL FROM:<a@example.org>")
    command("RCPT TO:<b@example.org>")
    command("DATA")
    assert.equal(250, (command("one\n.\r\nMAIL FROM:<evil@example.org>\r\n.")))
    assert.equal(250, (command("NOOP")))
    assert.equal(0, fp:drain(0.02))
  end)

  it("waits for a client that sends a byte at a time", function()
    local slow = test.proxy(port, {slice = 1, toward = "server"})
    fp:close()
    fp = assert(socket.fsockopen(slow.host, slow.port))
    reply()
    assert.equal(250, (command("EHLO client")))
  end)
end)

describe("STARTTLS", function()
  it("goes on in TLS, with a new dialogue", function()
    command("EHLO client")
    assert.is_true(starttls())
    assert.matches("^TLSv1%.[23]$", fp:get_meta_data().crypto.protocol)
    assert.equal(503, (command("MAIL FROM:<a@example.org>")))
    local code, text = command("EHLO client")
    assert.equal(250, code)
    assert.not_matches("STARTTLS", text)
    assert.equal(250, (command("MAIL FROM:<a@example.org>")))
  end)

  it("shows a certificate that is good for the name, and for no other", function()
    command("EHLO client")
    assert.equal(220, (command("STARTTLS")))
    local ok, why = fp:enable_crypto(true, nil, {ssl = {peer_name = "other.example", cafile = certificate.ca}})
    assert.is_nil(ok)
    assert.matches("localhost", why)
  end)

  it("takes no arguments", function()
    command("EHLO client")
    assert.equal(501, (command("STARTTLS now")))
  end)

  -- Somebody between client and server could put a command behind STARTTLS, so
  -- that the server takes it for one that came through TLS.
  it("does not obey what came before TLS", function()
    command("EHLO client")
    fp:write("STARTTLS\r\nEHLO attacker\r\n")
    assert.equal(220, (reply()))
    if fp:enable_crypto(true, nil, {ssl = {peer_name = "localhost", cafile = certificate.ca}}) then
      assert.equal(0, fp:drain(0.05))
    end
  end)

  it("is cut off in the middle of the handshake", function()
    local line = test.proxy(port, {close_after = 400, toward = "client"})
    fp:close()
    fp = assert(socket.fsockopen(line.host, line.port))
    reply()
    command("EHLO client")
    assert.is_nil((starttls()))
  end)
end)

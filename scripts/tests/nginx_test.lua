-- nginx speaks HTTP/1.1, byte by byte: RFC 9112.
-- Run it with:  sockscript test scripts/tests/nginx_test.lua

if os.execute("command -v nginx >/dev/null") ~= 0 then
  return pending("nginx is not installed")
end

local port

-- The configuration has a static page, a proxy that shows what it is sent, and
-- small limits.
local config = [[
daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  keepalive_timeout 1;
  client_max_body_size 1k;
  server {
    listen 127.0.0.1:PORT;
    location / { root html; }
    location /echo { proxy_pass http://127.0.0.1:BACKEND; proxy_request_buffering off; proxy_http_version 1.1; }
  }
}
]]

local function save(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local backend -- gets what nginx passes on, and keeps it
local seen

before_all(function()
  backend = test.server(function(fp)
    local head = fp:read_until("\r\n\r\n")
    local body = ""
    if head:lower():find("chunked") then
      body = fp:read_until("0\r\n\r\n")
    else
      body = fp:read_exactly(tonumber(head:match("[Cc]ontent%-[Ll]ength: (%d+)") or 0))
    end
    seen = {head = head, body = body}
    fp:write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n0\r\n\r\n")
  end)
  local dir = test.tempdir()
  port = test.free_port()
  assert(os.execute("mkdir " .. dir .. "/html") == 0)
  save(dir .. "/html/index.html", "hello\n")
  save(dir .. "/nginx.conf", (config:gsub("PORT", port):gsub("BACKEND", backend.port)))
  test.process{"nginx", "-p", dir, "-c", "nginx.conf", "-e", "stderr", ready = port}
end)

local fp
before_each(function()
  fp = assert(socket.fsockopen("127.0.0.1", port))
  fp:set_timeout(5)
end)
after_each(function() fp:close() end)

-- A response: its status, its headers by their names in lower case, its body.
local function response()
  local status = tonumber(fp:expect("\r\n"):match("^HTTP/1%.1 (%d%d%d)"))
  local headers = {}
  for line in fp:lines() do
    if line == "" then break end
    local name, value = line:match("^([^:]+):%s*(.*)$")
    headers[name:lower()] = value
  end
  local body
  if headers["transfer-encoding"] == "chunked" then
    local parts = {}
    repeat
      local size = tonumber(fp:read_line(), 16)
      parts[#parts + 1] = fp:read_exactly(size)
      assert.equal("\r\n", fp:read_exactly(2))
    until size == 0
    body = table.concat(parts)
  elseif headers["content-length"] then
    body = fp:read_exactly(tonumber(headers["content-length"]))
  end
  return status, headers, body
end

local function get(path, headers)
  fp:write("GET " .. path .. " HTTP/1.1\r\nHost: x\r\n" .. (headers or "") .. "\r\n")
  return response()
end

describe("a connection", function()
  it("is kept for further requests", function()
    for i = 1, 3 do
      local status, headers, body = get("/")
      assert.equal(200, status)
      assert.equal("hello\n", body)
      assert.equal("keep-alive", headers.connection)
    end
  end)

  it("is closed when the client wants that", function()
    local status, headers, body = get("/", "Connection: close\r\n")
    assert.equal(200, status)
    assert.equal("close", headers.connection)
    assert.equal("", fp:get_contents())
  end)

  it("is closed after HTTP/1.0", function()
    test.script(fp, {
      {send = "GET / HTTP/1.0\r\n\r\n"}, {expect = "HTTP/1.1 200 OK\r\n"}, {expect = "hello\n"}, {eof = true},
    })
  end)

  it("is closed when it was idle too long", function()
    get("/")
    local began = socket.gettime()
    assert.equal("", fp:get_contents())
    assert.is_true(socket.gettime() - began > 0.5)
  end)

  it("takes requests that come at once, and answers in order", function()
    fp:write(("GET / HTTP/1.1\r\nHost: x\r\n\r\n"):rep(2) .. "GET /none HTTP/1.1\r\nHost: x\r\n\r\n")
    assert.equal(200, (response()))
    assert.equal(200, (response()))
    assert.equal(404, (response()))
  end)

  it("takes a request that comes a byte at a time", function()
    local slow = test.proxy(port, {slice = 1, toward = "server"})
    fp:close()
    fp = assert(socket.fsockopen(slow.host, slow.port))
    assert.equal(200, (get("/")))
  end)
end)

describe("a body", function()
  it("comes in chunks, both ways", function()
    fp:write("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    fp:write("5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n")
    local status, headers, body = response()
    assert.equal(200, status)
    assert.equal("one two", body)
    assert.matches("hello", seen.body)
  end)

  it("is sent after 100 Continue", function()
    test.script(fp, {
      {send = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"},
      {expect = "HTTP/1.1 100 Continue\r\n\r\n"},
      {send = "data"},
      {expect = "HTTP/1.1 200 OK\r\n"},
    })
    assert.equal("data", seen.body)
  end)

  it("is refused before it is sent when it is too large", function()
    test.script(fp, {
      {send = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\nExpect: 100-continue\r\n\r\n"},
      {expect = "HTTP/1.1 413 Request Entity Too Large\r\n"},
    })
  end)
end)

-- Two programs that disagree where a request ends can be made to see different
-- requests: each of these must be refused, or be one request.
describe("smuggling is refused:", function()
  local post = "POST /echo HTTP/1.1\r\nHost: x\r\n"
  for name, request in pairs{
    ["both Content-Length and Transfer-Encoding"] = post .. "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
    ["two lengths"] = post .. "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    ["a length that is no number"] = post .. "Content-Length: 1a\r\n\r\na",
    ["a negative length"] = post .. "Content-Length: -1\r\n\r\n",
    ["a chunk without a size"] = post .. "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
    ["a chunk too large to count"] = post .. "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    ["a coding that is not known"] = post .. "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ["two codings"] = post .. "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ["two hosts"] = "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    ["no host"] = "GET / HTTP/1.1\r\n\r\n",
    ["a NUL in a header"] = "GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n",
    ["a space before the colon"] = "GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
  } do
    it(name, function()
      seen = nil
      fp:write(request)
      local status = response()
      assert.is_true(status == 400 or status == 501 or status == 413, "status " .. status)
      assert.is_nil(seen, "the backend got it")
    end)
  end
end)

it("serves others while a client sends its head slowly", function()
  fp:write("GET / HT")
  local other = assert(socket.fsockopen("127.0.0.1", port))
  other:write("GET / HTTP/1.0\r\n\r\n")
  assert.matches("hello\n$", other:get_contents())
  other:close()
  fp:write("TP/1.1\r\nHost: x\r\n\r\n")
  assert.equal(200, (response()))
end)

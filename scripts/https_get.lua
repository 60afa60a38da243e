-- A GET over TLS, by hand: the certificate, the head and the body of the answer.
--   sockscript scripts/https_get.lua https://example.org/ [cafile]
-- The body goes to standard output, all else to standard error.

local host, port, path = (arg[1] or ""):match("^https://([^/:]+):?(%d*)(.*)$")
if not host then
  io.stderr:write("usage: https_get.lua https://host[:port]/path [cafile]\n")
  os.exit(2)
end

local function fail(message)
  io.stderr:write("https_get.lua: ", message, "\n")
  os.exit(1)
end

local options = {ssl = {cafile = arg[2], capture_peer_cert = true, alpn_protocols = "http/1.1"}}
local fp, err = socket.stream_client(("tls://%s:%s"):format(host, port ~= "" and port or 443), 10, nil, options)
if not fp then fail("cannot connect to " .. host .. ": " .. err) end

local crypto = fp:get_meta_data().crypto
local cert = crypto.peer_certificate
io.stderr:write(("%s, %s, certificate for %s until %s\n"):format(
  crypto.protocol, crypto.cipher_name, table.concat(cert.names, ", "), os.date("!%Y-%m-%d", cert.not_after)))

-- HTTP/1.0: the answer ends with the connection, and is never chunked.
fp:write(("GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n"):format(path ~= "" and path or "/", host))
local length
for line in fp:lines() do
  if line == "" then break end
  io.stderr:write(line, "\n")
  length = tonumber(line:lower():match("^content%-length:%s*(%d+)")) or length
end
local body
if length then
  body, err = fp:read_exactly(length)
else
  body, err = fp:get_contents()
end
if not body then fail("the body is cut short: " .. err) end
io.write(body)

-- The tutorial's first fsockopen example: a web page, asked for by hand.
--   sockscript scripts/http_get.lua [host=www.example.com [port=80 [path=/]]]
--
-- http.get does this in one call; here one sees what goes over the wire.

local host, port, path = arg[1] or "www.example.com", tonumber(arg[2] or 80), arg[3] or "/"

local fp, errstr, errno = socket.fsockopen(host, port, 30)
if not fp then
  io.write(("%s (%d)<br />\n"):format(errstr, errno))
  os.exit(1)
end

local out = "GET " .. path .. " HTTP/1.1\r\n"
out = out .. "Host: " .. host .. "\r\n"
out = out .. "Connection: Close\r\n\r\n"
fp:write(out)
while not fp:eof() do
  io.write(fp:gets(128) or "")
end
fp:close()

-- What time is it there? RFC 867 over UDP: the tutorial's fsockopen example, and
-- a server for it.
--   sockscript scripts/daytime.lua [host=127.0.0.1] [port=13]
--   sockscript scripts/daytime.lua server [port=13]

local function fail(...)
  io.stderr:write("daytime.lua: ", table.concat({...}), "\n")
  os.exit(1)
end

local function client(host, port)
  local fp, errstr, errno = socket.fsockopen("udp://" .. host, port)
  if not fp then fail(errstr, " (", errno, ")") end
  fp:set_timeout(2)
  fp:write("\n")
  -- UDP has no connection: that nobody is there shows here, or not at all.
  local answer, err = fp:read(26)
  if not answer then fail("no answer from ", host, ":", port, ": ", err) end
  io.write(answer)
  fp:close()
end

local function server(port)
  local url = "udp://0.0.0.0:" .. port
  local fp, err = socket.stream_server(url, socket.STREAM_SERVER_BIND)
  if not fp then fail("cannot listen on ", url, ": ", err) end
  print("daytime on " .. fp:get_name(false))
  fp:set_timeout(math.huge)
  while true do
    local data, from = fp:recvfrom(512)
    if data then fp:sendto(os.date("%a %b %d %H:%M:%S %Y\r\n"), 0, from) end
  end
end

local host, port = arg[1] or "127.0.0.1", tonumber(arg[2] or 13)
if arg[3] or not port or host:sub(1, 1) == "-" then
  io.stderr:write("usage: daytime.lua [host [port]] | daytime.lua server [port]\n")
  os.exit(2)
elseif host == "server" then
  server(port)
else
  client(host, port)
end

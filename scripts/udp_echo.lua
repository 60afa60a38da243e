-- UDP: a server that sends each datagram back, and a client that asks it.
--   sockscript scripts/udp_echo.lua server [port=7779]
--   sockscript scripts/udp_echo.lua client TEXT [port=7779]

local function server(port)
  local sock = assert(socket.create(socket.AF_INET, socket.SOCK_DGRAM))
  assert(sock:bind("127.0.0.1", port))
  print(("udp on %s:%d"):format(sock:getsockname()))
  while true do
    local data, address, from = sock:recvfrom(65535)
    if data then
      print(("%d bytes from %s:%d"):format(#data, address, from))
      sock:sendto(data, #data, 0, address, from)
    end
  end
end

local function client(text, port)
  local sock = assert(socket.create(socket.AF_INET, socket.SOCK_DGRAM))
  assert(sock:connect("127.0.0.1", port))
  -- A datagram may be lost, on the way or back: ask again, then give up.
  for _ = 1, 3 do
    sock:send(text)
    local answer, err = task.timeout(1, sock.recv, sock, 65535)
    if answer then
      print(answer)
      return
    end
    io.stderr:write("no answer: ", err, "\n")
  end
  os.exit(1)
end

if arg[1] == "server" then
  server(tonumber(arg[2] or 7779))
elseif arg[1] == "client" and arg[2] then
  client(arg[2], tonumber(arg[3] or 7779))
else
  io.stderr:write("usage: udp_echo.lua server [port] | client TEXT [port]\n")
  os.exit(2)
end

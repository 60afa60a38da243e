-- The tutorial's server: serves five clients, one after the other, then ends.
--   sockscript scripts/server.lua      and, in a second terminal, client.lua
--
-- The calls, in order: create, bind, listen, and for each client accept, read,
-- write, close.

local ip, port = "127.0.0.1", 1935

-- create makes a socket: a handle that every further function takes.
-- AF_INET is the family (IPv4), SOCK_STREAM the type (a stream, here TCP).
local sock = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM, socket.SOL_TCP))

local ok, err = socket.bind(sock, ip, port)
if not ok then
  -- After the last run the port rests for a minute (TIME_WAIT).
  io.stderr:write(("server.lua: cannot listen on %s:%d: %s\n"):format(ip, port, err))
  os.exit(1)
end
assert(socket.listen(sock, 4))

local count = 0
while true do
  -- accept waits for a client and gives the socket of that conversation.
  local msgsock = assert(socket.accept(sock))
  io.write("success..\n")

  -- The second argument of read is the most bytes that it returns.
  local buf = socket.read(msgsock, 8192) or ""
  io.write("receive:", buf, "\n")

  socket.write(msgsock, "success\n")

  count = count + 1
  if count >= 5 then break end
  socket.close(msgsock)
end

socket.close(sock)

-- The tutorial's client: sends two lines to server.lua and prints the answer.
--
-- The calls, in order: create, connect, write, read until the end, close.

io.write("<h2>TCP/IP Connection</h2>\n")

local ip, port = "127.0.0.1", 1935

local sock = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM, socket.SOL_TCP))
io.write("OK.\n")

io.write(("connect '%s' port '%d'...\n"):format(ip, port))
local ok, err = socket.connect(sock, ip, port)
if not ok then
  io.stderr:write(("client.lua: cannot connect to %s:%d: %s (is server.lua running?)\n"):format(ip, port, err))
  os.exit(1)
end
io.write("connectOK\n")

local message = "Ho\r\n" .. "first blood\r\n"
assert(socket.write(sock, message))
io.write("send success\n")
io.write("send msg:<font color='red'>", message, "</font> <br>")

-- read gives nil when the server has closed the conversation.
local out = socket.read(sock, 8192)
while out do
  io.write("recevie server msg\n")
  io.write("receive msg:", out)
  out = socket.read(sock, 8192)
end

io.write(" close SOCKET...\n")
socket.close(sock)
io.write("close OK\n")

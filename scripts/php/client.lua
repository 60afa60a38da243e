-- The tutorial's client, line by line as it stands there in PHP.
require "socket.php" ()

--[[
 +-------------------------------
 *    @socket: the whole course of a connection
 +-------------------------------
 *    @socket_create
 *    @socket_connect
 *    @socket_write
 *    @socket_read
 *    @socket_close
 +--------------------------------
 ]]

header("Content-Type: text/html; charset=UTF-8")
error_reporting(E_ALL)
set_time_limit(0)
echo "<h2>TCP/IP Connection</h2>\n"

port = 1935
ip = "127.0.0.1"

--[[
 +-------------------------------
 *    @socket: the whole course of a connection
 +-------------------------------
 *    @socket_create
 *    @socket_connect
 *    @socket_write
 *    @socket_read
 *    @socket_close
 +--------------------------------
 ]]

-- (The original asks for < 0, which false never is in PHP; here it asks for false.)
sock = socket_create(AF_INET, SOCK_STREAM, SOL_TCP)
if sock == false then
  echo("socket_create() failed: reason: " .. socket_strerror(socket_last_error()) .. "\n")
else
  echo "OK.\n"
end

echo("connect '" .. ip .. "' port '" .. port .. "'...\n")
result = socket_connect(sock, ip, port)
if result == false then
  echo("socket_connect() failed.\nReason: (" .. socket_last_error() .. ") " .. socket_strerror(socket_last_error()) .. "\n")
else
  echo "connectOK\n"
end

in_ = "Ho\r\n"
in_ = in_ .. "first blood\r\n"
out = ''

if not socket_write(sock, in_, strlen(in_)) then
  echo("socket_write() failed: reason: " .. socket_strerror(socket_last_error()) .. "\n")
else
  echo "send success\n"
  echo("send msg:<font color='red'>" .. in_ .. "</font> <br>")
end

-- PHP takes "" for false: it is the end of the conversation.
out = socket_read(sock, 8192)
while out and out ~= "" do
  echo "recevie server msg\n"
  echo("receive msg:", out)
  out = socket_read(sock, 8192)
end

echo " close SOCKET...\n"
socket_close(sock)
echo "close OK\n"

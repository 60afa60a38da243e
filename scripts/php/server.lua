-- The tutorial's server, line by line as it stands there in PHP.
--   sockscript scripts/php/server.lua      and, in a second terminal, client.lua
require "socket.php" ()

--[[
 +-------------------------------
 *    @socket: the whole course of a conversation
 +-------------------------------
 *    @socket_create
 *    @socket_bind
 *    @socket_listen
 *    @socket_accept
 *    @socket_read
 *    @socket_write
 *    @socket_close

 ]]

header("Content-Type: text/html; charset=UTF-8")
set_time_limit(0) -- makes sure that it does not time out while it waits for a client

ip = '127.0.0.1'
port = 1935

-- socket_create() makes a socket: it returns a handle that all further functions take.
--[[
 * socket_create() makes a socket: it returns a handle that all further functions take.
 * param1: which protocol the socket uses. "AF_INET" is the internet's;
 * param2: "SOCK_STREAM" says what kind of socket it makes (here one of TCP)
 ]]
-- (The original asks for < 0, which false never is in PHP; here it asks for false.)
sock = socket_create(AF_INET, SOCK_STREAM, SOL_TCP)
if sock == false then
  echo("socket_create() failed: the reason is:" .. socket_strerror(socket_last_error()) .. "\n")
end

ret = socket_bind(sock, ip, port)
if ret == false then
  echo("socket_bind() failed: the reason is:" .. socket_strerror(socket_last_error()) .. "\n")
end

ret = socket_listen(sock, 4)
if ret == false then
  echo("socket_listen() failed: the reason is:" .. socket_strerror(socket_last_error()) .. "\n")
end

count = 0

repeat
  -- Your server does nothing but wait for clients. As soon as one connects,
  -- socket_accept() comes into play: it takes the connection and gives another
  -- socket, which deals with what client and server tell each other.
  msgsock = socket_accept(sock)
  if msgsock == false then
    echo("socket_accept() failed: reason: " .. socket_strerror(socket_last_error()) .. "\n")
    break
  else
    -- The 2nd argument of socket_read is how many bytes to read; with it you limit
    -- what you take from a client.
    -- Note: socket_read returns what has come, up to that many bytes. (The original
    -- says that it reads up to \n, \t or \0; it does not.)
    echo "success..\n"
    buf = socket_read(msgsock, 8192)

    talkback = "receive:" .. buf .. "\n"
    echo(talkback)

    -- the socket sends a stream of data back to the client
    msg = "success\n"
    socket_write(msgsock, msg, strlen(msg))

    -- leave the loop when 5 messages were received
    count = count + 1
    if count >= 5 then
      break
    end
  end
  socket_close(msgsock)
until false

socket_close(sock)

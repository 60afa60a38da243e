l = socket_create(AF_INET, SOCK_STREAM, 0)
socket_bind(l, "127.0.0.1")
socket_listen(l, 0)
number = port(l)
held = {}
for i = 0, 3 - 1 do
  c = socket_create(AF_INET, SOCK_STREAM, 0)
  socket_set_nonblock(c)
  silence(socket_connect, c, "127.0.0.1", number)
  held[i] = c
end
rest()
a, e1, m1 = fsockopen("127.0.0.1", number, 0.1)
p(a, e1, m1)
b, e2, m2 = stream_socket_client("tcp://127.0.0.1:" .. number, 0.1)
p(b, e2, m2)
s = socket_create(AF_INET, SOCK_STREAM, 0)
socket_set_option(s, SOL_SOCKET, SO_SNDTIMEO, {sec = 0, usec = 50000})
p(socket_connect(s, "127.0.0.1", number), socket_last_error(s))

a = socket_create(AF_UNIX, SOCK_DGRAM, 0)
b = socket_create(AF_UNIX, SOCK_DGRAM, 0)
socket_bind(b, temp("b"))
socket_set_nonblock(a)
n = 0
sent = socket_sendto(a, "x", 1, 0, temp("b"))
while sent == 1 do
  n = n + 1
  sent = socket_sendto(a, "x", 1, 0, temp("b"))
end
p(n > 0, sent, socket_last_error(a), socket_last_error())
l = socket_create(AF_UNIX, SOCK_STREAM, 0)
socket_bind(l, temp("l"))
socket_listen(l, 0)
first = socket_create(AF_UNIX, SOCK_STREAM, 0)
second = socket_create(AF_UNIX, SOCK_STREAM, 0)
p(socket_connect(first, temp("l")))
socket_set_nonblock(second)
p(socket_connect(second, temp("l")), socket_last_error(second))

a = socket_create(AF_UNIX, SOCK_DGRAM, 0)
b = socket_create(AF_UNIX, SOCK_DGRAM, 0)
socket_bind(a, temp("a"))
socket_bind(b, temp("b"))
p(socket_sendto(a, "hi", 2, 0, temp("b")))
m = {name = {}, controllen = 24, buffer_size = 100}
n, m = socket_recvmsg(b, m)
p(n, m)
x = socket_create(AF_UNIX, SOCK_DGRAM, 0)
p(socket_sendto(x, "unnamed", 7, 0, temp("b")))
m = {name = {}, controllen = 24, buffer_size = 100}
n, m = socket_recvmsg(b, m)
p(n, m)

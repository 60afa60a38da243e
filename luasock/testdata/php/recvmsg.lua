a, b, number = table.unpack(datagrams())
from = port(a)
socket_sendto(a, "test", 4, 0, "127.0.0.1", number)
m = {name = {}, buffer_size = 100, controllen = 24}
n, m = socket_recvmsg(b, m)
p(n, m["control"], m["iov"], m["flags"], m["name"]["family"], m["name"]["addr"], m["name"]["port"] == from)
socket_sendto(a, "0123456789", 10, 0, "127.0.0.1", number)
m = {buffer_size = 4, controllen = 24}
n, m = socket_recvmsg(b, m)
p(n, m["iov"], m["flags"] == MSG_TRUNC)
socket_sendto(a, "0123456789", 10, 0, "127.0.0.1", number)
m = {buffer_size = 4, controllen = 24}
n, m = socket_recvmsg(b, m, MSG_TRUNC)
p(n, m["flags"] == MSG_TRUNC)
socket_sendto(a, "", 0, 0, "127.0.0.1", number)
m = {controllen = 24}
n, m = socket_recvmsg(b, m)
p(n, m)
m = {controllen = 24}
n, m = socket_recvmsg(b, m, MSG_DONTWAIT)
p(n, m, socket_last_error(b), socket_last_error())
n, m = socket_recvmsg(b, m, -1)
p(n, m)

a, b, number = table.unpack(datagrams())
none = nil
r = {a, b}
n, r, none, none = socket_select(r, none, none, 0, 10000)
p(n, r)
socket_sendto(a, "x", 1, 0, "127.0.0.1", number)
r = {b, a}
n, r, none, none = socket_select(r, none, none, 5)
p(n, r[1] == b)
w = {a, b}
n, none, w, none = socket_select(none, w, none, 5)
p(n, w)

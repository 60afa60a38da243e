c, s = table.unpack(sockets())
d, e = table.unpack(sockets())
r = {s, e}
w = nil
x = nil
n, r, w, x = socket_select(r, w, x, 0)
p(n, r, w, x)
socket_write(c, "x")
rest()
r = {s, e}
w = {c}
x = {}
n, r, w, x = socket_select(r, w, x, 1)
p(n, r, w, x, r[1] == s)
r = {s}
w = {s}
n, r, w, x = socket_select(r, w, x, nil)
p(n, r, w, x)
r = {first = s, second = e}
w = nil
x = nil
n, r, w, x = socket_select(r, w, x, 0)
p(n, r)
r = {s, s}
w = nil
n, r, w, x = socket_select(r, w, x, 0, 1000)
p(n, r)

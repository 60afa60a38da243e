l = socket_create_listen(0)
c = socket_create(AF_INET, SOCK_STREAM, 0)
socket_connect(c, "127.0.0.1", port(l))
rest()
r = {l}
w = {l}
x = {l}
n, r, w, x = socket_select(r, w, x, 1)
p(n, r, w, x)
a, b = table.unpack(sockets())
socket_close(a)
rest()
r = {b}
w = nil
x = {b}
n, r, w, x = socket_select(r, w, x, 1)
p(n, r, w, x)
d, e = table.unpack(sockets())
socket_send(d, "!", 1, MSG_OOB)
rest()
r = {e}
w = nil
x = {e}
n, r, w, x = socket_select(r, w, x, 1)
p(n, r, x)
u = socket_create(AF_INET, SOCK_STREAM, 0)
r = {u}
w = {u}
x = {u}
n, r, w, x = socket_select(r, w, x, 1)
p(n, r, w, x)
f, g = table.unpack(sockets())
reset_by(f)
rest()
r = {g}
w = {g}
x = {g}
n, r, w, x = socket_select(r, w, x, 1)
p(n, r, w, x)

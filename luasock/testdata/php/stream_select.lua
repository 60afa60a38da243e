c, s = table.unpack(streams())
d, e = table.unpack(streams())
r = {s, e}
w = nil
x = nil
n, r, w, x = stream_select(r, w, x, 0)
p(n, r, w, x)
fwrite(c, "line\nmore")
rest()
r = {s, e}
w = {c}
x = {}
n, r, w, x = stream_select(r, w, x, 5)
p(n, r, w, x)
p(fgets(s))
r = {s, e}
w = {c}
x = {}
n, r, w, x = stream_select(r, w, x, 0, 100000)
p(n, r, w, x)
r = {a = s, b = e}
w = nil
n, r, w, x = stream_select(r, w, x, 0)
p(n, r)

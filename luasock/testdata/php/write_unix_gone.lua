ok, pair = socket_create_pair(AF_UNIX, SOCK_STREAM, 0)
a = pair[1]
b = pair[2]
socket_close(b)
t(function() return socket_write(a, "x") end)
ok, two = socket_create_pair(AF_UNIX, SOCK_DGRAM, 0)
c = two[1]
d = two[2]
socket_close(d)
t(function() return socket_write(c, "x") end)
p(socket_last_error(a), socket_last_error(c))

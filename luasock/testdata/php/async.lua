l = stream_socket_server("tcp://127.0.0.1:0")
name = stream_socket_get_name(l, false)
c, e, m = stream_socket_client("tcp://" .. name, 5, STREAM_CLIENT_ASYNC_CONNECT + STREAM_CLIENT_CONNECT)
p(c, e, m)
r = nil
w = {c}
x = nil
n, r, w, x = stream_select(r, w, x, 5)
p(n, stream_socket_get_name(c, true) == name)
number = dead()
d, e2, m2 = stream_socket_client("tcp://127.0.0.1:" .. number, 5, STREAM_CLIENT_ASYNC_CONNECT + STREAM_CLIENT_CONNECT)
p(d, e2, m2)
w = {d}
n, r, w, x = stream_select(r, w, x, 5)
p(n, stream_socket_get_name(d, true))
p(fwrite(d, "x"))
p(fread(d, 1), feof(d))
p(STREAM_CLIENT_PERSISTENT, STREAM_CLIENT_ASYNC_CONNECT, STREAM_CLIENT_CONNECT, STREAM_SERVER_BIND, STREAM_SERVER_LISTEN, STREAM_PEEK, STREAM_OOB)

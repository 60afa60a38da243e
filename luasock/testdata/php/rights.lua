ok, pair = socket_create_pair(AF_UNIX, SOCK_STREAM, 0)
s = pair[1]
r = pair[2]
c, d = table.unpack(streams())
p(socket_sendmsg(s, {iov = {"x"}, control = {{level = SOL_SOCKET, type = SCM_RIGHTS, data = {STDIN, c}}}}))
m = {controllen = socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 2), buffer_size = 10}
n, m = socket_recvmsg(r, m)
p(n, m["iov"], m["flags"], count(m["control"]), m["control"][1]["level"] == SOL_SOCKET, m["control"][1]["type"] == SCM_RIGHTS, m["control"][1]["data"])
t = m["control"][1]["data"][2]
p(socket_write(t, "through"))
rest()
p(fread(d, 100))
p(socket_sendmsg(s, {iov = {"x"}, control = {{level = SOL_SOCKET, type = SCM_RIGHTS, data = {STDIN, STDIN, STDIN}}}}))
m = {controllen = socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1), buffer_size = 10}
n, m = socket_recvmsg(r, m)
p(n, m["flags"] == MSG_CTRUNC)

ok, pair = socket_create_pair(AF_UNIX, SOCK_DGRAM, 0)
s = pair[1]
r = pair[2]
p(socket_set_option(r, SOL_SOCKET, SO_PASSCRED, 1))
p(socket_write(s, "who"))
m = {controllen = socket_cmsg_space(SOL_SOCKET, SCM_CREDENTIALS), buffer_size = 10}
n, m = socket_recvmsg(r, m)
data = m["control"][1]["data"]
p(n, count(m["control"]), m["control"][1]["type"] == SCM_CREDENTIALS, data["pid"] > 0, data["uid"] >= 0, data["gid"] >= 0)

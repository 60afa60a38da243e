-- The broadcast address of loopback: there is no route for TCP to it.
local s = socket_create(AF_INET, SOCK_STREAM, SOL_TCP)
p(socket_connect(s, "127.255.255.255", 80), socket_last_error(s), socket_last_error())
socket_clear_error(s)
p(silence(socket_connect, s, "127.255.255.255", 80), socket_last_error(s))
local fp, errno, errstr = fsockopen("127.255.255.255", 80, 5)
p(fp, errno, errstr)
fp, errno, errstr = stream_socket_client("tcp://127.255.255.255:80", 5)
p(fp, errno, errstr)

s = socket_create(AF_INET, SOCK_DGRAM, 0)
m1 = {}
t(function() return (socket_recvmsg(s, m1)) end)
m2 = {controllen = 0}
t(function() return (socket_recvmsg(s, m2)) end)
m3 = {controllen = -1}
t(function() return (socket_recvmsg(s, m3)) end)
m4 = {controllen = 10, buffer_size = -1}
t(function() return (socket_recvmsg(s, m4)) end)
m5 = {controllen = 10, buffer_size = 104857601}
t(function() return (socket_recvmsg(s, m5)) end)
m6 = {controllen = 10, buffer_size = "x"}
t(function() return (socket_recvmsg(s, m6)) end)
m8 = {controllen = "x"}
t(function() return (socket_recvmsg(s, m8)) end)
m9 = "x"
t(function() return (socket_recvmsg(s, m9)) end)
p(socket_last_error(s), socket_last_error())

none = nil
empty = {}
s = socket_create(AF_INET, SOCK_DGRAM, 0)
t(function() return (socket_select(none, none, none, 0)) end)
t(function() return (socket_select(empty, empty, none, 0)) end)
list = {s}
t(function() return (socket_select(list, none, none, -1)) end)
p(socket_last_error(), socket_last_error(s))
t(function() return (socket_select(list, none, none, 0, -1)) end)
n, list, none, none = socket_select(list, none, none, -1)
p(n, list)
bad = {"x"}
t(function() return (socket_select(bad, none, none, 0)) end)
t(function() return (socket_select(none, bad, none, 0)) end)
t(function() return (socket_select(none, none, bad, 0)) end)
stream = {STDIN}
t(function() return (socket_select(stream, none, none, 0)) end)
nones = {5, 1.5, true}
t(function() return (socket_select(nones, none, none, 0)) end)
t(function() return (socket_select(s, none, none, 0)) end)
t(function() return (socket_select(list, none, none, "x")) end)
t(function() return (socket_select(list, none, none, 0.5)) end)
t(function() return (socket_select(list, none, none)) end)
socket_close(s)
t(function() return (socket_select(list, none, none, 0)) end)

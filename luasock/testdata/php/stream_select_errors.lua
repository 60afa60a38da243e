c, s = table.unpack(streams())
none = nil
empty = {}
list = {s}
t(function() return (stream_select(none, none, none, 0)) end)
t(function() return (stream_select(empty, empty, none, 0)) end)
t(function() return (stream_select(list, none, none, -1)) end)
t(function() return (stream_select(list, none, none, 0, -1)) end)
t(function() return (stream_select(list, none, none, nil, 5)) end)
t(function() return (stream_select(s, none, none, 0)) end)
t(function() return (stream_select(list, none, none)) end)
t(function() return (stream_select(list, none, none, "x")) end)
t(function() return (stream_select(list, none, none, 0.5)) end)
t(function() return (stream_select(list, none, none, 0, 1100)) end)
files = {STDIN}
n, files, none, none = stream_select(files, none, none, 0)
p(n, files)

c, s = table.unpack(sockets())
socket_set_option(c, SOL_SOCKET, SO_SNDTIMEO, {sec = 0, usec = 20000})
sent = socket_write(c, str_repeat("x", 32000000))
p(sent > 0, sent < 32000000, socket_last_error(c))
more = socket_write(c, "x") -- the kernel may have made room meanwhile
while more ~= false do
  more = socket_write(c, str_repeat("x", 100000))
end
p(more, socket_last_error(c))

c, s = table.unpack(sockets())
socket_set_nonblock(c)
sent = socket_write(c, str_repeat("x", 32000000))
p(sent > 0, sent < 32000000)
more = socket_write(c, "x") -- the kernel may have made room meanwhile
while more ~= false do
  sent = sent + more
  more = socket_write(c, str_repeat("x", 100000))
end
p(more, socket_last_error(c))
got = 0
while got < sent do
  got = got + strlen(socket_read(s, 100000))
end
p(got == sent)

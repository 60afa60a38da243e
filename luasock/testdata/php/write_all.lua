c, s = table.unpack(sockets())
socket_set_nonblock(c)
sent = socket_write(c, str_repeat("x", 32000000))
p(sent > 0, sent < 32000000)
p(socket_write(c, "x"), socket_last_error(c))
got = 0
while got < sent do
  got = got + strlen(socket_read(s, 100000))
end
p(got == sent)

<?php
[$c, $s] = sockets();
p(socket_write($c, "hello world"));
p(socket_read($s, 5), socket_read($s, 100));
p(socket_read($s, 0), socket_read($s, -1), socket_last_error($s), socket_last_error());
socket_close($c); rest();
p(socket_read($s, 10), socket_read($s, 10), socket_last_error($s));
t(fn() => socket_read($s));
t(fn() => socket_read($s, "x"));
t(fn() => socket_read("x", 5));
t(fn() => socket_read($s, 5, 2, 1));
socket_close($s);
t(fn() => socket_read($s, 5));

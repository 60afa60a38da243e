<?php
[$c, $s] = sockets();
p(socket_write($c, "hello"), socket_write($c, "hello", 2), socket_write($c, "hello", 99), socket_write($c, "hello", 0), socket_write($c, ""), socket_write($c, "hello", null));
rest();
p(socket_read($s, 100));
t(fn() => socket_write($c, "hello", -1));
t(fn() => socket_write($c));
t(fn() => socket_write($c, []));
t(fn() => socket_write($c, 12.5));
t(fn() => socket_write($c, true));
t(fn() => socket_write($c, "x", "y"));
t(fn() => socket_write($c, "x", 1, 2));
rest();
p(socket_read($s, 100));

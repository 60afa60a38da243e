<?php
[$c, $s] = sockets();
p(socket_shutdown($c, 1)); rest();
p(socket_read($s, 10), socket_write($s, "still"));
p(socket_read($c, 10));
p(socket_shutdown($c), socket_shutdown($c, 2), socket_shutdown($c, 0));
t(fn() => socket_shutdown($c, -1));
t(fn() => socket_shutdown($c, 3));
p(socket_last_error($c));
$n = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_shutdown($n));
$u = socket_create(AF_INET, SOCK_DGRAM, 0);
t(fn() => socket_shutdown($u, 0));
$l = socket_create_listen(0);
p(socket_shutdown($l));
t(fn() => socket_shutdown($l, "x"));

<?php
[$c, $s] = sockets();
socket_close($s); rest();
p(socket_write($c, "one")); rest();
t(fn() => socket_write($c, "two"));
p(socket_last_error($c), socket_last_error());
t(fn() => socket_send($c, "two", 3, 0));
$n = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_write($n, "x"));
$l = socket_create_listen(0);
t(fn() => socket_write($l, "x"));
[$d, $e] = sockets();
socket_shutdown($d, 1);
t(fn() => socket_write($d, "x"));

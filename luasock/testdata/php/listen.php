<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_listen($s));
$ok = socket_getsockname($s, $a, $number); p($a, $number > 0);
p(socket_listen($s, 0), socket_listen($s, -1), socket_listen($s, 5));
$u = socket_create(AF_UNIX, SOCK_STREAM, 0);
t(fn() => socket_listen($u));
p(socket_last_error($u));
$d = socket_create(AF_INET, SOCK_DGRAM, 0);
t(fn() => socket_listen($d));
[$c, $e] = sockets();
t(fn() => socket_listen($c));
t(fn() => socket_listen());
t(fn() => socket_listen($s, "x"));
t(fn() => socket_listen($s, 1, 2));
t(fn() => socket_listen($s, null));

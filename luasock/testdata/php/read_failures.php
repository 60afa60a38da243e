<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_read($s, 10));
$l = socket_create_listen(0);
t(fn() => socket_read($l, 10));
[$c, $e] = sockets();
reset_by($c); rest();
t(fn() => socket_read($e, 10));
p(socket_read($e, 10), socket_last_error($e));
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
socket_write($pair[0], "unread"); $a = $pair[0]; $b = $pair[1];
socket_close($b); rest();
t(fn() => socket_read($a, 10));

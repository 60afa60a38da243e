<?php
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
$a = $pair[0]; $b = $pair[1];
socket_close($b);
t(fn() => socket_write($a, "x"));
$ok = socket_create_pair(AF_UNIX, SOCK_DGRAM, 0, $two);
$c = $two[0]; $d = $two[1];
socket_close($d);
t(fn() => socket_write($c, "x"));
p(socket_last_error($a), socket_last_error($c));

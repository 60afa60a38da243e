<?php
$l = socket_create(AF_UNIX, SOCK_STREAM, 0); $path = temp("l");
socket_bind($l, $path);
$c = socket_create(AF_UNIX, SOCK_STREAM, 0);
t(fn() => socket_connect($c, $path));
socket_listen($l, 1);
p(socket_connect($c, $path));
$s = socket_accept($l);
p(socket_write($c, "hi"), socket_read($s, 10));
$ok = socket_getpeername($c, $a, $b); p($ok, $a, $b);
$ok = socket_getpeername($s, $d, $e); p($ok, $d, $e);
$g = socket_create(AF_UNIX, SOCK_DGRAM, 0);
t(fn() => socket_connect($g, $path));

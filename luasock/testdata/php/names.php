<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
$ok = socket_getsockname($s, $a, $b); p($ok, $a, $b);
$ok = socket_getpeername($s, $c, $d); p($ok, $c, $d, socket_last_error($s));
[$x, $y] = sockets();
socket_close($x); rest();
$ok = socket_getpeername($y, $e, $f); p($ok, $e, $f > 0);
p(socket_read($y, 10));
$ok = socket_getpeername($y, $g, $h); p($ok, $g);
[$v, $w] = sockets();
reset_by($v); rest();
t(fn() => socket_read($w, 10));
t(fn() => socket_getpeername($w, $i, $j));
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair);
$ok = socket_getsockname($pair[0], $k, $l); p($ok, $k, $l);
$ok = socket_getpeername($pair[0], $m, $n); p($ok, $m, $n);
t(fn() => socket_getsockname("x", $a));

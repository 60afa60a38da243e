<?php
$a = socket_create(AF_UNIX, SOCK_DGRAM, 0); $b = socket_create(AF_UNIX, SOCK_DGRAM, 0);
socket_bind($b, temp("b"));
p(socket_sendto($a, "unnamed", 7, 0, temp("b")));
$n = socket_recvfrom($b, $d1, 100, 0, $h1); p($n, $d1, $h1);
socket_bind($a, temp("a"));
p(socket_sendto($a, "named", 5, 0, temp("b")));
$n = socket_recvfrom($b, $d2, 100, 0, $h2, $p2); p($n, $d2, $h2, $p2);
t(fn() => socket_sendto($a, "x", 1, 0, temp("nope")));
p(socket_last_error($a));
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair); $c = $pair[0];
t(fn() => socket_sendto($c, "x", 1, 0, temp("b")));

<?php
[$c, $s] = sockets();
socket_write($c, "hello"); rest();
$n = socket_recv($s, $b1, 3, MSG_PEEK); p($n, $b1);
$n = socket_recv($s, $b2, 2, 0); p($n, $b2);
$n = socket_recv($s, $b3, 100, 0); p($n, $b3);
$n = socket_recv($s, $b4, 0, 0); p($n, $b4);
$n = socket_recv($s, $b5, -1, 0); p($n, $b5, socket_last_error($s));
$n = socket_recv($s, $b6, 10, MSG_DONTWAIT); p($n, $b6, socket_last_error($s));
socket_close($c); rest();
$n = socket_recv($s, $b7, 10, 0); p($n, $b7);
t(fn() => socket_recv($s, $b, 10));
t(fn() => socket_recv($s, $b, "x", 0));
t(fn() => socket_recv());

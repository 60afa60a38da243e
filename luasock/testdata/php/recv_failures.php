<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
$n = socket_recv($s, $b1, 10, 0); p($n, $b1, socket_last_error($s));
[$a, $b, $number] = datagrams();
socket_connect($a, "127.0.0.1", $number);
socket_close($b); rest();
socket_write($a, "x"); rest();
$n = socket_recv($a, $b2, 10, 0); p($n, $b2, socket_last_error($a));
[$c, $d] = sockets();
socket_write($c, "ab"); rest();
$n = socket_recv($d, $b3, 10, MSG_TRUNC); p($n);
$n = socket_recv($d, $b4, 10, MSG_DONTWAIT); p($n, $b4);

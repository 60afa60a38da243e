<?php
[$c, $s] = sockets();
socket_write($c, "data"); rest();
$n = socket_recvfrom($s, $d1, 100, 0, $h1, $p1); p($n, $d1, $h1, $p1);
socket_close($c); rest();
$n = socket_recvfrom($s, $d2, 100, 0, $h2, $p2); p($n, $d2, $h2, $p2);
$u = socket_create(AF_INET, SOCK_STREAM, 0);
$n = socket_recvfrom($u, $d3, 100, 0, $h3, $p3); p($n, $d3, $h3, $p3);
$l = socket_create_listen(0);
$n = socket_recvfrom($l, $d4, 100, 0, $h4, $p4); p($n, $d4);

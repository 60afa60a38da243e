<?php
[$a, $b, $number] = datagrams();
socket_sendto($a, "hello", 5, 0, "127.0.0.1", $number);
socket_sendto($a, "", 0, 0, "127.0.0.1", $number);
socket_sendto($a, "0123456789", 10, 0, "127.0.0.1", $number); rest();
$n = socket_recvfrom($b, $d1, 100, 0, $h1, $p1); p($n, $d1, $h1, $p1 == port($a));
$n = socket_recvfrom($b, $d2, 100, 0, $h2, $p2); p($n, $d2, $h2, $p2 > 0);
$n = socket_recvfrom($b, $d3, 4, 0, $h3, $p3); p($n, $d3, $h3);
$n = socket_recvfrom($b, $d4, 100, MSG_DONTWAIT, $h4, $p4); p($n, $d4, $h4, $p4, socket_last_error($b));
$n = socket_recvfrom($b, $d5, 0, 0, $h5, $p5); p($n, $d5, $h5, $p5);
$n = socket_recvfrom($b, $d6, -1, 0, $h6, $p6); p($n, $d6, $h6, $p6);
$n = socket_recvfrom($b, $d7, PHP_INT_MAX, 0, $h7, $p7); p($n);

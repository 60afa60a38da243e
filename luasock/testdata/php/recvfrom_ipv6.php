<?php
[$a, $b, $number] = datagrams(AF_INET6, "::1");
p(socket_sendto($a, "six", 3, 0, "::1", $number)); rest();
$n = socket_recvfrom($b, $d1, 100, 0, $h1, $p1); p($n, $d1, $h1, $p1 > 0);
t(fn() => socket_sendto($a, "x", 1, 0, "::1"));
$ok = socket_getsockname($a, $h, $q); p($ok, $h, $q > 0);
$s = socket_create(AF_INET6, SOCK_STREAM, 0);
$ok = socket_getsockname($s, $h2, $q2); p($ok, $h2, $q2);

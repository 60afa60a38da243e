<?php
$l = socket_create(AF_INET6, SOCK_STREAM, 0);
p(socket_bind($l, "::"), socket_listen($l));
$ok = socket_getsockname($l, $a, $number); p($a);
$c = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_connect($c, "127.0.0.1", $number));
$s = socket_accept($l);
$ok = socket_getpeername($s, $b); p($ok, $b);
$ok = socket_getsockname($s, $d); p($ok, $d);

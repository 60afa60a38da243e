<?php
$l = socket_create_listen(0);
$number = port($l);
$c = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_connect($c, "127.0.0.1", $number));
$s = socket_accept($l); p($s);
$ok = socket_getpeername($s, $a, $b);
$ok = socket_getsockname($c, $d, $e); p($a == $d, $b == $e);
p(socket_set_nonblock($l));
p(socket_accept($l), socket_last_error(), socket_last_error($l));
$c2 = socket_create(AF_INET, SOCK_STREAM, 0); socket_connect($c2, "127.0.0.1", $number);
$s2 = socket_accept($l); p($s2);
socket_write($c2, "x"); p(socket_read($s2, 10));

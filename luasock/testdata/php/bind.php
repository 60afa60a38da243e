<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_bind($s, "127.0.0.1"));
$ok = socket_getsockname($s, $a, $number); p($a, $number > 0);
t(fn() => socket_bind($s, "127.0.0.1"));
p(socket_last_error($s), socket_last_error());
socket_listen($s);
$o = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_bind($o, "127.0.0.1", $number));
t(fn() => socket_bind($o, "203.0.113.1"));
t(fn() => socket_bind($o, "203.0.113.1", 65536));
p(socket_last_error($o));
socket_clear_error($o); p(socket_last_error($o), socket_last_error());
socket_clear_error(); p(socket_last_error());

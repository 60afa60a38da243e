<?php
restore_error_handler();
$s = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_bind($s, "localhost"));
$ok = socket_getsockname($s, $a); p($a);
$o = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_bind($o, "127.1"));
$ok = socket_getsockname($o, $b); p($b);
$x = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => @socket_bind($x, ""));
t(fn() => @socket_bind($x, "::1"));
t(fn() => @socket_bind($x, "[::1]"));
t(fn() => @socket_bind($x, "0x7f000001"));
t(fn() => @socket_bind($x, "no such host"));
p(socket_last_error($x) <= -10000, socket_last_error() <= -10000);
$y = socket_create(AF_INET6, SOCK_STREAM, 0);
p(socket_bind($y, "::1"));
$ok = socket_getsockname($y, $c); p($c);

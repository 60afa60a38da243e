<?php
$l = socket_create_listen(0); p($l);
$ok = socket_getsockname($l, $address, $number); p($ok, $address, $number > 0);
t(fn() => socket_create_listen($number));
p(socket_last_error());
$k = socket_create_listen(0, -1); p($k);
t(fn() => socket_get_option($k, SOL_SOCKET, SO_REUSEADDR));
$j = socket_create_listen("0", "5"); p($j);
t(fn() => socket_create_listen());
t(fn() => socket_create_listen("x"));
t(fn() => socket_create_listen(0, 1, 2));
$c = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_connect($c, "127.0.0.1", $number), socket_accept($l));

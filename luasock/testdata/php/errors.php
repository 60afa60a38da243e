<?php
p(socket_last_error());
$s = socket_create(AF_INET, SOCK_STREAM, 0); $o = socket_create(AF_INET, SOCK_STREAM, 0);
$number = dead();
p(@socket_connect($s, "127.0.0.1", $number));
p(socket_last_error($s), socket_last_error($o), socket_last_error(), socket_last_error(null));
p(socket_clear_error($s)); p(socket_last_error($s), socket_last_error());
p(@socket_connect($s, "127.0.0.1", $number));
p(socket_clear_error()); p(socket_last_error($s), socket_last_error());
t(fn() => socket_last_error("x"));
t(fn() => socket_last_error($s, 1));
t(fn() => socket_clear_error(5));

<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
$number = dead();
t(fn() => socket_connect($s, "127.0.0.1", $number));
p(socket_last_error($s), socket_last_error(), socket_strerror(socket_last_error()));
p(error_get_last());
$l = socket_create_listen(0);
p(socket_connect($s, "127.0.0.1", port($l)), socket_last_error($s));
t(fn() => socket_connect($s, "127.0.0.1", port($l)));
t(fn() => socket_connect($l, "127.0.0.1", port($l)));
p(socket_strerror(false), socket_strerror(true));

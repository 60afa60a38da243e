<?php
$l = socket_create_listen(0);
$s = socket_create(AF_INET, SOCK_STREAM, 0);
socket_set_nonblock($s);
p(socket_connect($s, "127.0.0.1", port($l)), socket_last_error($s));
rest();
p(socket_connect($s, "127.0.0.1", port($l)));
t(fn() => socket_connect($s, "127.0.0.1", port($l)));
$r = socket_create(AF_INET, SOCK_STREAM, 0); $number = dead();
socket_set_nonblock($r);
p(socket_connect($r, "127.0.0.1", $number), socket_last_error($r));
rest();
t(fn() => socket_connect($r, "127.0.0.1", $number));

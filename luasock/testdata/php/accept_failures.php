<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_accept($s));
p(socket_last_error(), socket_last_error($s));
$d = socket_create(AF_INET, SOCK_DGRAM, 0);
t(fn() => socket_accept($d));
$l = socket_create_listen(0);
socket_shutdown($l);
t(fn() => socket_accept($l));
$r = socket_create_listen(0);
socket_set_option($r, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 0, "usec" => 20000]);
socket_clear_error();
p(socket_accept($r), socket_last_error());
socket_close($r);
t(fn() => socket_accept($r));
t(fn() => socket_accept());
t(fn() => socket_accept("x"));

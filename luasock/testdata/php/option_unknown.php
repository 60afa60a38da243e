<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_get_option($s, SOL_SOCKET, 9999));
t(fn() => socket_set_option($s, SOL_SOCKET, 9999, 1));
t(fn() => socket_get_option($s, 99, 1));
t(fn() => socket_set_option($s, 99, 1, 1));
p(socket_last_error($s));
$u = socket_create(AF_UNIX, SOCK_STREAM, 0);
t(fn() => socket_get_option($u, IPPROTO_IP, 2));
t(fn() => socket_set_option($u, IPPROTO_IP, 2, 5));
t(fn() => socket_get_option($s, SOL_SOCKET));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_KEEPALIVE));
t(fn() => socket_get_option($s, "x", 1));
t(fn() => socket_set_option("x", 1, 1, 1));
t(fn() => socket_get_option($s, SOL_SOCKET, 1, 1));

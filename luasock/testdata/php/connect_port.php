<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_connect($s, "127.0.0.1"));
t(fn() => socket_connect($s, "127.0.0.1", null));
t(fn() => socket_connect($s, "127.0.0.1", "x"));
t(fn() => socket_connect($s));
$x = socket_create(AF_INET6, SOCK_STREAM, 0);
t(fn() => socket_connect($x, "::1"));
$u = socket_create(AF_UNIX, SOCK_STREAM, 0);
t(fn() => socket_connect($u, temp("nope")));
t(fn() => socket_connect($u, ""));
p(socket_last_error($u));

<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_bind());
t(fn() => socket_bind($s));
t(fn() => socket_bind($s, "127.0.0.1", 0, 0));
t(fn() => socket_bind("x", "127.0.0.1"));
t(fn() => socket_bind(false, "127.0.0.1"));
t(fn() => socket_bind(null, "127.0.0.1"));
t(fn() => socket_bind(1, "127.0.0.1"));
t(fn() => socket_bind(1.5, "127.0.0.1"));
t(fn() => socket_bind([], "127.0.0.1"));
t(fn() => socket_bind(STDIN, "127.0.0.1"));
t(fn() => socket_bind($s, []));
t(fn() => socket_bind($s, $s));
t(fn() => socket_bind($s, "127.0.0.1", "9x"));
t(fn() => socket_bind($s, "127.0.0.1", "x"));
t(fn() => socket_bind($s, "127.0.0.1", []));
t(fn() => socket_bind($s, "127.0.0.1", "0"));

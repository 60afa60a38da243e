<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_bind($s, "127.0.0.1", 65536));
$o = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_connect($o, "127.0.0.1", 65536 + 1));
t(fn() => socket_connect($o, "127.0.0.1", -65535));
t(fn() => socket_connect($o, "127.0.0.1", 0));
t(fn() => socket_connect($o, "127.0.0.1", 65536));
p(getservbyport(65536 + 80, "tcp"));

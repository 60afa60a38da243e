<?php
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair); p($ok, $pair);
p(socket_write($pair[0], "hello"), socket_read($pair[1], 100));
p(socket_write($pair[1], "back"), socket_read($pair[0], 100));
$ok = socket_create_pair(AF_INET, SOCK_STREAM, 0, $a); p($ok, $a, socket_last_error());
$ok = socket_create_pair(AF_INET6, SOCK_STREAM, 0, $b); p($ok, $b);
$ok = socket_create_pair(AF_UNIX, 0, 0, $c); p($ok, $c, socket_last_error());
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 6, $d); p($ok, $d, socket_last_error());
$ok = socket_create_pair(AF_UNIX, SOCK_DGRAM, 0, $e); p($ok, $e);
$ok = socket_create_pair(AF_UNIX, SOCK_SEQPACKET, 0, $f); p($ok, $f);
t(fn() => socket_create_pair(31337, SOCK_STREAM, 0, $g));
t(fn() => socket_create_pair(AF_UNIX, 31337, 0, $g));
t(fn() => socket_create_pair("x", 1, 0, $g));

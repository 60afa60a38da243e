<?php
$s = socket_create(AF_UNIX, SOCK_STREAM, 0);
$path = temp("s");
p(socket_bind($s, $path));
$ok = socket_getsockname($s, $a, $b); p($ok, $a, $b);
$o = socket_create(AF_UNIX, SOCK_STREAM, 0);
t(fn() => socket_bind($o, $path));
t(fn() => socket_bind($o, temp("nope/x")));
p(socket_last_error($o));
t(fn() => socket_bind($o, str_repeat("x", 108)));
t(fn() => socket_bind($o, str_repeat("x", 200)));
t(fn() => socket_connect($o, str_repeat("x", 108)));
socket_close($s);
$again = socket_create(AF_UNIX, SOCK_STREAM, 0);
t(fn() => socket_bind($again, $path));
unlink($path);
t(fn() => socket_bind($again, $path));

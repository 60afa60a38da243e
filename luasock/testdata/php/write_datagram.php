<?php
[$a, $b, $number] = datagrams();
t(fn() => socket_write($a, "x"));
t(fn() => socket_send($a, "x", 1, 0));
socket_connect($a, "127.0.0.1", $number);
p(socket_write($a, "x"), socket_write($a, ""), socket_write($a, "y"));
rest();
p(socket_read($b, 10), socket_read($b, 10), socket_read($b, 10));
t(fn() => socket_write($a, str_repeat("x", 65508)));
p(socket_write($a, str_repeat("x", 65507)));
socket_close($b); rest();
p(socket_write($a, "x")); rest();
t(fn() => socket_write($a, "x"));
p(socket_write($a, "x"));

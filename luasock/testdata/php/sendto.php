<?php
[$a, $b, $number] = datagrams();
p(socket_sendto($a, "foo", 99, 0, "127.0.0.1", $number), socket_sendto($a, "foo", 0, 0, "127.0.0.1", $number), socket_sendto($a, "foo", 2, 0, "localhost", $number)); rest();
p(socket_read($b, 10), socket_read($b, 10), socket_read($b, 10));
t(fn() => socket_sendto($a, "foo", -1, 0, "127.0.0.1", $number));
t(fn() => socket_sendto($a, "foo", 3, 0, "127.0.0.1"));
t(fn() => socket_sendto($a, "foo", 3, 0, "127.0.0.1", null));
t(fn() => socket_sendto($a, "foo", 3, 0));
t(fn() => socket_sendto($a, "foo", 3, 0, "127.0.0.1", 0));
t(fn() => socket_sendto($a, str_repeat("x", 65508), 65508, 0, "127.0.0.1", $number));
t(fn() => socket_sendto($a, "foo", 3, -1, "127.0.0.1", $number));
[$c, $s] = sockets();
p(socket_sendto($c, "tcp", 3, 0, "127.0.0.1", 1)); rest();
p(socket_read($s, 10));
$u = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_sendto($u, "x", 1, 0, "127.0.0.1", 1));

<?php
$s = socket_create(AF_INET, SOCK_DGRAM, 0);
t(fn() => socket_sendmsg($s, ["iov" => ["x"]]));
p(socket_last_error($s));
t(fn() => socket_sendmsg($s, ["name" => [], "iov" => ["x"]]));
t(fn() => socket_sendmsg($s, ["name" => ["addr" => "127.0.0.1"], "iov" => ["x"]]));
[$a, $b, $number] = datagrams();
t(fn() => socket_sendmsg($a, ["name" => ["addr" => "127.0.0.1", "port" => $number], "iov" => [str_repeat("x", 65508)]]));
[$c, $d] = sockets();
t(fn() => socket_sendmsg($c, ["iov" => ["x"]], -1));
socket_close($d); rest();
p(socket_sendmsg($c, ["iov" => ["x"]])); rest();
t(fn() => socket_sendmsg($c, ["iov" => ["x"]]));

<?php
[$a, $b, $number] = datagrams();
p(socket_sendmsg($a, ["name" => ["family" => AF_INET, "addr" => "127.0.0.1", "port" => $number], "iov" => ["te", "st"]])); rest();
p(socket_read($b, 100));
p(socket_sendmsg($a, ["name" => ["addr" => "127.0.0.1", "port" => strval($number)], "iov" => [12, 3.5, true, null], "unknown" => 1])); rest();
p(socket_read($b, 100));
p(socket_sendmsg($a, ["name" => ["addr" => "localhost", "port" => $number], "iov" => []]), socket_sendmsg($a, ["name" => ["addr" => "127.0.0.1", "port" => $number]]), socket_sendmsg($a, ["name" => ["addr" => "127.0.0.1", "port" => $number], "iov" => [""]])); rest();
p(socket_read($b, 100), socket_read($b, 100), socket_read($b, 100));
p(socket_sendmsg($a, ["name" => ["port" => $number], "iov" => ["any"]])); rest();
p(socket_read($b, 100));
$u = socket_create(AF_UNIX, SOCK_DGRAM, 0); $v = socket_create(AF_UNIX, SOCK_DGRAM, 0);
socket_bind($v, temp("v"));
p(socket_sendmsg($u, ["name" => ["path" => temp("v")], "iov" => ["unix"]])); p(socket_read($v, 100));

<?php
$s = socket_create(AF_INET, SOCK_DGRAM, 0);
t(fn() => socket_sendmsg($s, ["iov" => "x"]));
t(fn() => socket_sendmsg($s, ["name" => "x"]));
t(fn() => socket_sendmsg($s, ["control" => "x"]));
t(fn() => socket_sendmsg($s, ["control" => ["x"]]));
t(fn() => socket_sendmsg($s, ["name" => ["addr" => "127.0.0.1", "port" => 70000]]));
t(fn() => socket_sendmsg($s, ["name" => ["addr" => "127.0.0.1", "port" => -1]]));
t(fn() => socket_sendmsg($s, ["name" => ["addr" => "127.0.0.1", "port" => "abc"]]));
t(fn() => socket_sendmsg($s, ["name" => ["addr" => "127.0.0.1", "port" => []]]));
t(fn() => socket_sendmsg($s, ["name" => ["family" => 77]]));
t(fn() => socket_sendmsg($s, ["name" => ["family" => AF_INET6]]));
t(fn() => socket_sendmsg($s, ["name" => ["family" => AF_UNIX]]));
t(fn() => socket_sendmsg($s, ["name" => ["family" => "x"]]));
t(fn() => socket_sendmsg($s, ["control" => [["level" => 9, "type" => 9]]]));
t(fn() => socket_sendmsg($s, ["control" => [["level" => "x", "type" => 9]]]));
t(fn() => socket_sendmsg($s, ["control" => [["level" => SOL_SOCKET, "type" => SCM_RIGHTS]]]));
p(socket_last_error($s), socket_last_error());

<?php
$s = socket_create(AF_UNIX, SOCK_DGRAM, 0);
t(fn() => socket_sendmsg($s, ["name" => ["path" => ""]]));
t(fn() => socket_sendmsg($s, ["name" => ["path" => str_repeat("x", 108)]]));
t(fn() => socket_sendmsg($s, ["name" => ["path" => temp("nope")], "iov" => ["x"]]));
t(fn() => socket_sendmsg($s, ["name" => ["family" => AF_INET, "addr" => "127.0.0.1"]]));

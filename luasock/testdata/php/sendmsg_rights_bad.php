<?php
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair); $s = $pair[0];
t(fn() => socket_sendmsg($s, ["control" => [["level" => SOL_SOCKET, "type" => SCM_RIGHTS, "data" => []]]]));
t(fn() => socket_sendmsg($s, ["control" => [["level" => SOL_SOCKET, "type" => SCM_RIGHTS, "data" => "x"]]]));
t(fn() => socket_sendmsg($s, ["control" => [["level" => SOL_SOCKET, "type" => SCM_RIGHTS, "data" => [5]]]]));
t(fn() => socket_sendmsg($s, ["iov" => ["x"], "control" => [["level" => SOL_SOCKET, "type" => SCM_CREDENTIALS, "data" => ["pid" => 1]]]]));
t(fn() => socket_sendmsg($s, ["iov" => ["x"], "control" => [["level" => SOL_SOCKET, "type" => SCM_CREDENTIALS, "data" => 5]]]));
t(fn() => socket_sendmsg($s, ["iov" => ["x"], "control" => [["level" => SOL_SOCKET, "type" => SCM_CREDENTIALS, "data" => ["pid" => 99999999, "uid" => 0, "gid" => 0]]]]));
t(fn() => socket_sendmsg($s, ["iov" => ["x"], "control" => [["level" => SOL_SOCKET, "type" => SCM_CREDENTIALS, "data" => ["pid" => "x", "uid" => 0, "gid" => 0]]]]));
t(fn() => socket_sendmsg($s, ["iov" => ["x"], "control" => [["level" => SOL_SOCKET, "type" => SCM_CREDENTIALS, "data" => ["pid" => 1, "uid" => -1, "gid" => 0]]]]));
t(fn() => socket_sendmsg($s));
t(fn() => socket_sendmsg($s, "x"));
t(fn() => socket_sendmsg($s, [], "x"));

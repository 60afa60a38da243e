<?php
$ok = socket_create_pair(AF_UNIX, SOCK_STREAM, 0, $pair); $s = $pair[0]; $r = $pair[1];
[$c, $d] = streams();
p(socket_sendmsg($s, ["iov" => ["x"], "control" => [["level" => SOL_SOCKET, "type" => SCM_RIGHTS, "data" => [STDIN, $c]]]]));
$m = ["controllen" => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 2), "buffer_size" => 10];
$n = socket_recvmsg($r, $m);
p($n, $m["iov"], $m["flags"], count($m["control"]), $m["control"][0]["level"] == SOL_SOCKET, $m["control"][0]["type"] == SCM_RIGHTS, $m["control"][0]["data"]);
$t = $m["control"][0]["data"][1];
p(socket_write($t, "through")); rest();
p(fread($d, 100));
p(socket_sendmsg($s, ["iov" => ["x"], "control" => [["level" => SOL_SOCKET, "type" => SCM_RIGHTS, "data" => [STDIN, STDIN, STDIN]]]]));
$m = ["controllen" => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1), "buffer_size" => 10];
$n = socket_recvmsg($r, $m);
p($n, $m["flags"] == MSG_CTRUNC);

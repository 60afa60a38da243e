<?php
$ok = socket_create_pair(AF_UNIX, SOCK_DGRAM, 0, $pair); $s = $pair[0]; $r = $pair[1];
p(socket_set_option($r, SOL_SOCKET, SO_PASSCRED, 1));
p(socket_write($s, "who"));
$m = ["controllen" => socket_cmsg_space(SOL_SOCKET, SCM_CREDENTIALS), "buffer_size" => 10];
$n = socket_recvmsg($r, $m);
$data = $m["control"][0]["data"];
p($n, count($m["control"]), $m["control"][0]["type"] == SCM_CREDENTIALS, $data["pid"] > 0, $data["uid"] >= 0, $data["gid"] >= 0);

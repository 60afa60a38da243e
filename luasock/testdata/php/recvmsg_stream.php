<?php
[$c, $s] = sockets();
socket_write($c, "data"); rest();
$m = ["name" => [], "controllen" => 24, "buffer_size" => 100];
$n = socket_recvmsg($s, $m); p($n, $m);
socket_close($c); rest();
$m = ["name" => [], "controllen" => 24, "buffer_size" => 100];
$n = socket_recvmsg($s, $m); p($n, $m);

<?php
[$c, $s] = sockets();
socket_write($c, "abc");
socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 0, "usec" => 50000]);
$n = socket_recv($s, $b1, 10, MSG_WAITALL); p($n, $b1, socket_last_error($s));
$n = socket_recv($s, $b2, 10, MSG_WAITALL); p($n, $b2, socket_last_error($s));
socket_write($c, "def"); socket_close($c); rest();
$n = socket_recv($s, $b3, 10, MSG_WAITALL); p($n, $b3);

<?php
[$c, $s] = sockets();
t(fn() => socket_recv($s, $b, 10, MSG_OOB));
socket_send($c, "ab", 2, 0); socket_send($c, "!", 1, MSG_OOB); socket_send($c, "c", 1, 0); rest();
$n = socket_recv($s, $b1, 10, MSG_OOB); p($n, $b1);
$n = socket_recv($s, $b2, 10, 0); p($n, $b2);
$n = socket_recv($s, $b3, 10, 0); p($n, $b3);
[$d, $e] = sockets();
socket_set_option($e, SOL_SOCKET, SO_OOBINLINE, 1);
socket_send($d, "ab", 2, 0); socket_send($d, "!", 1, MSG_OOB); socket_send($d, "c", 1, 0); rest();
$n = socket_recv($e, $b4, 10, 0); p($n, $b4);
$n = socket_recv($e, $b5, 10, 0); p($n, $b5);

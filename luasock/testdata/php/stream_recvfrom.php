<?php
$s = stream_socket_server("udp://127.0.0.1:0", $e, $m, STREAM_SERVER_BIND);
$name = stream_socket_get_name($s, false);
$c = stream_socket_client("udp://" . $name);
p(fwrite($c, "hello")); rest();
$d1 = stream_socket_recvfrom($s, 100, STREAM_PEEK, $a1); p($d1, $a1 == stream_socket_get_name($c, false));
$d2 = stream_socket_recvfrom($s, 3, 0, $a2); p($d2, $a2 == $a1);
p(fwrite($c, "next"), stream_socket_sendto($s, "answer", 0, $a1)); rest();
p(stream_socket_recvfrom($s, 100), fread($c, 100));
t(fn() => stream_socket_recvfrom($s, 0));
t(fn() => stream_socket_recvfrom($s, -1));
stream_set_blocking($s, false);
$d3 = stream_socket_recvfrom($s, 10, 0, $a3); p($d3, $a3);
[$x, $y] = streams();
fwrite($x, "tcp"); rest();
$d4 = stream_socket_recvfrom($y, 10, 0, $a4); p($d4, $a4);
fclose($x); rest();
$d5 = stream_socket_recvfrom($y, 10, 0, $a5); p($d5, $a5);

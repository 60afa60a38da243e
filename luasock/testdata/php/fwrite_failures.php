<?php
[$c, $s] = streams();
fclose($s); rest();
p(fwrite($c, "one")); rest();
p(fwrite($c, "two"));
p(error_get_last());
[$d, $e] = streams();
stream_socket_shutdown($d, STREAM_SHUT_WR);
p(fwrite($d, "12345"));
$l = stream_socket_server("tcp://127.0.0.1:0");
p(fwrite($l, "x"));
$u = stream_socket_client("udp://127.0.0.1:9");
p(fwrite($u, str_repeat("x", 70000)));

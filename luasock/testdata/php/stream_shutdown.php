<?php
[$c, $s] = streams();
t(fn() => stream_socket_shutdown($c, 9));
t(fn() => stream_socket_shutdown($c, -1));
p(stream_socket_shutdown($c, STREAM_SHUT_WR), stream_socket_shutdown($c, STREAM_SHUT_RDWR), stream_socket_shutdown($c, STREAM_SHUT_RD)); rest();
p(fread($s, 1));
$l = stream_socket_server("tcp://127.0.0.1:0"); p(stream_socket_shutdown($l, 2));
$u = stream_socket_server("udp://127.0.0.1:0", $e, $m, STREAM_SERVER_BIND); p(stream_socket_shutdown($u, 2));
p(stream_socket_shutdown(STDIN, 2));
p(STREAM_SHUT_RD, STREAM_SHUT_WR, STREAM_SHUT_RDWR);

<?php
[$c, $s] = streams();
p(stream_socket_get_name($c, true) == stream_socket_get_name($s, false), stream_socket_get_name($c, false) == stream_socket_get_name($s, true));
$l = stream_socket_server("tcp://127.0.0.1:0"); p(stream_socket_get_name($l, true));
$six = stream_socket_server("tcp://[::1]:0"); $name = stream_socket_get_name($six, false); p(substr($name, 0, 6));
$u = stream_socket_server("unix://" . temp("l")); p(stream_socket_get_name($u, false));
p(stream_socket_get_name(STDIN, false));
fclose($s); rest();
p(stream_socket_get_name($c, true) != false);
t(fn() => stream_socket_get_name($c));

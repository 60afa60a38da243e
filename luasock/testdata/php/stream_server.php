<?php
$s = stream_socket_server("tcp://127.0.0.1:0", $e1, $m1); p($s, $e1, $m1);
$name = hide(stream_socket_get_name($s, false), "NAME");
$o = stream_socket_server("tcp://" . $name, $e2, $m2); p($o, $e2, $m2);
$n = stream_socket_server("127.0.0.1:0", $e3, $m3); p($n, $e3, $m3);
$f = stream_socket_server("tcp://203.0.113.1:0", $e4, $m4); p($f, $e4, $m4);
$x = stream_socket_server("tcp://127.0.0.1", $e5, $m5); p($x, $e5, $m5);
$y = stream_socket_server("tcp://nope.invalid:5", $e6, $m6); p($y, $e6, $m6);
$u = stream_socket_server("udp://127.0.0.1:0", $e7, $m7, STREAM_SERVER_BIND); p($u, $e7, $m7, stream_get_meta_data($u)["stream_type"]);
$v = stream_socket_server("unix://" . temp("u"), $e8, $m8); p($v, $e8, $m8, stream_get_meta_data($v)["stream_type"]);
$w = stream_socket_server("udg://" . temp("g"), $e9, $m9, STREAM_SERVER_BIND); p($w, $e9, $m9, stream_get_meta_data($w)["stream_type"]);
t(fn() => stream_socket_server());
t(fn() => stream_socket_server([]));
t(fn() => stream_socket_server("tcp://127.0.0.1:0", $e, $m, "x"));
t(fn() => stream_socket_server("tcp://127.0.0.1:0", $e, $m, 12, "x"));
t(fn() => stream_socket_server("tcp://127.0.0.1:0", $e, $m, 12, STDIN));
p(socket_last_error());

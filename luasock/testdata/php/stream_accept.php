<?php
$l = stream_socket_server("tcp://127.0.0.1:0"); $name = stream_socket_get_name($l, false);
$c = stream_socket_client("tcp://" . $name);
$s = stream_socket_accept($l, 5, $peer); p($s, $peer == stream_socket_get_name($c, false));
p(fwrite($c, "x"), fread($s, 10));
$late = stream_socket_accept($l, 0, $none); p($late, $none);
t(fn() => stream_socket_accept($l, 0.01));
stream_set_blocking($l, false);
t(fn() => stream_socket_accept($l, 0.01));
t(fn() => stream_socket_accept("x"));
t(fn() => stream_socket_accept($l, "x"));
$u = stream_socket_server("unix://" . temp("u")); $d = stream_socket_client("unix://" . temp("u"));
$e = stream_socket_accept($u, 5); p($e, fwrite($d, "unix"), fread($e, 10));

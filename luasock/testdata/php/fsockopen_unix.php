<?php
$l = stream_socket_server("unix://" . temp("s"));
$c = fsockopen("unix://" . temp("s"), -1, $e, $m); p($c, $e, $m, stream_get_meta_data($c)["stream_type"]);
$s = stream_socket_accept($l); p(fwrite($c, "hi"), fread($s, 10));
$g = stream_socket_server("udg://" . temp("g"), $e2, $m2, STREAM_SERVER_BIND);
$d = fsockopen("udg://" . temp("g"), -1, $e3, $m3); p($d, $e3, $m3, stream_get_meta_data($d)["stream_type"]);
p(fwrite($d, "datagram"), fread($g, 100));

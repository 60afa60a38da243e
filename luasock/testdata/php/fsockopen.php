<?php
$l = stream_socket_server("tcp://127.0.0.1:0"); $name = stream_socket_get_name($l, false); $x = socket_import_stream($l); $number = port($x);
$a = fsockopen("127.0.0.1", $number, $e1, $m1, 5); p($a, $e1, $m1);
$b = fsockopen("tcp://127.0.0.1", $number, $e2, $m2); p($b, $e2, $m2);
$c = fsockopen($name, -1, $e3, $m3); p($c, $e3, $m3);
$d = fsockopen($name, 99, $e4, $m4); p($d, $e4, $m4);
$e = stream_socket_client("tcp://" . $name . "/anything"); p($e);
$f = fsockopen("localhost", $number); p($f);
p(fwrite($a, "hello\n")); $s = stream_socket_accept($l); p(fgets($s));
p(stream_get_meta_data($a)["stream_type"]);

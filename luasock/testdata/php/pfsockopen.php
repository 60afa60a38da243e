<?php
$l = stream_socket_server("tcp://127.0.0.1:0"); $x = socket_import_stream($l); $number = port($x);
$a = pfsockopen("127.0.0.1", $number, $e, $m); p($a, $e, $m, get_resource_type($a));
$b = pfsockopen("127.0.0.1", $number); p($a == $b);
$s = stream_socket_accept($l);
fclose($a);
p(is_resource($b));
$c = pfsockopen("127.0.0.1", $number); p(get_resource_type($c));
$t = stream_socket_accept($l); fclose($t); rest();
$d = pfsockopen("127.0.0.1", $number); p(get_resource_type($d));
p(fwrite($d, "again")); $u = stream_socket_accept($l); p(fread($u, 10));

<?php
[$c, $s] = streams();
p(feof($s));
fwrite($c, "x"); fclose($c); rest();
p(feof($s), fread($s, 1), feof($s));
[$d, $e] = streams();
p(stream_socket_shutdown($d, STREAM_SHUT_WR), feof($d)); rest();
p(feof($e), fread($e, 1), feof($e));
[$f, $g] = streams();
p(stream_socket_shutdown($f, STREAM_SHUT_RD), feof($f));
[$h, $i] = streams();
$x = socket_import_stream($h); reset_by($x); rest();
p(feof($i));
t(fn() => feof("x"));
t(fn() => feof());

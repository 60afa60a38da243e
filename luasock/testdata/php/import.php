<?php
[$c, $s] = streams();
$x = socket_import_stream($c); p($x);
p(socket_write($x, "from socket\n")); rest();
p(fgets($s));
p(fwrite($s, "from stream\n")); rest();
p(socket_read($x, 100));
$y = socket_import_stream($c); p($x == $y);
p(socket_export_stream($x) == $c);
t(fn() => socket_import_stream(STDIN));
t(fn() => socket_import_stream("x"));
t(fn() => socket_import_stream($x));
socket_close($x);
t(fn() => fwrite($c, "x"));
t(fn() => socket_import_stream($c));

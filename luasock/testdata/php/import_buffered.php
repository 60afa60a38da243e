<?php
[$c, $s] = streams();
fwrite($c, "line\nabc"); rest();
p(fgets($s));
$x = socket_import_stream($s); p($x);
fwrite($c, "def"); rest();
p(socket_read($x, 100));
p(fread($s, 3));

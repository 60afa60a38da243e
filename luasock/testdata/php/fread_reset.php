<?php
[$c, $s] = streams();
fwrite($c, "before"); rest();
p(fread($s, 3));
$x = socket_import_stream($c); reset_by($x); rest();
p(fread($s, 10), fread($s, 10), feof($s), fgets($s));

<?php
[$a, $b] = streams(); [$c, $d] = streams();
fwrite($a, "0123456789"); rest();
p(stream_copy_to_stream($b, $c, 4)); rest();
p(fread($d, 100));
fclose($a); rest();
p(stream_copy_to_stream($b, $c)); fclose($c); rest();
p(fread($d, 100), feof($d));
t(fn() => stream_copy_to_stream($b));
t(fn() => stream_copy_to_stream($b, "x"));

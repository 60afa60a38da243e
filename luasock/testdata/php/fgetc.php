<?php
[$c, $s] = streams();
fwrite($c, "a\0"); rest();
p(fgetc($s), fgetc($s));
stream_set_timeout($s, 0, 20000);
p(fgetc($s));
stream_set_blocking($s, false);
p(fgetc($s));
fclose($c); rest();
p(fgetc($s), feof($s));
t(fn() => fgetc());
t(fn() => fgetc("x"));

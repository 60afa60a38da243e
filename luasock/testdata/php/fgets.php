<?php
[$c, $s] = streams();
fwrite($c, "one\ntwo\r\nthree\rstill\n\nx\0y\xff\n");
p(fgets($s), fgets($s), fgets($s), fgets($s), fgets($s));
fwrite($c, "abc\nabc\n");
p(fgets($s, 5), fgets($s, 4), fgets($s, 4));
fwrite($c, str_repeat("x", 20000)); fwrite($c, "\n"); rest();
p(strlen(fgets($s)));
fwrite($c, "tail"); fclose($c); rest();
p(fgets($s), fgets($s), feof($s), fgets($s));

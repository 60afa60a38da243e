<?php
[$c, $s] = streams();
fwrite($c, "hello"); rest();
p(fread($s, 3), fread($s, 2));
fwrite($c, str_repeat("x", 20000)); rest();
p(strlen(fread($s, 20000)), strlen(fread($s, 20000)), strlen(fread($s, 20000)));
t(fn() => fread($s, 0));
t(fn() => fread($s, -1));
t(fn() => fread($s));
t(fn() => fread($s, "x"));
t(fn() => fread("x", 1));
fwrite($c, "end"); fclose($c); rest();
p(fread($s, 100), fread($s, 100), feof($s));

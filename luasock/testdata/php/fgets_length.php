<?php
[$c, $s] = streams();
fwrite($c, "hello\n"); rest();
p(fgets($s, 1));
t(fn() => fgets($s, 0));
t(fn() => fgets($s, -1));
t(fn() => fgets($s, "x"));
t(fn() => fgets());
t(fn() => fgets("x"));
t(fn() => fgets(null));
t(fn() => fgets($s, 1, 2));
p(fgets($s, null));
fclose($s);
t(fn() => fgets($s));

<?php
[$c, $s] = streams();
p(fwrite($c, "abcdef", 3), fwrite($c, "abc", 99), fwrite($c, "abc", 0), fwrite($c, "abc", -1), fwrite($c, ""), fputs($c, "!"), fwrite($c, "n", null)); rest();
p(fread($s, 100));
t(fn() => fwrite($c));
t(fn() => fwrite($c, []));
t(fn() => fwrite($c, 12));
t(fn() => fwrite($c, "x", "y"));
t(fn() => fwrite("x", "y"));
p(fflush($c));
t(fn() => fflush("x")); rest();
p(fread($s, 100));
fclose($c);
t(fn() => fwrite($c, "x"));
t(fn() => fflush($c));

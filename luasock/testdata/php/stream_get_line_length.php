<?php
[$c, $s] = streams();
fwrite($c, "a\nb\n"); rest();
p(stream_get_line($s, 10, "\n"), stream_get_line($s, 10, "\n"));
fwrite($c, "12345678"); rest();
p(stream_get_line($s, 3), stream_get_line($s, 3, ""));
t(fn() => stream_get_line($s, -1));
t(fn() => stream_get_line($s));
t(fn() => stream_get_line("x", 1));
fwrite($c, str_repeat("x", 9000)); fclose($c); rest();
p(strlen(stream_get_line($s, 0)), strlen(stream_get_line($s, 0)), stream_get_line($s, 0));

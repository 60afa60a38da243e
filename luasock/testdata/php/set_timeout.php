<?php
[$c, $s] = streams();
p(stream_set_timeout($s, 1), stream_set_timeout($s, 1, 500000), stream_set_timeout($s, -1), stream_set_timeout($s, 0, -5), socket_set_timeout($s, 0, 10000));
p(fread($s, 1), stream_get_meta_data($s)["timed_out"]);
p(stream_set_timeout($s, 0));
p(fread($s, 1), stream_get_meta_data($s)["timed_out"]);
p(stream_set_timeout(STDIN, 1));
t(fn() => stream_set_timeout($s, 0.5));
t(fn() => stream_set_timeout($s));
t(fn() => stream_set_timeout($s, "x"));
t(fn() => stream_set_timeout("x", 1));

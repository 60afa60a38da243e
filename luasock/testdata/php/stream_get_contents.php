<?php
[$c, $s] = streams();
fwrite($c, "abcdef"); fclose($c); rest();
p(stream_get_contents($s, 4), stream_get_contents($s, 4), stream_get_contents($s, 4), stream_get_contents($s));
[$d, $e] = streams();
fwrite($d, "all of it"); fclose($d); rest();
p(stream_get_contents($e, 0), stream_get_contents($e, null), stream_get_contents($e, -1));
t(fn() => stream_get_contents($e, -2));
t(fn() => stream_get_contents());
[$f, $g] = streams();
stream_set_timeout($g, 0, 20000);
fwrite($f, "some"); rest();
p(stream_get_contents($g), stream_get_meta_data($g)["timed_out"], stream_get_contents($g));
stream_set_blocking($g, false);
fwrite($f, "more"); rest();
p(stream_get_contents($g), stream_get_contents($g));

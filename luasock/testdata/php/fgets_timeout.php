<?php
[$c, $s] = streams();
stream_set_timeout($s, 0, 30000);
fwrite($c, "part");
p(fgets($s), stream_get_meta_data($s)["timed_out"]);
p(fgets($s), stream_get_meta_data($s)["timed_out"]);
fwrite($c, "more\n"); rest();
p(fgets($s), stream_get_meta_data($s)["timed_out"], feof($s));

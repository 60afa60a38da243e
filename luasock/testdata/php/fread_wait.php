<?php
[$c, $s] = streams();
stream_set_timeout($s, 0, 20000);
p(fread($s, 10), stream_get_meta_data($s)["timed_out"], feof($s));
stream_set_blocking($s, false);
p(fread($s, 10), stream_get_meta_data($s)["blocked"]);
fwrite($c, "late"); rest();
p(fread($s, 10), fread($s, 10));

<?php
$number = dead();
$c = fsockopen("udp://127.0.0.1", $number, $e, $m); p($c, $e, $m, stream_get_meta_data($c)["stream_type"]);
p(fwrite($c, "x")); rest();
p(fread($c, 10));

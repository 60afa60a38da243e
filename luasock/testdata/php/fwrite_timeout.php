<?php
[$c, $s] = streams();
stream_set_timeout($c, 0, 50000);
restore_error_handler();
$n = @fwrite($c, str_repeat("x", 32000000));
p($n > 0, $n < 32000000, error_get_last()["type"]);
p(stream_get_meta_data($c)["timed_out"]);

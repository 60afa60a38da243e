<?php
[$c, $s] = streams();
fwrite($c, ";;A;;B;;tail"); fclose($c); rest();
p(stream_get_line($s, 100, ";;"), stream_get_line($s, 100, ";;"), stream_get_line($s, 100, ";;"), stream_get_line($s, 100, ";;"), stream_get_line($s, 100, ";;"));
[$d, $e] = streams();
fwrite($d, "12345678;;x"); fclose($d); rest();
p(stream_get_line($e, 4, ";;"), stream_get_line($e, 4, ";;"), stream_get_line($e, 4, ";;"), stream_get_line($e, 4, ";;"));
[$f, $g] = streams();
fwrite($f, "1234;;x"); fclose($f); rest();
p(stream_get_line($g, 4, ";;"), stream_get_line($g, 4, ";;"), stream_get_line($g, 4, ";;"));
[$h, $i] = streams();
fwrite($h, "123;;x"); fclose($h); rest();
p(stream_get_line($i, 4, ";;"), stream_get_line($i, 4, ";;"), stream_get_line($i, 4, ";;"));

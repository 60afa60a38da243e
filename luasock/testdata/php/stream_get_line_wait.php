<?php
[$c, $s] = streams();
stream_set_timeout($s, 0, 20000);
fwrite($c, "part;");
p(stream_get_line($s, 100, ";;"), stream_get_meta_data($s)["unread_bytes"]);
fwrite($c, ";next;;"); rest();
p(stream_get_line($s, 100, ";;"), stream_get_line($s, 100, ";;"));
stream_set_blocking($s, false);
p(stream_get_line($s, 100, ";;"));

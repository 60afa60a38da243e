<?php
$s = stream_socket_server("udp://127.0.0.1:0", $e, $m, STREAM_SERVER_BIND); p($s, $e, $m);
$c = stream_socket_client("udp://" . stream_socket_get_name($s, false));
p(fwrite($c, "datagram")); rest();
p(fread($s, 100));
p(fwrite($c, "")); rest();
stream_set_blocking($s, false);
p(fread($s, 100));
p(stream_get_meta_data($c)["stream_type"]);

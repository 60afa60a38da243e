<?php
[$c, $s] = streams();
p(stream_get_meta_data($c));
fwrite($s, "hello\nworld\n"); rest();
p(fgets($c), stream_get_meta_data($c)["unread_bytes"], socket_get_status($c)["unread_bytes"]);
fclose($s); rest();
p(stream_get_meta_data($c)["eof"], fgets($c), stream_get_meta_data($c)["eof"], fgets($c), stream_get_meta_data($c)["eof"]);
stream_set_blocking($c, false);
p(stream_get_meta_data($c)["blocked"]);
socket_set_blocking($c, true);
p(stream_get_meta_data($c)["blocked"]);
$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
p(stream_get_meta_data($pair[0]));
t(fn() => stream_get_meta_data("x"));

<?php
[$c, $s] = sockets();
$fp = socket_export_stream($c);
p($fp, $fp == socket_export_stream($c));
p(fwrite($fp, "line one\nline two\n"));
p(socket_read($s, 100));
p(socket_write($s, "answer\nmore")); rest();
p(fgets($fp));
p(stream_get_meta_data($fp)["stream_type"]);
p(fclose($fp));
t(fn() => fgets($fp));
t(fn() => socket_export_stream("x"));

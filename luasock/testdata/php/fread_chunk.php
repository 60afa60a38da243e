<?php
[$c, $s] = streams();
p(stream_set_chunk_size($s, 100));
fwrite($c, str_repeat("x", 250)); rest();
p(strlen(fread($s, 1000)), strlen(fread($s, 1000)), strlen(fread($s, 1000)));
p(stream_set_chunk_size($s, 8192));
t(fn() => stream_set_chunk_size($s, 0));
t(fn() => stream_set_chunk_size($s, -5));

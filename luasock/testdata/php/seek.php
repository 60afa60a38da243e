<?php
[$c, $s] = streams();
p(ftell($s));
fwrite($c, "hello world"); rest();
p(fread($s, 2), ftell($s));
p(fseek($s, 1, SEEK_CUR), ftell($s));
p(fseek($s, 0));
p(fseek($s, -1, SEEK_CUR));
p(fseek($s, 0, SEEK_END));
p(rewind($s));
p(fread($s, 8), ftell($s), ftell($c));
t(fn() => fseek($s));
t(fn() => rewind("x"));

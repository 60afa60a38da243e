<?php
[$c, $s] = streams();
p(stream_set_blocking($s, false));
p(fgets($s), feof($s));
fwrite($c, "part"); rest();
p(fgets($s), fgets($s));
fwrite($c, "whole\nand"); rest();
p(fgets($s), fgets($s), fgets($s));

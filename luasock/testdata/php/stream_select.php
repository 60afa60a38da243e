<?php
[$c, $s] = streams(); [$d, $e] = streams();
$r = [$s, $e]; $w = null; $x = null;
$n = stream_select($r, $w, $x, 0); p($n, $r, $w, $x);
fwrite($c, "line\nmore"); rest();
$r = [$s, $e]; $w = [$c]; $x = [];
$n = stream_select($r, $w, $x, 5); p($n, $r, $w, $x);
p(fgets($s));
$r = [$s, $e]; $w = [$c]; $x = [];
$n = stream_select($r, $w, $x, 0, 100000); p($n, $r, $w, $x);
$r = ["a" => $s, "b" => $e]; $w = null;
$n = stream_select($r, $w, $x, 0); p($n, $r);

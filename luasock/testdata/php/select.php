<?php
[$c, $s] = sockets(); [$d, $e] = sockets();
$r = [$s, $e]; $w = null; $x = null;
$n = socket_select($r, $w, $x, 0); p($n, $r, $w, $x);
socket_write($c, "x"); rest();
$r = [$s, $e]; $w = [$c]; $x = [];
$n = socket_select($r, $w, $x, 1); p($n, $r, $w, $x, $r[0] == $s);
$r = [$s]; $w = [$s];
$n = socket_select($r, $w, $x, null); p($n, $r, $w, $x);
$r = ["first" => $s, "second" => $e]; $w = null; $x = null;
$n = socket_select($r, $w, $x, 0); p($n, $r);
$r = [$s, $s]; $w = null;
$n = socket_select($r, $w, $x, 0, 1000); p($n, $r);

<?php
[$a, $b, $number] = datagrams();
$none = null;
$r = [$a, $b]; $n = socket_select($r, $none, $none, 0, 10000); p($n, $r);
socket_sendto($a, "x", 1, 0, "127.0.0.1", $number);
$r = [$b, $a]; $n = socket_select($r, $none, $none, 5); p($n, $r[0] == $b);
$w = [$a, $b]; $n = socket_select($none, $w, $none, 5); p($n, $w);

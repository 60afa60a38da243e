<?php
$number = dead();
$a = fsockopen("127.0.0.1", $number, $e1, $m1, 5); p($a, $e1, $m1);
$b = fsockopen("127.0.0.1", -1, $e2, $m2); p($b, $e2, $m2);
$c = fsockopen("127.0.0.1", 0, $e3, $m3); p($c, $e3, $m3);
$d = fsockopen("127.0.0.1", -5, $e4, $m4); p($d, $e4, $m4);
$e = fsockopen("127.0.0.1:abc", -1, $e5, $m5); p($e, $e5, $m5);
$f = fsockopen("nope.invalid", 80, $e6, $m6); p($f, $e6, $m6);
$g = fsockopen("::1", 80, $e7, $m7); p($g, $e7, $m7);
$h = fsockopen("", 80, $e8, $m8); p($h, $e8, $m8);
$i = fsockopen("[::1", 80, $e9, $m9); p($i, $e9, $m9);
$j = fsockopen("unix://" . temp("nope"), -1, $e10, $m10); p($j, $e10, $m10);
$k = fsockopen("foo://bar", 9, $x, $m11); p($k, $m11);
$l = fsockopen("TCP://127.0.0.1", 9, $x, $m12); p($l, $m12);
$m = stream_socket_client("tcp://127.0.0.1:" . $number, $e13, $m13); p($m, $e13, $m13);
$n = stream_socket_client("127.0.0.1", $e14, $m14); p($n, $e14, $m14);
p(socket_last_error());

<?php
$path = "unix://" . temp(str_repeat("x", 108));
$a = fsockopen($path, -1, $e1, $m1); p($a, $e1, $m1);
$b = stream_socket_client($path, $e2, $m2); p($b, $e2, $m2);

<?php
$s = socket_create(AF_INET, SOCK_DGRAM, 0);
$m1 = []; t(fn() => socket_recvmsg($s, $m1));
$m2 = ["controllen" => 0]; t(fn() => socket_recvmsg($s, $m2));
$m3 = ["controllen" => -1]; t(fn() => socket_recvmsg($s, $m3));
$m4 = ["controllen" => 10, "buffer_size" => -1]; t(fn() => socket_recvmsg($s, $m4));
$m5 = ["controllen" => 10, "buffer_size" => 104857601]; t(fn() => socket_recvmsg($s, $m5));
$m6 = ["controllen" => 10, "buffer_size" => "x"]; t(fn() => socket_recvmsg($s, $m6));
$m8 = ["controllen" => "x"]; t(fn() => socket_recvmsg($s, $m8));
$m9 = "x"; t(fn() => socket_recvmsg($s, $m9));
p(socket_last_error($s), socket_last_error());

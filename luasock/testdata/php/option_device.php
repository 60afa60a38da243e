<?php
$s = socket_create(AF_INET, SOCK_DGRAM, 0);
t(fn() => socket_set_option($s, SOL_SOCKET, SO_BINDTODEVICE, "nope0"));
p(socket_last_error($s));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_BINDTODEVICE, "lo"));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_BINDTODEVICE, ""));
$c = socket_create(AF_INET, SOCK_STREAM, 0);
$name = socket_get_option($c, SOL_TCP, TCP_CONGESTION); p(strlen($name["name"]) > 0);
t(fn() => socket_set_option($c, SOL_TCP, TCP_CONGESTION, "nope"));
t(fn() => socket_set_option($c, SOL_TCP, TCP_CONGESTION, "reno"));
p(socket_get_option($c, SOL_TCP, TCP_CONGESTION));
t(fn() => socket_set_option($c, SOL_TCP, TCP_CONGESTION, ["name" => "reno"]));

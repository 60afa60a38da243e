<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_get_option($s, SOL_SOCKET, SO_RCVTIMEO), socket_get_option($s, SOL_SOCKET, SO_SNDTIMEO));
p(socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 2, "usec" => 500000]), socket_get_option($s, SOL_SOCKET, SO_RCVTIMEO));
p(socket_set_option($s, SOL_SOCKET, SO_SNDTIMEO, ["sec" => "1", "usec" => "0"]), socket_get_option($s, SOL_SOCKET, SO_SNDTIMEO));
p(socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 0, "usec" => 999999]), socket_get_option($s, SOL_SOCKET, SO_RCVTIMEO));
p(socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => -1, "usec" => 0]), socket_get_option($s, SOL_SOCKET, SO_RCVTIMEO));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 0, "usec" => 1000000]));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 0, "usec" => -1]));
p(socket_last_error($s));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 1]));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["usec" => 1]));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_SNDTIMEO, 5));

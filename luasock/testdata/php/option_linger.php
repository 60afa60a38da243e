<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_get_option($s, SOL_SOCKET, SO_LINGER));
p(socket_set_option($s, SOL_SOCKET, SO_LINGER, ["l_onoff" => 1, "l_linger" => 5]), socket_get_option($s, SOL_SOCKET, SO_LINGER));
p(socket_set_option($s, SOL_SOCKET, SO_LINGER, ["l_onoff" => "0", "l_linger" => "3"]), socket_get_option($s, SOL_SOCKET, SO_LINGER));
p(socket_set_option($s, SOL_SOCKET, SO_LINGER, ["l_onoff" => true, "l_linger" => 0]), socket_get_option($s, SOL_SOCKET, SO_LINGER));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_LINGER, []));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_LINGER, ["l_onoff" => 1]));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_LINGER, ["l_linger" => 1]));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_LINGER, 5));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_LINGER, "x"));
t(fn() => socket_set_option($s, SOL_SOCKET, SO_LINGER, null));

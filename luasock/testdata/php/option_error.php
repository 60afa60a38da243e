<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0); $number = dead();
socket_set_nonblock($s);
p(socket_connect($s, "127.0.0.1", $number)); rest();
p(socket_get_option($s, SOL_SOCKET, SO_ERROR), socket_get_option($s, SOL_SOCKET, SO_ERROR));

<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
socket_set_option($s, SOL_SOCKET, SO_RCVBUF, 4096); socket_set_option($s, SOL_SOCKET, SO_SNDBUF, 4096);
p(socket_get_option($s, SOL_SOCKET, SO_MEMINFO));

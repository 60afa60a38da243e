<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
p(socket_get_option($s, SOL_SOCKET, SO_TYPE), socket_get_option($s, SOL_SOCKET, SO_KEEPALIVE), socket_get_option($s, SOL_SOCKET, SO_ERROR));
p(socket_set_option($s, SOL_SOCKET, SO_KEEPALIVE, 1), socket_get_option($s, SOL_SOCKET, SO_KEEPALIVE));
p(socket_set_option($s, SOL_SOCKET, SO_KEEPALIVE, false), socket_get_option($s, SOL_SOCKET, SO_KEEPALIVE));
p(socket_setopt($s, SOL_SOCKET, SO_REUSEADDR, true), socket_getopt($s, SOL_SOCKET, SO_REUSEADDR));
p(socket_set_option($s, SOL_TCP, TCP_NODELAY, 1), socket_get_option($s, SOL_TCP, TCP_NODELAY));
p(socket_set_option($s, SOL_SOCKET, SO_RCVBUF, 4096), socket_get_option($s, SOL_SOCKET, SO_RCVBUF));
p(socket_set_option($s, SOL_SOCKET, SO_RCVBUF, 1), socket_get_option($s, SOL_SOCKET, SO_RCVBUF));
p(socket_set_option($s, SOL_SOCKET, SO_SNDBUF, 1), socket_get_option($s, SOL_SOCKET, SO_SNDBUF));

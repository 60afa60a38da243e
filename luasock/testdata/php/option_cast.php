<?php
$u = socket_create(AF_INET, SOCK_DGRAM, 0);
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, "5")); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, "abc")); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, true)); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, [])); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, [0])); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, null)); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, 1.9)); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, "0x10")); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, " 7x")); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));
t(fn() => socket_set_option($u, SOL_SOCKET, SO_BROADCAST, $u)); p(socket_get_option($u, SOL_SOCKET, SO_BROADCAST));

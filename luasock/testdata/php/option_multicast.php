<?php
$s = socket_create(AF_INET, SOCK_DGRAM, 0);
p(socket_get_option($s, IPPROTO_IP, IP_MULTICAST_TTL), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_LOOP), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_IF));
p(socket_set_option($s, IPPROTO_IP, IP_MULTICAST_TTL, 4), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_TTL));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_TTL, 256));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_TTL, -1));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_TTL, "abc"));
p(socket_set_option($s, IPPROTO_IP, IP_MULTICAST_LOOP, 0), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_LOOP));
p(socket_set_option($s, IPPROTO_IP, IP_MULTICAST_LOOP, 256), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_LOOP));
p(socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, "lo"), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_IF));
p(socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, 1), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_IF));
p(socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, 0), socket_get_option($s, IPPROTO_IP, IP_MULTICAST_IF));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, "nope0"));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, 99));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, -1));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, "1"));
t(fn() => socket_set_option($s, IPPROTO_IP, IP_MULTICAST_IF, []));

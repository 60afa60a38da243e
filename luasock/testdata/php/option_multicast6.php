<?php
$s = socket_create(AF_INET6, SOCK_DGRAM, 0);
p(socket_get_option($s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS), socket_get_option($s, IPPROTO_IPV6, IPV6_MULTICAST_LOOP), socket_get_option($s, IPPROTO_IPV6, IPV6_MULTICAST_IF));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 256));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, -2));
p(socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, -1), socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, 9), socket_get_option($s, IPPROTO_IPV6, IPV6_MULTICAST_HOPS));
p(socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 7 > 8), socket_get_option($s, IPPROTO_IPV6, IPV6_MULTICAST_LOOP));
p(socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_IF, "lo"), socket_get_option($s, IPPROTO_IPV6, IPV6_MULTICAST_IF));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_IF, "nope0"));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_MULTICAST_IF, 99));

<?php
$s = socket_create(AF_INET6, SOCK_DGRAM, 0);
t(fn() => socket_get_option($s, IPPROTO_IPV6, IPV6_PKTINFO));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, 5));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, []));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, ["addr" => "::1"]));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, ["ifindex" => 1]));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, ["addr" => "::1", "ifindex" => "nope0"]));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, ["addr" => "::1", "ifindex" => -1]));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, ["addr" => "::1", "ifindex" => "lo"]));
t(fn() => socket_set_option($s, IPPROTO_IPV6, IPV6_PKTINFO, ["addr" => "::1", "ifindex" => 1]));

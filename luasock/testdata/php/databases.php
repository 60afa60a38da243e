<?php
p(getprotobyname("tcp"), getprotobyname("TCP"), getprotobyname("udp"), getprotobyname("icmp"), getprotobyname("nope"));
p(getprotobynumber(0), getprotobynumber(6), getprotobynumber(17), getprotobynumber(999), getprotobynumber(-1));
p(getservbyname("http", "tcp"), getservbyname("HTTP", "tcp"), getservbyname("80", "tcp"), getservbyname("http", "nope"), getservbyname("domain", "udp"));
p(getservbyport(80, "tcp"), getservbyport(65616, "tcp"), getservbyport(53, "udp"), getservbyport(1, "nope"));
t(fn() => getservbyname("http"));
t(fn() => getprotobynumber("x"));
t(fn() => getservbyport("x", "tcp"));

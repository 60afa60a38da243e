<?php
p(inet_pton("127.0.0.1"), inet_pton("::1"), inet_pton("::ffff:1.2.3.4"), inet_pton("127.1"), inet_pton("1.2.3.256"), inet_pton("01.2.3.4"), inet_pton(""), inet_pton("nonsense"), inet_pton("fe80::1%lo"));
p(inet_ntop("\x7f\x00\x00\x01"), inet_ntop(str_repeat("\0", 16)), inet_ntop(""), inet_ntop("abc"), inet_ntop("abcd"), inet_ntop("0123456789abcdef"));
p(ip2long("127.0.0.1"), ip2long("0.0.0.0"), ip2long("255.255.255.255"), ip2long("127.1"), ip2long("01.2.3.4"), ip2long("1.2.3.256"), ip2long("::1"), ip2long(""));
p(long2ip(0), long2ip(2130706433), long2ip(-1), long2ip(4294967296), long2ip(4294967295));
t(fn() => ip2long());
t(fn() => long2ip("x"));
t(fn() => long2ip("2130706433"));
t(fn() => inet_pton([]));

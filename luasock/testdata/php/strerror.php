<?php
p(socket_strerror(0), socket_strerror(1), socket_strerror(11), socket_strerror(98), socket_strerror(111), socket_strerror(133));
p(socket_strerror(41), socket_strerror(58), socket_strerror(134), socket_strerror(-1), socket_strerror(-9999), socket_strerror(-10000));
p(socket_strerror(-10001), socket_strerror(-10002), socket_strerror(-10003), socket_strerror(-10004), socket_strerror(-10005), socket_strerror(-20000));
t(fn() => socket_strerror(2147483648));
t(fn() => socket_strerror(-2147483649));
t(fn() => socket_strerror("111"));
t(fn() => socket_strerror("x"));
t(fn() => socket_strerror(null));
t(fn() => socket_strerror());
t(fn() => socket_strerror(true));

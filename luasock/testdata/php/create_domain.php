<?php
t(fn() => socket_create(0, SOCK_STREAM, 0));
t(fn() => socket_create(-1, SOCK_STREAM, 0));
t(fn() => socket_create(17, SOCK_STREAM, 0));
t(fn() => socket_create(31337, SOCK_STREAM, 0));
t(fn() => socket_create(AF_INET, SOCK_STREAM, 0));
t(fn() => socket_create(AF_INET6, SOCK_DGRAM, 0));
t(fn() => socket_create(AF_UNIX, SOCK_STREAM, 0));
p(socket_last_error());

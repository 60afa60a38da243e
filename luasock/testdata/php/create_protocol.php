<?php
t(fn() => socket_create(AF_INET, SOCK_STREAM, 999));
t(fn() => socket_create(AF_INET, SOCK_STREAM, -1));
t(fn() => socket_create(AF_INET, SOCK_STREAM, 17));
t(fn() => socket_create(AF_INET, SOCK_STREAM, 256));
t(fn() => socket_create(AF_INET, SOCK_DGRAM, 6));
t(fn() => socket_create(AF_INET, SOCK_RAW, 0));
t(fn() => socket_create(AF_UNIX, SOCK_STREAM, 6));
t(fn() => socket_create(AF_UNIX, SOCK_STREAM, 17));
t(fn() => socket_create(AF_UNIX, SOCK_STREAM, 1));
t(fn() => socket_create(AF_INET, SOCK_STREAM, SOL_TCP));
t(fn() => socket_create(AF_INET, SOCK_DGRAM, SOL_UDP));
p(socket_last_error());

<?php
t(fn() => socket_create(AF_INET, 31337, 0));
t(fn() => socket_create(AF_INET, 2049, 0));
t(fn() => socket_create(AF_INET, 0, 0));
p(socket_last_error());
t(fn() => socket_create(AF_INET, -1, 0));
p(socket_last_error());
t(fn() => socket_create(AF_INET, SOCK_SEQPACKET, 0));
t(fn() => socket_create(AF_INET, SOCK_RDM, 0));
t(fn() => socket_create(AF_UNIX, SOCK_RDM, 0));
t(fn() => socket_create(AF_UNIX, SOCK_SEQPACKET, 0));
t(fn() => socket_create(AF_UNIX, SOCK_RAW, 0));

<?php
t(fn() => socket_create());
t(fn() => socket_create(AF_INET));
t(fn() => socket_create(AF_INET, SOCK_STREAM));
t(fn() => socket_create(AF_INET, SOCK_STREAM, 0, 0));
t(fn() => socket_create("2", "1", "0"));
t(fn() => socket_create(" 2", "1 ", "0"));
t(fn() => socket_create("2x", SOCK_STREAM, 0));
t(fn() => socket_create("", SOCK_STREAM, 0));
t(fn() => socket_create("abc", SOCK_STREAM, 0));
t(fn() => socket_create("2.0", SOCK_STREAM, 0));
t(fn() => socket_create("2e0", SOCK_STREAM, 0));
t(fn() => socket_create(2.5, SOCK_STREAM, 0));
t(fn() => socket_create("2.5", SOCK_STREAM, 0));
t(fn() => socket_create([], SOCK_STREAM, 0));
t(fn() => socket_create(AF_INET, true, false));
t(fn() => socket_create(AF_INET, null, 0));
t(fn() => socket_create(1e30, SOCK_STREAM, 0));

<?php
[$c, $s] = sockets();
p(socket_send($c, "hello", 5, 0), socket_send($c, "hello", 2, 0), socket_send($c, "hello", 99, 0), socket_send($c, "hello", 0, 0)); rest();
p(socket_read($s, 100));
t(fn() => socket_send($c, "hello", -1, 0));
t(fn() => socket_send($c, "hello", 5));
t(fn() => socket_send($c, "hello"));
t(fn() => socket_send($c, "hello", "x", 0));
p(socket_send($c, "!", 1, MSG_OOB), socket_send($c, "a", 1, MSG_EOR), socket_send($c, "b", 1, MSG_DONTROUTE));
t(fn() => socket_send($c, "x", 1, -1));
p(socket_send($c, "end", 3, MSG_EOF)); rest();
p(socket_read($s, 100));

<?php
[$c, $s] = sockets();
p(socket_set_nonblock($s), socket_read($s, 1), socket_last_error($s));
p(socket_set_block($s));
socket_write($c, "x");
p(socket_read($s, 1));
t(fn() => socket_set_block());
t(fn() => socket_set_nonblock(5));

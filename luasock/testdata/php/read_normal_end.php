<?php
[$c, $s] = sockets();
socket_write($c, "whole\n"); socket_close($c); rest();
p(socket_read($s, 100, PHP_NORMAL_READ));
t(fn() => socket_read($s, 100, PHP_NORMAL_READ));
p(socket_last_error($s));
[$d, $e] = sockets();
socket_write($d, "tail"); socket_close($d); rest();
socket_set_nonblock($e);
p(socket_read($e, 100, PHP_NORMAL_READ), socket_read($e, 100, PHP_NORMAL_READ));

<?php
[$c, $s] = sockets();
socket_write($c, "a\0b\xff\n\r\t"); rest();
p(socket_read($s, 100));
socket_write($c, "line\nmore\n"); rest();
p(socket_read($s, 100, PHP_BINARY_READ));
socket_write($c, "line\nmore\n"); rest();
p(socket_read($s, 100, 0));
socket_write($c, "line\nmore\n"); rest();
p(socket_read($s, 100, 99));
p(PHP_BINARY_READ, PHP_NORMAL_READ);

<?php
[$c, $s] = sockets();
socket_write($c, "abc\ndef\r\nghi\r"); rest();
p(socket_read($s, 100, PHP_NORMAL_READ));
p(socket_read($s, 100, PHP_NORMAL_READ));
p(socket_read($s, 100, PHP_NORMAL_READ));
p(socket_read($s, 100, PHP_NORMAL_READ));
socket_write($c, "a\0b\nab\nab\n"); rest();
p(socket_read($s, 100, PHP_NORMAL_READ));
p(socket_read($s, 2, PHP_NORMAL_READ), socket_read($s, 2, PHP_NORMAL_READ));
p(socket_read($s, 3, PHP_NORMAL_READ));

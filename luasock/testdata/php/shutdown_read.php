<?php
[$c, $s] = sockets();
p(socket_shutdown($s, 0));
p(socket_read($s, 10));
socket_write($c, "later"); rest();
p(socket_read($s, 10));

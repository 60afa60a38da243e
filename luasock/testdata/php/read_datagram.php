<?php
[$a, $b, $number] = datagrams();
socket_connect($a, "127.0.0.1", $number);
socket_write($a, "0123456789"); rest();
p(socket_read($b, 4));
socket_set_nonblock($b);
p(socket_read($b, 100));
socket_write($a, ""); rest();
p(socket_read($b, 100), socket_read($b, 100), socket_last_error($b));

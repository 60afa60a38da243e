<?php
[$c, $s] = sockets();
socket_set_nonblock($s);
p(socket_read($s, 10), socket_last_error($s), socket_last_error());
socket_set_block($s);
socket_set_option($s, SOL_SOCKET, SO_RCVTIMEO, ["sec" => 0, "usec" => 20000]);
socket_clear_error($s);
p(socket_read($s, 10), socket_last_error($s));
socket_write($c, "late"); rest();
p(socket_read($s, 10), socket_last_error($s));

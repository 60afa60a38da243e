<?php
[$a, $b, $number] = datagrams();
p(socket_connect($a, "127.0.0.1", $number));
p(socket_write($a, "one"), socket_read($b, 10));
[$x, $y, $other] = datagrams();
p(socket_connect($a, "127.0.0.1", $other));
p(socket_write($a, "two"), socket_read($y, 10));

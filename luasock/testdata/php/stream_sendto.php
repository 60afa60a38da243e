<?php
[$c, $s] = streams();
p(stream_socket_sendto($c, "hello"), stream_socket_sendto($c, "x", 0, "127.0.0.1:5")); rest();
p(fread($s, 100));
t(fn() => stream_socket_sendto($c, "x", 0, "bogus"));
t(fn() => stream_socket_sendto($c, "x", 0, "[::1"));
t(fn() => stream_socket_sendto($c, "x", 0, "nope.invalid:5"));
t(fn() => stream_socket_sendto($c));
t(fn() => stream_socket_sendto("x", "y"));

<?php
[$c, $s] = streams();
fwrite($c, "line\nrest"); rest();
p(fgets($s));
fwrite($c, "direct"); rest();
p(stream_socket_recvfrom($s, 100), fread($s, 4));
stream_socket_sendto($c, "!", STREAM_OOB); rest();
p(stream_socket_recvfrom($s, 10, STREAM_OOB));

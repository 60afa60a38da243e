<?php
$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, STREAM_IPPROTO_IP);
p($pair, fwrite($pair[0], "line\n"), fgets($pair[1]));
p(stream_socket_get_name($pair[0], true), stream_socket_get_name($pair[0], false));
t(fn() => stream_socket_pair(STREAM_PF_INET, STREAM_SOCK_STREAM, 0));
t(fn() => stream_socket_pair(999, STREAM_SOCK_STREAM, 0));
t(fn() => stream_socket_pair(STREAM_PF_UNIX, 999, 0));
t(fn() => stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM));
$two = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_DGRAM, 0);
p(fwrite($two[0], "datagram"), fread($two[1], 100));
p(socket_last_error());

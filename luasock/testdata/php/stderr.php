<?php
restore_error_handler();
$s = socket_create(AF_INET, SOCK_STREAM, 0);
socket_bind($s, "127.0.0.1");
socket_bind($s, "127.0.0.1");
@socket_bind($s, "127.0.0.1");
socket_listen($s, null);
[$c, $e] = streams();
stream_socket_shutdown($c, STREAM_SHUT_WR);
fwrite($c, "x");
p(error_get_last()["type"]);

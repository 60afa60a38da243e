<?php
// Short connections, one at a time: accept, read, echo, close.
$listener = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
socket_set_option($listener, SOL_SOCKET, SO_REUSEADDR, 1);
socket_bind($listener, "127.0.0.1", 0);
socket_listen($listener, 4096);
socket_getsockname($listener, $ip, $port);
echo "$port\n";
while (true) {
    $c = socket_accept($listener);
    $data = socket_read($c, 8192);
    if ($data) {
        socket_write($c, $data);
    }
    socket_close($c);
}

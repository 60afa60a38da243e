<?php
$l = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
socket_set_option($l, SOL_SOCKET, SO_REUSEADDR, 1);
socket_bind($l, "127.0.0.1"); socket_listen($l, 5); $number = port($l);
$clients = [];
for ($i = 0; $i < 3; $i++) {
    $c = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
    socket_connect($c, "127.0.0.1", $number);
    $s = socket_accept($l);
    socket_write($c, "hello " . $i . "\n");
    $line = socket_read($s, 1024, PHP_NORMAL_READ);
    socket_write($s, "you said: " . $line);
    p(socket_read($c, 1024));
    socket_close($s);
    p(socket_read($c, 1024));
    socket_close($c);
}
socket_close($l);

<?php
// The broadcast address of loopback: there is no route for TCP to it.
$s = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
p(socket_connect($s, "127.255.255.255", 80), socket_last_error($s), socket_last_error());
socket_clear_error($s);
p(@socket_connect($s, "127.255.255.255", 80), socket_last_error($s));
$fp = fsockopen("127.255.255.255", 80, $errno, $errstr, 5);
p($fp, $errno, $errstr);
$fp = stream_socket_client("tcp://127.255.255.255:80", $errno, $errstr, 5);
p($fp, $errno, $errstr);

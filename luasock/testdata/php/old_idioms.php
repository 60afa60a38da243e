<?php
header("Content-Type: text/plain");
set_time_limit(0);
ob_implicit_flush();
p(error_reporting(E_ALL));
$s = socket_create(AF_INET, SOCK_STREAM, SOL_TCP); $number = dead();
$result = @socket_connect($s, "127.0.0.1", $number);
if ($result === false) {
    p(socket_strerror(socket_last_error($s)));
}
p(socket_strerror(socket_last_error()), PHP_EOL);
t(fn() => header());
t(fn() => set_time_limit());
t(fn() => set_time_limit("x"));

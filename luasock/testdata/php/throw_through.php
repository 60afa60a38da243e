<?php
function thrower($level, $message) {
    thrown($message);
    return true;
}
set_error_handler("thrower");
$s = socket_create(AF_INET, SOCK_STREAM, 0);
t(fn() => socket_read($s, 10));
p(socket_last_error($s));

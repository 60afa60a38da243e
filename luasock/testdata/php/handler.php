<?php
restore_error_handler();
$s = socket_create(AF_INET, SOCK_STREAM, 0); $number = dead();
p(error_get_last());
@socket_connect($s, "127.0.0.1", $number);
p(error_get_last()["type"], error_get_last()["message"]);
p(error_clear_last(), error_get_last());
function first($level, $message) {
    out("first " . $level . " " . $message);
    return true;
}
p(set_error_handler("first"));
socket_connect($s, "127.0.0.1", $number);
p(error_get_last());
@socket_connect($s, "127.0.0.1", $number);
function second($level, $message) {
    out("second " . $level);
    return false;
}
set_error_handler("second");
@socket_connect($s, "127.0.0.1", $number);
p(error_get_last()["message"]);
error_clear_last();
p(restore_error_handler());
socket_connect($s, "127.0.0.1", $number);
set_error_handler(null);
@socket_connect($s, "127.0.0.1", $number);
p(error_get_last()["message"]);

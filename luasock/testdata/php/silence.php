<?php
$s = socket_create(AF_INET, SOCK_STREAM, 0);
restore_error_handler();
p(@socket_read($s, 10), @socket_write($s, "x"), @socket_accept($s));
p(error_get_last()["message"]);
function noisy() {
    out("called");
    return true;
}
set_error_handler("noisy");
p(@socket_read($s, 10), error_reporting());

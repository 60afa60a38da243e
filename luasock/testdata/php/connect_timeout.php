<?php
$l = socket_create(AF_INET, SOCK_STREAM, 0); socket_bind($l, "127.0.0.1"); socket_listen($l, 0); $number = port($l);
$held = [];
for ($i = 0; $i < 3; $i++) {
    $c = socket_create(AF_INET, SOCK_STREAM, 0);
    socket_set_nonblock($c);
    @socket_connect($c, "127.0.0.1", $number);
    $held[$i] = $c;
}
rest();
$a = fsockopen("127.0.0.1", $number, $e1, $m1, 0.1); p($a, $e1, $m1);
$b = stream_socket_client("tcp://127.0.0.1:" . $number, $e2, $m2, 0.1); p($b, $e2, $m2);
$s = socket_create(AF_INET, SOCK_STREAM, 0);
socket_set_option($s, SOL_SOCKET, SO_SNDTIMEO, ["sec" => 0, "usec" => 50000]);
p(socket_connect($s, "127.0.0.1", $number), socket_last_error($s));

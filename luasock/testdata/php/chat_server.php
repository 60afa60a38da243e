<?php
// A chat server with select: what one says, the others hear.
$listener = socket_create_listen(0); socket_getsockname($listener, $a, $port);
$clients = []; $people = [];
foreach (["ann", "bob", "eve"] as $name) {
    $s = socket_create(AF_INET, SOCK_STREAM, SOL_TCP); socket_connect($s, "127.0.0.1", $port);
    $people[$name] = $s;
    $clients[$name] = socket_accept($listener);
}
function turn() {
    global $clients;
    $read = $clients; $write = null; $except = null;
    $n = socket_select($read, $write, $except, 5);
    ksort($read);
    foreach ($read as $name => $s) {
        $line = socket_read($s, 1024, PHP_BINARY_READ);
        if ($line === "" || $line === false) { $line = "left\n"; socket_close($s); unset($clients[$name]); }
        foreach ($clients as $other => $to) if ($other != $name) socket_write($to, "$name: $line");
    }
    return $n;
}
socket_write($people["ann"], "hello\n");
p(turn());
p(socket_read($people["bob"], 100), socket_read($people["eve"], 100));
socket_close($people["bob"]); unset($people["bob"]);
p(turn()); p(count($clients));
p(socket_read($people["ann"], 100), socket_read($people["eve"], 100));

<?php
// Echo, one loop round socket_select.
$listener = socket_create(AF_INET, SOCK_STREAM, SOL_TCP);
socket_set_option($listener, SOL_SOCKET, SO_REUSEADDR, 1);
socket_bind($listener, "127.0.0.1", 0);
socket_listen($listener, 4096);
socket_getsockname($listener, $ip, $port);
echo "$port\n";
$clients = [];
while (true) {
    $read = $clients;
    $read[-1] = $listener;
    $write = $except = null;
    socket_select($read, $write, $except, null);
    foreach ($read as $id => $s) {
        if ($id === -1) {
            $c = socket_accept($listener);
            $clients[spl_object_id($c)] = $c;
            continue;
        }
        $n = @socket_recv($s, $data, 8192, 0);
        if (!$n) {
            unset($clients[$id]);
            socket_close($s);
            continue;
        }
        socket_send($s, $data, $n, 0);
    }
}

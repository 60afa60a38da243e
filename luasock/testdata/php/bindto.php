<?php
$l = stream_socket_server("tcp://127.0.0.1:0"); $name = stream_socket_get_name($l, false);
$context = stream_context_create(["socket" => ["bindto" => "127.0.0.2:0"]]);
$c = stream_socket_client("tcp://" . $name, $e, $m, 5, STREAM_CLIENT_CONNECT, $context);
$from = stream_socket_get_name($c, false); p(substr($from, 0, 9));
$bad = stream_context_create(["socket" => ["bindto" => "203.0.113.1:0"]]);
$d = stream_socket_client("tcp://" . $name, $e2, $m2, 5, STREAM_CLIENT_CONNECT, $bad); p($d);
$worse = stream_context_create(["socket" => ["bindto" => "nonsense"]]);
$f = stream_socket_client("tcp://" . $name, $e3, $m3, 5, STREAM_CLIENT_CONNECT, $worse); p($f);

<?php
$context = stream_context_create(["socket" => ["tcp_nodelay" => true]]);
$l = stream_socket_server("tcp://127.0.0.1:0", $e, $m, 12, $context); $name = stream_socket_get_name($l, false);
$c = stream_socket_client("tcp://" . $name, $e2, $m2, 5, 4, $context);
$s = stream_socket_accept($l);
$x = socket_import_stream($c); $y = socket_import_stream($s); $z = socket_import_stream($l);
p(socket_get_option($x, SOL_TCP, TCP_NODELAY), socket_get_option($y, SOL_TCP, TCP_NODELAY), socket_get_option($z, SOL_TCP, TCP_NODELAY), socket_get_option($z, SOL_SOCKET, SO_REUSEADDR));

<?php
p(stream_context_get_options(stream_context_get_default()));
$d = stream_context_set_default(["socket" => ["bindto" => "127.0.0.3:0"]]);
p(stream_context_get_options($d), stream_context_get_default() == $d);
t(fn() => stream_context_set_default(["socket" => 5]));
t(fn() => stream_context_set_default("x"));
$l = stream_socket_server("tcp://127.0.0.1:0"); $name = stream_socket_get_name($l, false);
$c = stream_socket_client("tcp://" . $name); $from = stream_socket_get_name($c, false); p(substr($from, 0, 9));
$f = fsockopen("tcp://" . $name); $own = stream_socket_get_name($f, false); p(substr($own, 0, 9));
p(stream_context_get_options($c));

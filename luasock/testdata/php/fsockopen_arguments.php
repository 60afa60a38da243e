<?php
t(fn() => fsockopen());
t(fn() => fsockopen([]));
t(fn() => fsockopen("127.0.0.1", "x"));
t(fn() => fsockopen("127.0.0.1", 9, $e, $m, "x"));
t(fn() => fsockopen("127.0.0.1", 9, $e, $m, []));
t(fn() => pfsockopen("127.0.0.1", "x"));
t(fn() => stream_socket_client());
t(fn() => stream_socket_client([]));
t(fn() => stream_socket_client("tcp://127.0.0.1:9", $e, $m, "x"));
t(fn() => stream_socket_client("tcp://127.0.0.1:9", $e, $m, 1, "x"));
t(fn() => stream_socket_client("tcp://127.0.0.1:9", $e, $m, 1, 4, "x"));

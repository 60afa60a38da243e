<?php
[$a, $b] = streams();
fwrite($b, "HTTP/1.0 200 OK and what else is no TLS at all"); rest();
t(fn() => stream_socket_enable_crypto($a, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
[$c, $d] = streams();
fclose($d); rest();
t(fn() => stream_socket_enable_crypto($c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
$context = stream_context_create(["ssl" => ["cafile" => "/nope.crt"]]);
$l = stream_socket_server("tcp://127.0.0.1:0"); $name = hide(stream_socket_get_name($l, false), "NAME");
$e = stream_socket_client("tcp://" . $name, $no, $text, 5, STREAM_CLIENT_CONNECT, $context);
t(fn() => stream_socket_enable_crypto($e, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
$server = stream_context_create(["ssl" => ["local_cert" => "/nope.pem"]]);
$m = stream_socket_server("tcp://127.0.0.1:0", $no, $text, 12, $server);
$f = stream_socket_client("tcp://" . stream_socket_get_name($m, false)); $g = stream_socket_accept($m);
t(fn() => stream_socket_enable_crypto($g, true, STREAM_CRYPTO_METHOD_TLS_SERVER));
$gone = dead();
$h = fsockopen("ssl://127.0.0.1", $gone, $no, $text, 5); p($h, $no, $text);
$i = fsockopen("tls://127.0.0.1", -1, $no, $text, 5); p($i, $no, $text);

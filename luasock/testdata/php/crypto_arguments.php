<?php
[$c, $s] = streams();
t(fn() => stream_socket_enable_crypto($c, true));
t(fn() => stream_socket_enable_crypto($c, false));
t(fn() => stream_socket_enable_crypto("x", true));
t(fn() => stream_socket_enable_crypto($c));
t(fn() => stream_socket_enable_crypto($c, true, "x"));
$pair = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0); $one = $pair[0];
t(fn() => stream_socket_enable_crypto($one, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
$u = stream_socket_client("udp://127.0.0.1:9");
t(fn() => stream_socket_enable_crypto($u, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
t(fn() => stream_socket_enable_crypto(STDIN, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
fclose($c);
t(fn() => stream_socket_enable_crypto($c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT));
p(STREAM_CRYPTO_METHOD_TLS_CLIENT, STREAM_CRYPTO_METHOD_TLS_SERVER, STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT, STREAM_CRYPTO_METHOD_TLSv1_3_SERVER, STREAM_CRYPTO_METHOD_ANY_CLIENT);

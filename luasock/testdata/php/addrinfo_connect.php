<?php
$l = socket_create_listen(0); $number = port($l);
$list = socket_addrinfo_lookup("127.0.0.1", strval($number), ["ai_socktype" => SOCK_STREAM]);
$c = socket_addrinfo_connect($list[0]); p($c);
$s = socket_accept($l);
p(socket_write($c, "x"), socket_read($s, 10));
t(fn() => socket_addrinfo_bind($list[0]));
$gone = dead();
$refused = socket_addrinfo_lookup("127.0.0.1", strval($gone), ["ai_socktype" => SOCK_STREAM]);
t(fn() => socket_addrinfo_connect($refused[0]));
p(socket_last_error());
$b = socket_addrinfo_bind($refused[0]); p($b);
$far = socket_addrinfo_lookup("203.0.113.1", "0", ["ai_socktype" => SOCK_STREAM]);
t(fn() => socket_addrinfo_bind($far[0]));

<?php
$list = socket_addrinfo_lookup("127.0.0.1");
p(count($list));
foreach ($list as $ai) {
    p($ai, socket_addrinfo_explain($ai));
}
$six = socket_addrinfo_lookup("::1", "80", ["ai_socktype" => SOCK_STREAM]);
p(count($six), socket_addrinfo_explain($six[0]));
$named = socket_addrinfo_lookup("127.0.0.1", "http", ["ai_family" => AF_INET, "ai_flags" => AI_CANONNAME]);
p(socket_addrinfo_explain($named[0]));
$modulo = socket_addrinfo_lookup("127.0.0.1", "70000", ["ai_socktype" => SOCK_STREAM]);
p(socket_addrinfo_explain($modulo[0]));

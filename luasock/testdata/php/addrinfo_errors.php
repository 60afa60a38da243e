<?php
t(fn() => socket_addrinfo_lookup("127.0.0.1", null, ["unknown" => 1]));
t(fn() => count(socket_addrinfo_lookup("127.0.0.1", null, [5])));
t(fn() => socket_addrinfo_lookup("127.0.0.1", "no-such-service"));
t(fn() => socket_addrinfo_lookup("127.0.0.1", null, ["ai_family" => 77]));
t(fn() => socket_addrinfo_lookup("127.0.0.1", null, ["ai_family" => AF_INET6]));
t(fn() => socket_addrinfo_lookup("127.0.0.1", null, ["ai_flags" => 99999]));
t(fn() => socket_addrinfo_lookup("no such host"));
t(fn() => socket_addrinfo_lookup("no.such.host", null, ["ai_flags" => AI_NUMERICHOST]));
t(fn() => socket_addrinfo_lookup(""));
p(socket_last_error());
t(fn() => socket_addrinfo_lookup());
t(fn() => socket_addrinfo_lookup([]));
t(fn() => socket_addrinfo_lookup("127.0.0.1", null, "x"));
t(fn() => socket_addrinfo_explain("x"));
t(fn() => socket_addrinfo_connect(STDIN));
t(fn() => socket_addrinfo_bind());

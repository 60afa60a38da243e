list = socket_addrinfo_lookup("127.0.0.1")
p(count(list))
for _, ai in ipairs(list) do
  p(ai, socket_addrinfo_explain(ai))
end
six = socket_addrinfo_lookup("::1", "80", {ai_socktype = SOCK_STREAM})
p(count(six), socket_addrinfo_explain(six[1]))
named = socket_addrinfo_lookup("127.0.0.1", "http", {ai_family = AF_INET, ai_flags = AI_CANONNAME})
p(socket_addrinfo_explain(named[1]))
modulo = socket_addrinfo_lookup("127.0.0.1", "70000", {ai_socktype = SOCK_STREAM})
p(socket_addrinfo_explain(modulo[1]))

a, b, number = table.unpack(datagrams(AF_INET6, "::1"))
p(socket_set_option(b, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), socket_set_option(b, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1), socket_set_option(b, IPPROTO_IPV6, IPV6_RECVTCLASS, 1))
p(socket_sendmsg(a, {name = {family = AF_INET6, addr = "::1", port = number}, iov = {"six"}, control = {{level = IPPROTO_IPV6, type = IPV6_TCLASS, data = 40}}}))
rest()
m = {name = {}, controllen = 200, buffer_size = 100}
n, m = socket_recvmsg(b, m)
p(n, m["iov"], m["flags"], count(m["control"]))
for _, c in ipairs(m["control"]) do
  p(c)
end
p(m["name"]["family"], m["name"]["addr"], m["name"]["flowinfo"], m["name"]["scope_id"])

package luasock

import (
	"math"
	"strings"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var addrinfoRows = []bind.Row{
	{Name: "addrinfo_lookup", Sig: "addrinfo_lookup(host [, service [, hints]])", Returns: "AddressInfo[] or error", PHP: "socket_addrinfo_lookup", Doc: "Looks up a host and a service (a port or a name) and returns a list of AddressInfos, the best first. Hints: ai_flags, ai_family, ai_socktype, ai_protocol. A failure has getaddrinfo's text and number, which is not kept as the last error.", Fn: addrinfoLookup},
	{Name: "addrinfo_connect", Sig: "addrinfo_connect(ai)", Returns: "Socket or error", PHP: "socket_addrinfo_connect", Doc: "Makes a Socket as an AddressInfo says and connects it.", Fn: addrinfoConnect},
	{Name: "addrinfo_bind", Sig: "addrinfo_bind(ai)", Returns: "Socket or error", PHP: "socket_addrinfo_bind", Doc: "Makes a Socket as an AddressInfo says and binds it.", Fn: addrinfoBind},
	{Name: "addrinfo_explain", Sig: "addrinfo_explain(ai)", Returns: "table", PHP: "socket_addrinfo_explain", Doc: "Returns what an AddressInfo says: ai_flags, ai_family, ai_socktype, ai_protocol, ai_addr (sin_addr and sin_port, or sin6_addr and sin6_port), and with AI_CANONNAME ai_canonname.", Fn: addrinfoExplain},
}

var addressInfoClass = &bind.Class{
	Name:   "AddressInfo",
	Doc:    "An address with the kind of socket that reaches it, from addrinfo_lookup.",
	String: func(v any) string { return v.(*sock.Addrinfo).String() },
}

func addrinfoLookup(c bind.Call) int {
	vm := hostOf(c)
	host, service, hints := plainArg(c, 1), serviceArg(c, 2), hintsArg(c, 3)
	found, err := vm.net.Getaddrinfo(host, service, hints)
	if err != nil {
		return c.Fail(err)
	}
	list := c.L.NewTable()
	for i := range found {
		list.Append(vm.env.New(addressInfoClass, &found[i]))
	}
	return c.Return(list)
}

// serviceArg reads a service: the name of one, or a port as text or number.
func serviceArg(c bind.Call, i int) string {
	if !c.Has(i) {
		return ""
	}
	service := plainArg(c, i)
	digits := strings.TrimPrefix(service, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return service
	}
	if _, err := addr.ParsePort(service); err != nil {
		c.Bad(i, "port must be 0 to 65535, got %s", service)
	}
	return service
}

func hintsArg(c bind.Call, i int) (hints sock.Addrinfo) {
	if !c.Has(i) {
		return hints
	}
	f := c.Fields(i)
	f.Only("ai_flags", "ai_family", "ai_socktype", "ai_protocol")
	hints.Flags = f.OptInt("ai_flags", 0, math.MinInt32, math.MaxInt32)
	hints.Family = f.OptInt("ai_family", 0, math.MinInt32, math.MaxInt32)
	hints.Type = f.OptInt("ai_socktype", 0, math.MinInt32, math.MaxInt32)
	hints.Protocol = f.OptInt("ai_protocol", 0, math.MinInt32, math.MaxInt32)
	return hints
}

func addressInfoArg(c bind.Call, i int) *sock.Addrinfo {
	return bind.Object[*sock.Addrinfo](c, i, addressInfoClass)
}

func addrinfoConnect(c bind.Call) int { return addrinfoSocket(c, (*sock.Sock).Connect) }

func addrinfoBind(c bind.Call) int { return addrinfoSocket(c, (*sock.Sock).Bind) }

// addrinfoSocket makes the socket that argument 1 describes and returns it when
// use has worked on it.
func addrinfoSocket(c bind.Call, use func(*sock.Sock, addr.Addr) error) int {
	vm, ai := hostOf(c), addressInfoArg(c, 1)
	s, err := vm.net.Socket(ai.Family, ai.Type, ai.Protocol)
	if err != nil {
		return c.Fail(err)
	}
	if err := use(s, ai.Addr); err != nil {
		s.Close()
		return c.Fail(err)
	}
	return c.Return(vm.NewSocket(s))
}

func addrinfoExplain(c bind.Call) int {
	return c.Return(AddressInfoTable(c.L, addressInfoArg(c, 1)))
}

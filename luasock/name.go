package luasock

import (
	"encoding/binary"
	"math"
	"net/netip"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var nameRows = []bind.Row{
	{Name: "gethostbyname", Sig: "gethostbyname(name)", Returns: "string", PHP: "gethostbyname", Doc: "Returns the first IPv4 address of a host; of one that is unknown, the name unchanged.", Fn: gethostbyname},
	{Name: "gethostbynamel", Sig: "gethostbynamel(name)", Returns: "string[] or error", PHP: "gethostbynamel", Doc: "Returns a list of the IPv4 addresses of a host.", Fn: gethostbynamel},
	{Name: "gethostbyaddr", Sig: "gethostbyaddr(address)", Returns: "string or error", PHP: "gethostbyaddr", Doc: "Returns the name of the host that has an IPv4 or IPv6 address; of one without a name, the address unchanged.", Fn: gethostbyaddr},
	{Name: "getprotobyname", Sig: "getprotobyname(protocol)", Returns: "integer or error", PHP: "getprotobyname", Doc: "Returns the number of a protocol: of \"icmp\" 1.", Fn: getprotobyname},
	{Name: "getprotobynumber", Sig: "getprotobynumber(number)", Returns: "string or error", PHP: "getprotobynumber", Doc: "Returns the name of a protocol: of 6 \"tcp\".", Fn: getprotobynumber},
	{Name: "getservbyname", Sig: "getservbyname(service, protocol)", Returns: "integer or error", PHP: "getservbyname", Doc: "Returns the port of a service: of \"http\" over \"tcp\" 80.", Fn: getservbyname},
	{Name: "getservbyport", Sig: "getservbyport(port, protocol)", Returns: "string or error", PHP: "getservbyport", Doc: "Returns the name of the service at a port: of 53 over \"udp\" \"domain\".", Fn: getservbyport},
	{Name: "inet_pton", Sig: "inet_pton(address)", Returns: "string or error", PHP: "inet_pton", Doc: "Returns the 4 bytes of an IPv4 or the 16 of an IPv6 address.", Fn: inetPton},
	{Name: "inet_ntop", Sig: "inet_ntop(bytes)", Returns: "string or error", PHP: "inet_ntop", Doc: "Returns the text of an address of 4 or 16 bytes.", Fn: inetNtop},
	{Name: "ip2long", Sig: "ip2long(address)", Returns: "integer or error", PHP: "ip2long", Doc: "Returns an IPv4 address as a number from 0 to 4294967295.", Fn: ip2long},
	{Name: "long2ip", Sig: "long2ip(number)", Returns: "string", PHP: "long2ip", Doc: "Returns the IPv4 address that a number is; only its lowest 32 bits count.", Fn: long2ip},
}

// plainArg reads a text that the system takes up to its first NUL.
func plainArg(c bind.Call, i int) string {
	text := c.Bytes(i)
	if strings.ContainsRune(text, 0) {
		c.Wrong(i, "without NUL bytes")
	}
	return text
}

func gethostbyname(c bind.Call) int {
	name := plainArg(c, 1)
	// An unknown name is a result here, and so no error to be kept.
	a, err := hostOf(c).net.Quiet().Resolve(unix.AF_INET, name, 0)
	if _, unknown := err.(*sock.HostError); unknown {
		return c.Text(name)
	}
	if err != nil {
		return c.Fail(err)
	}
	return c.Text(a.Host())
}

func gethostbynamel(c bind.Call) int {
	n, name := hostOf(c).net, plainArg(c, 1)
	list := c.L.NewTable()
	if _, number := addr.ParseIP(unix.AF_UNSPEC, name); number {
		a, err := n.Resolve(unix.AF_INET, name, 0)
		if err != nil {
			return c.Fail(err)
		}
		list.Append(lua.LString(a.Host()))
		return c.Return(list)
	}
	ips, err := n.Lookup(unix.AF_INET, name)
	if err != nil {
		return c.Fail(err)
	}
	for _, ip := range ips {
		list.Append(lua.LString(ip.String()))
	}
	return c.Return(list)
}

func gethostbyaddr(c bind.Call) int {
	text := plainArg(c, 1)
	ip, err := parseAddress(text)
	if err != nil {
		return c.Fail(err)
	}
	name, err := hostOf(c).net.Gethostbyaddr(ip)
	switch {
	case err != nil:
		return c.Fail(err)
	case name == "":
		return c.Text(text)
	}
	return c.Text(name)
}

// parseAddress reads an address as inet_pton(3) does: four whole decimal parts,
// or IPv6 without a zone.
func parseAddress(text string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(text)
	if err != nil || ip.Zone() != "" {
		return ip, notAddress("an IPv4 or IPv6 address", text)
	}
	return ip, nil
}

func notAddress(want, text string) error {
	return &addr.Error{What: "address", Want: want, Got: bind.Describe(lua.LString(text))}
}

// unknown is the error of a look-up in a database.
type unknown struct{ what, name string }

func (e *unknown) Error() string { return "unknown " + e.what + " " + e.name }

func getprotobyname(c bind.Call) int {
	p, ok := sock.Getprotobyname(plainArg(c, 1))
	if !ok {
		return c.Fail(&unknown{"protocol", bind.Describe(c.Arg(1))})
	}
	return c.Integer(p.Number)
}

func getprotobynumber(c bind.Call) int {
	p, ok := sock.Getprotobynumber(c.Int(1, math.MinInt32, math.MaxInt32))
	if !ok {
		return c.Fail(&unknown{"protocol", bind.Describe(c.Arg(1))})
	}
	return c.Text(p.Name)
}

func getservbyname(c bind.Call) int {
	service, protocol := plainArg(c, 1), plainArg(c, 2)
	s, ok := sock.Getservbyname(service, protocol)
	if !ok {
		return c.Fail(&unknown{"service", bind.Describe(c.Arg(1)) + " of protocol " + bind.Describe(c.Arg(2))})
	}
	return c.Integer(s.Port)
}

func getservbyport(c bind.Call) int {
	port, protocol := portArg(c, 1, true), plainArg(c, 2)
	s, ok := sock.Getservbyport(port, protocol)
	if !ok {
		return c.Fail(&unknown{"service", bind.Describe(c.Arg(1)) + " of protocol " + bind.Describe(c.Arg(2))})
	}
	return c.Text(s.Name)
}

func inetPton(c bind.Call) int {
	ip, err := parseAddress(plainArg(c, 1))
	if err != nil {
		return c.Fail(err)
	}
	return c.Text(string(ip.AsSlice()))
}

func inetNtop(c bind.Call) int {
	packed := c.Bytes(1)
	ip, ok := netip.AddrFromSlice([]byte(packed))
	if !ok {
		return c.Fail(&addr.Error{What: "address", Want: "4 or 16 bytes", Got: bind.Int(len(packed)).String()})
	}
	return c.Text(addr.Ntop(ip))
}

func ip2long(c bind.Call) int {
	text := plainArg(c, 1)
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.Is4() {
		return c.Fail(notAddress("an IPv4 address", text))
	}
	return c.Return(lua.LNumber(binary.BigEndian.Uint32(ip.AsSlice())))
}

func long2ip(c bind.Call) int {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(c.Int64(1, math.MinInt64, math.MaxInt64)))
	return c.Text(netip.AddrFrom4(b).String())
}

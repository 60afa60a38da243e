package php

import (
	"encoding/binary"
	"net/netip"
	"os"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var nameRows = []bind.Row{
	row("gethostbyname(string $hostname): string", "Gives the first IPv4 address of a host; of one that is unknown, the name unchanged.", gethostbyname),
	row("gethostbynamel(string $hostname): array|false", "Gives a list of the IPv4 addresses of a host.", gethostbynamel),
	row("gethostbyaddr(string $ip): string|false", "Gives the name of the host that has an address; of one without a name, the address unchanged.", gethostbyaddr),
	row("gethostname(): string|false", "Gives the name of this machine.", gethostname),
	row("getprotobyname(string $protocol): int|false", "Gives the number of a protocol.", getprotobyname),
	row("getprotobynumber(int $protocol): string|false", "Gives the name of a protocol.", getprotobynumber),
	row("getservbyname(string $service, string $protocol): int|false", "Gives the port of a service.", getservbyname),
	row("getservbyport(int $port, string $protocol): string|false", "Gives the name of the service at a port.", getservbyport),
	row("inet_pton(string $ip): string|false", "Gives the 4 bytes of an IPv4 or the 16 of an IPv6 address.", inetPton),
	row("inet_ntop(string $ip): string|false", "Gives the text of an address of 4 or 16 bytes.", inetNtop),
	row("ip2long(string $ip): int|false", "Gives an IPv4 address as a number.", ip2long),
	row("long2ip(int $ip): string|false", "Gives the IPv4 address that a number is; only its lowest 32 bits count.", long2ip),
}

// mostHostName is how long a host's name may be, in bytes.
const mostHostName = 255

// hostName is argument 1, the name of a host; ok is false when it is too long.
func (k call) hostName() (name string, ok bool) {
	name = k.text(1)
	if len(name) > mostHostName {
		k.warn("Host name cannot be longer than %d characters", mostHostName)
		return name, false
	}
	return cut(name), true
}

func gethostbyname(k call) int {
	name, ok := k.hostName()
	if !ok {
		return k.Text(name)
	}
	a, err := k.net().Resolve(unix.AF_INET, name, 0)
	if err != nil {
		k.raise(err)
		return k.Text(k.text(1))
	}
	return k.Text(a.Host())
}

func gethostbynamel(k call) int {
	name, ok := k.hostName()
	if !ok {
		return k.no()
	}
	list := k.L.NewTable()
	if _, number := addr.ParseIP(unix.AF_UNSPEC, name); number {
		a, err := k.net().Resolve(unix.AF_INET, name, 0)
		if err != nil {
			k.raise(err)
			return k.no()
		}
		list.Append(lua.LString(a.Host()))
		return k.Return(list)
	}
	ips, err := k.net().Lookup(unix.AF_INET, name)
	if err != nil {
		k.raise(err)
		return k.no()
	}
	for _, ip := range ips {
		list.Append(lua.LString(ip.String()))
	}
	return k.Return(list)
}

// parseIP reads an address as inet_pton(3) does.
func parseIP(text string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(cut(text))
	return ip, err == nil && ip.Zone() == ""
}

func gethostbyaddr(k call) int {
	ip, ok := parseIP(k.text(1))
	if !ok {
		k.warn("Address is not a valid IPv4 or IPv6 address")
		return k.no()
	}
	name, err := k.net().Gethostbyaddr(ip)
	if err != nil {
		k.raise(err)
	}
	if name == "" {
		name = k.text(1)
	}
	return k.Text(name)
}

func gethostname(k call) int {
	name, err := os.Hostname()
	if err != nil {
		k.warn("unable to fetch host [%d]: %s", errno(err), strerror(errno(err)))
		return k.no()
	}
	return k.Text(name)
}

func getprotobyname(k call) int {
	p, ok := sock.Getprotobyname(cut(k.text(1)))
	if !ok {
		return k.no()
	}
	return k.Integer(p.Number)
}

func getprotobynumber(k call) int {
	p, ok := sock.Getprotobynumber(k.cint(1))
	if !ok {
		return k.no()
	}
	return k.Text(p.Name)
}

func getservbyname(k call) int {
	s, ok := sock.Getservbyname(cut(k.text(1)), cut(k.text(2)))
	if !ok {
		return k.no()
	}
	return k.Integer(s.Port)
}

func getservbyport(k call) int {
	s, ok := sock.Getservbyport(k.port(1), cut(k.text(2)))
	if !ok {
		return k.no()
	}
	return k.Text(s.Name)
}

func inetPton(k call) int {
	ip, ok := parseIP(k.text(1))
	if !ok {
		return k.no()
	}
	return k.Text(string(ip.AsSlice()))
}

func inetNtop(k call) int {
	ip, ok := netip.AddrFromSlice([]byte(k.text(1)))
	if !ok {
		return k.no()
	}
	return k.Text(addr.Ntop(ip))
}

func ip2long(k call) int {
	ip, ok := parseIP(k.text(1))
	if !ok || !ip.Is4() {
		return k.no()
	}
	return k.Return(lua.LNumber(binary.BigEndian.Uint32(ip.AsSlice())))
}

func long2ip(k call) int {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(k.int(1)))
	return k.Text(netip.AddrFrom4(b).String())
}

package sock

// getaddrinfo(3) over Go's resolver.

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// EAI is an error of Getaddrinfo, with the C library's number and text of it on
// Linux. The numbers are the same on every system.
type EAI int

// The errors of getaddrinfo(3).
const (
	EAI_BADFLAGS   EAI = -1
	EAI_NONAME     EAI = -2 // there is no such name, or it must be a number and is none
	EAI_AGAIN      EAI = -3
	EAI_FAIL       EAI = -4
	EAI_NODATA     EAI = -5 // the name has no address of that family
	EAI_FAMILY     EAI = -6
	EAI_SOCKTYPE   EAI = -7
	EAI_SERVICE    EAI = -8 // there is no such service of that type
	EAI_ADDRFAMILY EAI = -9 // the host is an address of another family
	EAI_IDN_ENCODE EAI = -105
)

var eaiTexts = map[EAI]string{
	EAI_BADFLAGS:   "Bad value for ai_flags",
	EAI_NONAME:     "Name or service not known",
	EAI_AGAIN:      "Temporary failure in name resolution",
	EAI_FAIL:       "Non-recoverable failure in name resolution",
	EAI_NODATA:     "No address associated with hostname",
	EAI_FAMILY:     "ai_family not supported",
	EAI_SOCKTYPE:   "ai_socktype not supported",
	EAI_SERVICE:    "Servname not supported for ai_socktype",
	EAI_ADDRFAMILY: "Address family for hostname not supported",
	EAI_IDN_ENCODE: "Parameter string not correctly encoded",
}

// Error is gai_strerror(3).
func (e EAI) Error() string {
	if text, ok := eaiTexts[e]; ok {
		return text
	}
	return "Unknown error"
}

// The flags of Getaddrinfo, with the numbers that they have on Linux. The
// numbers are the same on every system, since no C library sees them.
const (
	AI_PASSIVE     = 0x1 // of no meaning with a host, and there is always one
	AI_CANONNAME   = 0x2
	AI_NUMERICHOST = 0x4
	AI_V4MAPPED    = 0x8
	AI_ALL         = 0x10
	AI_ADDRCONFIG  = 0x20
	AI_IDN         = 0x40
	AI_CANONIDN    = 0x80
	AI_NUMERICSERV = 0x400

	aiKnown = AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_V4MAPPED | AI_ALL |
		AI_ADDRCONFIG | AI_IDN | AI_CANONIDN | AI_NUMERICSERV
)

// Addrinfo is struct addrinfo: what to create, and what to bind or connect it
// to. As hints, its numbers are what is wanted, 0 for anything.
type Addrinfo struct {
	Flags     int
	Family    int
	Type      int
	Protocol  int
	Addr      addr.Addr
	Canonname string // of the first in a list, with AI_CANONNAME
}

// String is "addrinfo: tcp 127.0.0.1:80".
func (a *Addrinfo) String() string {
	kind := "protocol-" + strconv.Itoa(a.Protocol)
	if i := slices.IndexFunc(transports, a.wants); i >= 0 {
		kind = transports[i].name
	}
	return "addrinfo: " + kind + " " + a.Addr.String()
}

// wants tells whether hints allow a transport.
func (a *Addrinfo) wants(t transport) bool {
	return (a.Type == 0 || a.Type == t.typ) && (a.Protocol == 0 || t.raw || a.Protocol == t.protocol)
}

// transport is a socket type with its protocol. The protocol of a raw one is
// anything, and there are no services of it.
type transport struct {
	typ, protocol int
	common, raw   bool // common: given without hints
	name          string
}

// transports are those that getaddrinfo of the C library knows, in its order,
// which is that of the results.
var transports = []transport{
	{typ: unix.SOCK_STREAM, protocol: unix.IPPROTO_TCP, common: true, name: "tcp"},
	{typ: unix.SOCK_DGRAM, protocol: unix.IPPROTO_UDP, common: true, name: "udp"},
	{typ: 6, protocol: 33, name: "dccp"},
	{typ: unix.SOCK_DGRAM, protocol: 136, name: "udplite"},
	{typ: unix.SOCK_STREAM, protocol: 132, name: "sctp"},
	{typ: unix.SOCK_SEQPACKET, protocol: 132, name: "sctp"},
	{typ: unix.SOCK_RAW, common: true, raw: true, name: "raw"},
}

// Getaddrinfo is getaddrinfo(3): what to create to reach a service ("" for
// none, a port or a name) of a host, best first. Names are looked up while the
// task waits. The error is an EAI, which is not kept as the last error, or one
// of the loop's.
func (n *Net) Getaddrinfo(host, service string, hints Addrinfo) ([]Addrinfo, error) {
	if err := checkHints(service, &hints); err != nil {
		return nil, err
	}
	ways, err := waysTo(service, hints)
	if err != nil {
		return nil, err
	}
	ips, err := n.addresses(host, hints)
	if err != nil {
		return nil, err
	}
	canonname, err := n.canonname(host, hints.Flags)
	if err != nil {
		return nil, err
	}
	var list []Addrinfo
	for _, ip := range ips {
		for _, w := range ways {
			a := addr.Inet(ip, w.port)
			list = append(list, Addrinfo{hints.Flags, a.Family, w.typ, w.protocol, a, canonname})
			canonname = "" // the C library gives it once
		}
	}
	return list, nil
}

// checkHints refuses what the C library refuses, in its order, and narrows the
// family to what the machine has when AI_ADDRCONFIG asks for that.
func checkHints(service string, hints *Addrinfo) error {
	if hints.Flags&^aiKnown != 0 {
		return EAI_BADFLAGS
	}
	if hints.Flags&AI_ADDRCONFIG != 0 {
		if err := narrow(hints); err != nil {
			return err
		}
	}
	_, err := addr.ParsePort(service)
	switch {
	case hints.Flags&AI_NUMERICSERV != 0 && service != "" && err != nil:
		return EAI_NONAME
	case hints.Family != unix.AF_UNSPEC && hints.Family != unix.AF_INET && hints.Family != unix.AF_INET6:
		return EAI_FAMILY
	}
	return nil
}

// narrow takes a family off the hints of which the machine has no address but
// the loopback's. With neither, all are as good.
func narrow(hints *Addrinfo) error {
	configured, err := net.InterfaceAddrs()
	if err != nil {
		return nil // then nothing is known
	}
	var has4, has6 bool
	for _, a := range configured {
		if p, ok := a.(*net.IPNet); ok && !p.IP.IsLoopback() {
			is4 := p.IP.To4() != nil
			has4, has6 = has4 || is4, has6 || !is4
		}
	}
	switch {
	case has4 == has6:
	case hints.Family == unix.AF_INET && !has4, hints.Family == unix.AF_INET6 && !has6:
		return EAI_NONAME
	case hints.Family == unix.AF_UNSPEC && has4:
		hints.Family = unix.AF_INET
	case hints.Family == unix.AF_UNSPEC:
		hints.Family = unix.AF_INET6
	}
	return nil
}

// way is a transport at a port.
type way struct{ typ, protocol, port int }

// waysTo gives the transports over which a service is offered. With a type or a
// protocol in the hints that is the first that fits.
func waysTo(service string, hints Addrinfo) ([]way, error) {
	candidates, hinted := transports, hints.Type != 0 || hints.Protocol != 0
	if hinted {
		i := slices.IndexFunc(transports, hints.wants)
		switch {
		case i < 0 && hints.Type != 0:
			return nil, EAI_SOCKTYPE
		case i < 0 || transports[i].raw && service != "":
			return nil, EAI_SERVICE
		}
		candidates = transports[i : i+1]
	}
	var ways []way
	for _, t := range candidates {
		port, ok := t.port(service, hinted)
		if !ok {
			continue
		}
		if t.raw {
			t.protocol = hints.Protocol
		}
		ways = append(ways, way{t.typ, t.protocol, port})
	}
	if ways == nil {
		return nil, EAI_SERVICE
	}
	return ways, nil
}

// port finds the port of a service over t. A number is offered over everything
// that is common or asked for, a name over what the database says.
func (t transport) port(service string, hinted bool) (int, bool) {
	if service == "" {
		return 0, t.common || hinted
	}
	if port, err := addr.ParsePort(service); err == nil {
		return port, t.common || hinted
	}
	s, ok := Getservbyname(service, t.name)
	return s.Port, ok && !t.raw
}

// addresses finds the addresses of a host as the hints want them.
func (n *Net) addresses(host string, hints Addrinfo) ([]netip.Addr, error) {
	if ip, ok := numericHost(host); ok {
		return numericAddress(ip, hints)
	}
	switch {
	case host == "" || hints.Flags&AI_NUMERICHOST != 0:
		return nil, EAI_NONAME
	case hints.Flags&AI_IDN != 0 && strings.ContainsFunc(host, func(r rune) bool { return r > 127 }):
		return nil, EAI_IDN_ENCODE // as the C library says without libidn2
	}
	ips, err := n.Quiet().Lookup(hints.Family, host)
	if !hints.mapped() || err == nil && hints.Flags&AI_ALL == 0 || err != nil && !isUnknown(err) {
		return ips, eai(err)
	}
	v4, err4 := n.Quiet().Lookup(unix.AF_INET, host)
	for _, ip := range v4 {
		ips = append(ips, netip.AddrFrom16(ip.As16()))
	}
	if isUnknown(err4) {
		return ips, eai(err) // what IPv6 has, or how it failed
	}
	return ips, err4
}

// mapped tells whether IPv4 addresses are wanted as IPv6.
func (a *Addrinfo) mapped() bool {
	return a.Family == unix.AF_INET6 && a.Flags&AI_V4MAPPED != 0
}

func isUnknown(err error) bool {
	_, unknown := err.(*HostError)
	return unknown
}

// eai turns a failed look-up into getaddrinfo's error; the loop's pass.
func eai(err error) error {
	var unknown *HostError
	if !errors.As(err, &unknown) {
		return err
	}
	switch unknown.Code {
	case HostNotFound:
		return EAI_NONAME
	case TryAgain:
		return EAI_AGAIN
	case NoAddress:
		return EAI_NODATA
	}
	return EAI_FAIL
}

// numericHost reads a host that is a number for getaddrinfo: unlike
// gethostbyname it takes hexadecimal parts in IPv4.
func numericHost(host string) (netip.Addr, bool) {
	parts := strings.Split(host, ".")
	for i, part := range parts {
		digits, hex := strings.CutPrefix(strings.ToLower(part), "0x")
		if v, err := strconv.ParseUint(digits, 16, 32); hex && err == nil {
			parts[i] = strconv.FormatUint(v, 10)
		}
	}
	return addr.ParseIP(unix.AF_UNSPEC, strings.Join(parts, "."))
}

// numericAddress gives an address in the family that is wanted.
func numericAddress(ip netip.Addr, hints Addrinfo) ([]netip.Addr, error) {
	switch {
	case !zoneExists(ip):
		return nil, EAI_NONAME
	case ip.Is4In6() && hints.Family == unix.AF_INET:
		ip = ip.Unmap()
	case ip.Is4() && hints.mapped():
		ip = netip.AddrFrom16(ip.As16())
	case ip.Is4() && hints.Family == unix.AF_INET6, ip.Is6() && hints.Family == unix.AF_INET:
		return nil, EAI_ADDRFAMILY
	}
	return []netip.Addr{ip}, nil
}

// zoneExists tells whether the zone of an address is none, the number of an
// interface, or, where addresses are of one link, the name of one.
func zoneExists(ip netip.Addr) bool {
	_, name := addr.Addr{IP: ip}.ScopeID()
	if name == "" {
		return true
	}
	if !ip.IsLinkLocalUnicast() && !ip.IsLinkLocalMulticast() {
		return false
	}
	_, err := net.InterfaceByName(name)
	return err == nil
}

// canonname finds the canonical name of a host if the flags ask for it: of a
// number that is the number as it was given.
func (n *Net) canonname(host string, flags int) (string, error) {
	if flags&AI_CANONNAME == 0 {
		return "", nil
	}
	if _, ok := numericHost(host); ok {
		return host, nil
	}
	name, err := resolve(n, host, n.resolver.LookupCNAME)
	if name == "" {
		return host, err
	}
	return strings.TrimSuffix(name, "."), err
}

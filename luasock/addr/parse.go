package addr

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// ParseIP reads a numeric IP address of a family: unix.AF_INET, AF_INET6, or
// AF_UNSPEC (0) for either. It reports false for all else, names included; of
// any other family there is none.
//
// IPv4 is what gethostbyname(3), and so PHP, takes for numbers: digits and
// dots. "127.1" is 127.0.0.1, "1" is 0.0.0.1, a leading 0 makes a part octal;
// no hex. IPv6 is as inet_pton(3) has it, with an optional "%zone" (the name
// of an interface or its index, which need not exist) and without brackets.
func ParseIP(family int, text string) (netip.Addr, bool) {
	switch family {
	case unix.AF_INET:
		return parseIPv4(text)
	case unix.AF_INET6:
		return parseIPv6(text)
	case unix.AF_UNSPEC:
		if ip, ok := parseIPv4(text); ok {
			return ip, true
		}
		return parseIPv6(text)
	}
	return netip.Addr{}, false
}

// parseIPv4 reads one to four parts as inet_aton(3) does: each is a byte, and
// the last fills what is left of the 32 bits.
func parseIPv4(text string) (netip.Addr, bool) {
	var ip uint64
	for bits := 32; ; {
		part, rest, more := strings.Cut(text, ".")
		n, ok := parsePart(part)
		switch {
		case !ok || n>>bits != 0:
			return netip.Addr{}, false
		case !more:
			return ipv4(uint32(ip | n)), true
		case n > 255 || bits == 8:
			return netip.Addr{}, false
		}
		bits -= 8
		ip |= n << bits
		text = rest
	}
}

func ipv4(n uint32) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	return netip.AddrFrom4(b)
}

// parsePart reads one part of a dotted IPv4 address, octal or decimal.
func parsePart(part string) (uint64, bool) {
	base := 10
	if strings.HasPrefix(part, "0") && part != "0" {
		base = 8
	}
	n, err := strconv.ParseUint(part, base, 32)
	return n, err == nil
}

func parseIPv6(text string) (netip.Addr, bool) {
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.Is6() {
		return netip.Addr{}, false
	}
	// No interface can have these in its name (Linux: dev_valid_name).
	if strings.ContainsAny(ip.Zone(), "\x00\t\n\v\f\r /") {
		return netip.Addr{}, false
	}
	return ip, true
}

// ParseHostPort splits "host:port", "[host]:port" (any host may stand in
// brackets, IPv6 must), "host", "[host]" or a bare IPv6 address; in the last
// three port is "". Neither part is looked at any further: host may be "" or
// any name, port any text without a colon.
//
// It returns an *[Error] for an unclosed or stray bracket, text after a
// bracket, empty brackets, a colon without a port, several colons that are no
// IPv6 address, and a NUL.
//
// Source: PHP's parse_ip_address_ex, which fails without a port and takes a
// bare IPv6 address for an empty host.
func ParseHostPort(text string) (host, port string, err error) {
	if strings.Contains(text, "\x00") {
		return "", "", &Error{"address", "without NUL bytes", quote(text)}
	}
	inside, bracket := strings.CutPrefix(text, "[")
	_, ok := parseIPv6(text)
	switch {
	case ok:
		host = text
	case bracket:
		host, port, ok = cutBracket(inside)
	default:
		host, port, ok = cutPort(text)
	}
	if !ok || strings.ContainsAny(host, "[]") || strings.ContainsAny(port, "[]:") {
		return "", "", &Error{"address", "host:port, [host]:port or host", quote(text)}
	}
	return host, port, nil
}

// cutBracket splits "host]" and "host]:port".
func cutBracket(text string) (host, port string, ok bool) {
	host, rest, closed := strings.Cut(text, "]")
	empty, port, ok := cutPort(rest)
	return host, port, ok && closed && host != "" && empty == ""
}

// cutPort splits "host" and "host:port". A colon must have a port behind it.
func cutPort(text string) (host, port string, ok bool) {
	host, port, colon := strings.Cut(text, ":")
	return host, port, !colon || port != ""
}

// ParsePort reads a port in decimal, 0 to 65535, without sign or space. It
// returns an *[Error] for all else; names of services are the caller's.
func ParsePort(text string) (int, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0, &Error{"port", "0 to 65535", quote(text)}
	}
	return int(port), nil
}

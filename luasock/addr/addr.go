// Package addr turns text, ports and families into socket addresses and back,
// and socket addresses into the bytes of the kernel's struct sockaddr and back.
//
// It is pure: it makes no system call, resolves no name and keeps no state, so
// any goroutine may call any of it. What needs the system stays with the
// caller: looking up a host's name, and translating the name of an interface
// into its index (see [Addr.ScopeID]).
package addr

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// maxPath is the longest AF_UNIX path in bytes, so that its NUL fits too:
	// 107 on Linux, 103 on macOS and the BSDs.
	maxPath = len(unix.RawSockaddrUnix{}.Path) - 1

	// maxAbstract is the longest abstract name in bytes, with its leading NUL.
	maxAbstract = len(unix.RawSockaddrUnix{}.Path)
)

// Addr is a socket address: IPv4, IPv6 or AF_UNIX. The zero Addr is "no
// address". Addrs compare with ==. They own all they hold.
//
// An invalid IP stands for the family's unspecified address, 0.0.0.0 or ::.
type Addr struct {
	Family int        // unix.AF_INET, AF_INET6, AF_UNIX; 0 for none; of any other family only the number is kept
	IP     netip.Addr // with a zone for link-local IPv6: an interface's name or its decimal index
	Port   int        // 0 to 65535, in host order
	Flow   uint32     // IPv6 flow information, in host order
	Path   string     // AF_UNIX path; abstract names (Linux) start with a NUL and may hold more; "" is unnamed
}

// Inet returns the address of a port (0 to 65535) at ip, in ip's own family:
// IPv4-mapped IPv6 is AF_INET6. An invalid ip gives the zero Addr.
func Inet(ip netip.Addr, port int) Addr {
	switch {
	case ip.Is4():
		return Addr{Family: unix.AF_INET, IP: ip, Port: port}
	case ip.Is6():
		return Addr{Family: unix.AF_INET6, IP: ip, Port: port}
	}
	return Addr{}
}

// Unix returns the AF_UNIX address of a path, of an abstract name (which
// starts with a NUL; on Linux) or, for "", the unnamed one. An *[Error] says
// that path is too long for the kernel or holds a NUL that would cut it.
//
// Source: unix(7). PHP cuts at the first NUL; we refuse.
func Unix(path string) (Addr, error) {
	switch {
	case isAbstract(path):
		if len(path) > maxAbstract {
			return Addr{}, tooLong("abstract name", maxAbstract, len(path))
		}
	case strings.Contains(path, "\x00"):
		return Addr{}, &Error{"path", "without NUL bytes", quote(path)}
	case len(path) > maxPath:
		return Addr{}, tooLong("path", maxPath, len(path))
	}
	return Addr{Family: unix.AF_UNIX, Path: path}, nil
}

// IsZero reports whether a is "no address". An unnamed AF_UNIX address is one.
func (a Addr) IsZero() bool { return a == Addr{} }

// String returns a for people: "127.0.0.1:80", "[fe80::1%lo]:80", an AF_UNIX
// path as it is, an abstract name as "@name" with what does not print escaped,
// "" for unnamed and for no address, and "family 16" for a family not ours.
func (a Addr) String() string {
	switch a.Family {
	case unix.AF_UNSPEC:
		return ""
	case unix.AF_INET, unix.AF_INET6:
		return netip.AddrPortFrom(a.ip(), uint16(a.Port)).String()
	case unix.AF_UNIX:
		if name, abstract := strings.CutPrefix(a.Path, "\x00"); abstract {
			return "@" + escape(name)
		}
		return a.Path
	}
	return fmt.Sprintf("family %d", a.Family)
}

// Host returns the address without its port: the IP's text with its zone, the
// bytes of Path as they are (an abstract name with its NUL), or "".
func (a Addr) Host() string {
	switch a.Family {
	case unix.AF_INET, unix.AF_INET6:
		return a.ip().String()
	case unix.AF_UNIX:
		return a.Path
	}
	return ""
}

// Ntop returns the address of an IP without its port and zone, as inet_ntop(3)
// writes it; of any other family "".
func (a Addr) Ntop() string {
	if a.Family != unix.AF_INET && a.Family != unix.AF_INET6 {
		return ""
	}
	return Ntop(a.ip())
}

// Ntop writes an IP as inet_ntop(3) does: without a zone, and an
// IPv4-compatible one, whose first 96 bits are 0, in the dotted way, unless
// only its last 16 bits are set.
func Ntop(ip netip.Addr) string {
	ip = ip.WithZone("")
	if b := ip.As16(); ip.Is6() && [12]byte(b[:12]) == [12]byte{} && (b[12] != 0 || b[13] != 0) {
		return "::" + netip.AddrFrom4([4]byte(b[12:])).String()
	}
	return ip.String()
}

// ScopeID returns the zone of an IPv6 address: its number when it is a decimal
// interface index, else 0 and its name (a number beyond 32 bits counts as a
// name). Without a zone both are zero.
//
// Only the system knows which index a name has, so the caller translates:
// a name into an index, with [netip.Addr.WithZone], before [Addr.AppendRaw] or
// [Addr.Sockaddr], which write 0 for a name; and, where people shall read
// names, the index that [FromRaw] and [FromSockaddr] store as the zone.
func (a Addr) ScopeID() (id uint32, name string) {
	zone := a.IP.Zone()
	// Asked first because ParseUint allocates its errors.
	if zone == "" || strings.TrimLeft(zone, "0123456789") != "" {
		return 0, zone
	}
	n, err := strconv.ParseUint(zone, 10, 32)
	if err != nil {
		return 0, zone
	}
	return uint32(n), ""
}

// ip returns a's IP, or its family's unspecified address.
func (a Addr) ip() netip.Addr {
	switch {
	case a.IP.IsValid():
		return a.IP
	case a.Family == unix.AF_INET6:
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// isAbstract reports whether path names something outside the file system.
func isAbstract(path string) bool {
	return abstractNames && strings.HasPrefix(path, "\x00")
}

package addr

import (
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// Sockaddr returns a for the functions of x/sys/unix, or nil for the zero Addr
// and for families that are not ours. It is the caller's own.
//
// Prefer [Addr.AppendRaw] where the system lets you: unix.Sockaddr has no
// place for Flow and, on Linux, none for an abstract name of 108 bytes. A zone
// that is a name becomes scope 0, see [Addr.ScopeID]; IP and Family go
// together as in AppendRaw.
func (a Addr) Sockaddr() unix.Sockaddr {
	switch a.Family {
	case unix.AF_INET:
		return &unix.SockaddrInet4{Port: a.Port, Addr: a.ip().As4()}
	case unix.AF_INET6:
		scope, _ := a.ScopeID()
		return &unix.SockaddrInet6{Port: a.Port, Addr: a.ip().As16(), ZoneId: scope}
	case unix.AF_UNIX:
		return &unix.SockaddrUnix{Name: sockaddrName(a.Path)}
	}
	return nil
}

// FromSockaddr returns what x/sys/unix gave as an Addr: the zero Addr for nil
// and for types that are not ours (they do not tell their family). A ZoneId
// becomes the zone in decimal.
//
// On Linux x/sys cuts an abstract name at its second NUL, tells no unnamed
// address from an empty abstract name (we take both for unnamed), and writes
// the leading NUL as '@', so that a path which starts with '@' comes back as an
// abstract name. [FromRaw] has none of these faults.
func FromSockaddr(sa unix.Sockaddr) Addr {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return Inet(netip.AddrFrom4(sa.Addr), sa.Port)
	case *unix.SockaddrInet6:
		return Inet(withScope(netip.AddrFrom16(sa.Addr), sa.ZoneId), sa.Port)
	case *unix.SockaddrUnix:
		return Addr{Family: unix.AF_UNIX, Path: pathOf(sa.Name)}
	}
	return Addr{}
}

// sockaddrName writes a path as x/sys/unix wants it.
func sockaddrName(path string) string {
	switch {
	case isAbstract(path):
		return "@" + path[1:]
	case abstractNames && strings.HasPrefix(path, "@"):
		return "./" + path // the same file, and not taken for an abstract name
	}
	return path
}

// pathOf reads a path as x/sys/unix writes it.
func pathOf(name string) string {
	switch {
	case !abstractNames || !strings.HasPrefix(name, "@"):
		return name
	case name == "@":
		return ""
	}
	return "\x00" + name[1:]
}

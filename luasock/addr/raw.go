package addr

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// MaxRaw is the size of struct sockaddr_storage in bytes: a buffer of this
// size takes any address that the kernel gives.
const MaxRaw = 128

// headSize is what stands before the address itself, in bytes: the family, and
// its length where the system has that.
const headSize = 2

// AppendRaw appends a as the kernel's struct sockaddr to b and returns the
// longer slice; all that it appended is the length for the kernel. It does not
// allocate when b has room for MaxRaw bytes.
//
// The zero Addr appends nothing, an unnamed AF_UNIX address and a family that
// is not ours the family alone. A path ends with a NUL, which counts; an
// abstract name has none. A zone that is a name is written as scope 0, see
// [Addr.ScopeID]. An IPv4 IP in AF_INET6 is written IPv4-mapped; an IPv6 IP in
// AF_INET panics unless it is IPv4-mapped.
func (a Addr) AppendRaw(b []byte) []byte {
	switch a.Family {
	case unix.AF_UNSPEC:
		return b
	case unix.AF_INET:
		return a.appendInet4(b)
	case unix.AF_INET6:
		return a.appendInet6(b)
	case unix.AF_UNIX:
		return a.appendUnix(b)
	}
	return appendHead(b, a.Family, headSize)
}

// FromRaw reads the kernel's struct sockaddr. len(raw) is the length that the
// kernel gave, but at most the buffer's. The Addr does not keep raw.
//
// Less than a family gives the zero Addr, as the kernel gives for the sender
// of TCP data; an AF_UNIX address without a path is unnamed. An *[Error] says
// that an IPv4 or IPv6 address is truncated. IPv4-mapped IPv6 stays IPv6. The
// scope of an IPv6 address becomes its zone in decimal, see [Addr.ScopeID].
// FromRaw does not allocate for IPv4.
func FromRaw(raw []byte) (Addr, error) {
	if len(raw) < headSize {
		return Addr{}, nil
	}
	switch family := rawFamily(raw); family {
	case unix.AF_INET:
		return fromInet4(raw)
	case unix.AF_INET6:
		return fromInet6(raw)
	case unix.AF_UNIX:
		return Addr{Family: unix.AF_UNIX, Path: rawPath(raw[headSize:])}, nil
	default:
		return Addr{Family: family}, nil
	}
}

// appendInet4 writes a struct sockaddr_in: port, address, eight zero bytes.
func (a Addr) appendInet4(b []byte) []byte {
	ip := a.ip().As4()
	b = appendHead(b, unix.AF_INET, unix.SizeofSockaddrInet4)
	b = binary.BigEndian.AppendUint16(b, uint16(a.Port))
	b = append(b, ip[:]...)
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0)
}

// appendInet6 writes a struct sockaddr_in6: port, flow, address, scope. All
// but the scope are in network order (RFC 3493, 3.3).
func (a Addr) appendInet6(b []byte) []byte {
	ip := a.ip().As16()
	scope, _ := a.ScopeID()
	b = appendHead(b, unix.AF_INET6, unix.SizeofSockaddrInet6)
	b = binary.BigEndian.AppendUint16(b, uint16(a.Port))
	b = binary.BigEndian.AppendUint32(b, a.Flow)
	b = append(b, ip[:]...)
	return binary.NativeEndian.AppendUint32(b, scope)
}

// appendUnix writes a struct sockaddr_un up to the end of its name (unix(7)).
func (a Addr) appendUnix(b []byte) []byte {
	size := headSize + len(a.Path)
	// Linux gives a path of 108 bytes, and takes it back without a NUL only.
	terminated := a.Path != "" && !isAbstract(a.Path) && len(a.Path) <= maxPath
	if terminated {
		size++
	}
	b = appendHead(b, unix.AF_UNIX, size)
	b = append(b, a.Path...)
	if terminated {
		b = append(b, 0)
	}
	return b
}

func fromInet4(raw []byte) (Addr, error) {
	if len(raw) < unix.SizeofSockaddrInet4 {
		return Addr{}, tooShort("IPv4 socket address", unix.SizeofSockaddrInet4, len(raw))
	}
	return Addr{
		Family: unix.AF_INET,
		Port:   int(binary.BigEndian.Uint16(raw[2:])),
		IP:     netip.AddrFrom4([4]byte(raw[4:8])),
	}, nil
}

func fromInet6(raw []byte) (Addr, error) {
	if len(raw) < unix.SizeofSockaddrInet6 {
		return Addr{}, tooShort("IPv6 socket address", unix.SizeofSockaddrInet6, len(raw))
	}
	return Addr{
		Family: unix.AF_INET6,
		Port:   int(binary.BigEndian.Uint16(raw[2:])),
		Flow:   binary.BigEndian.Uint32(raw[4:]),
		IP:     withScope(netip.AddrFrom16([16]byte(raw[8:24])), binary.NativeEndian.Uint32(raw[24:])),
	}, nil
}

// withScope gives ip a scope as its zone in decimal. Scope 0 is none.
func withScope(ip netip.Addr, scope uint32) netip.Addr {
	if scope == 0 {
		return ip
	}
	return ip.WithZone(strconv.FormatUint(uint64(scope), 10))
}

// rawPath reads an AF_UNIX name: an abstract one is all of path, NULs
// included; any other ends before the first NUL, or with path.
func rawPath(path []byte) string {
	if abstractNames && len(path) > 0 && path[0] == 0 {
		return string(path)
	}
	path, _, _ = bytes.Cut(path, []byte{0})
	return string(path)
}

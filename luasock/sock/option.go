package sock

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// Getsockopt wraps getsockopt(2) for an option that is an int, or shorter.
// SO_ERROR also tells how a connect under way has ended.
func (s *Sock) Getsockopt(level, name int) (value int, err error) {
	err = s.getting(level, name, func() (e error) {
		value, e = unix.GetsockoptInt(s.n, level, name)
		return e
	})
	if err == nil && level == unix.SOL_SOCKET && name == unix.SO_ERROR {
		s.settle(value)
	}
	return value, err
}

// settle notes how a connect has ended that nobody waited for.
func (s *Sock) settle(errno int) {
	if s.state != Connecting {
		return
	}
	if errno != 0 {
		s.state = Fresh
	} else if _, errno := sysGetpeername(s.n); errno == 0 {
		s.state = Connected
	}
}

// Setsockopt wraps setsockopt(2) for an option that is an int.
func (s *Sock) Setsockopt(level, name, value int) error {
	return s.setting(level, name, func() error { return unix.SetsockoptInt(s.n, level, name, value) })
}

// SetsockoptByte is Setsockopt for an option that is a byte: IP_MULTICAST_TTL
// and IP_MULTICAST_LOOP, which the BSDs take in no other size.
func (s *Sock) SetsockoptByte(level, name int, value byte) error {
	return s.setting(level, name, func() error { return unix.SetsockoptByte(s.n, level, name, value) })
}

// GetsockoptString is Getsockopt for an option that is a text:
// SO_BINDTODEVICE, TCP_CONGESTION.
func (s *Sock) GetsockoptString(level, name int) (value string, err error) {
	err = s.getting(level, name, func() (e error) {
		value, e = unix.GetsockoptString(s.n, level, name)
		return e
	})
	return value, err
}

// SetsockoptString is Setsockopt for an option that is a text or, as its bytes,
// any struct.
func (s *Sock) SetsockoptString(level, name int, value string) error {
	return s.setting(level, name, func() error { return unix.SetsockoptString(s.n, level, name, value) })
}

// Linger reads SO_LINGER: whether Close waits, and for how many seconds.
func (s *Sock) Linger() (l unix.Linger, err error) {
	err = s.getting(unix.SOL_SOCKET, unix.SO_LINGER, func() error {
		p, e := unix.GetsockoptLinger(s.n, unix.SOL_SOCKET, unix.SO_LINGER)
		if e == nil {
			l = *p
		}
		return e
	})
	return l, err
}

// SetLinger sets SO_LINGER. With Onoff and 0 seconds Close sends RST.
func (s *Sock) SetLinger(l unix.Linger) error {
	err := s.setting(unix.SOL_SOCKET, unix.SO_LINGER, func() error {
		return unix.SetsockoptLinger(s.n, unix.SOL_SOCKET, unix.SO_LINGER, &l)
	})
	if err == nil {
		s.linger = lingers(&l)
	}
	return err
}

// lingers tells whether close(2) may block.
func lingers(l *unix.Linger) bool { return l.Onoff != 0 && l.Linger != 0 }

// Timeout reads SO_RCVTIMEO or SO_SNDTIMEO as the kernel has rounded it; zero
// is without end.
func (s *Sock) Timeout(name int) (tv unix.Timeval, err error) {
	err = s.getting(unix.SOL_SOCKET, name, func() error {
		p, e := unix.GetsockoptTimeval(s.n, unix.SOL_SOCKET, name)
		if e == nil {
			tv = *p
		}
		return e
	})
	return tv, err
}

// SetTimeout sets SO_RCVTIMEO or SO_SNDTIMEO: how long a call waits before it
// fails with EAGAIN. Zero is without end; a negative number of seconds ends
// every wait at once, and reads as zero. Microseconds that are not 0 to 999999
// are EDOM.
func (s *Sock) SetTimeout(name int, sec, usec int64) error {
	var tv unix.Timeval
	assign(&tv.Sec, sec)
	assign(&tv.Usec, usec)
	err := s.setting(unix.SOL_SOCKET, name, func() error {
		return unix.SetsockoptTimeval(s.n, unix.SOL_SOCKET, name, &tv)
	})
	if err != nil {
		return err
	}
	timeo := s.kernelTimeout(name)
	if sec < 0 {
		timeo = time.Nanosecond
	}
	if name == unix.SO_RCVTIMEO {
		s.rtimeo = timeo
	} else {
		s.wtimeo = timeo
	}
	return nil
}

// assign sets a field of a struct whose size depends on the system.
func assign[T ~int32 | ~int64](field *T, v int64) { *field = T(v) }

// kernelTimeout is the option as a Duration; what a Duration does not hold is
// without end, which is 0.
func (o *open) kernelTimeout(name int) time.Duration {
	tv, err := unix.GetsockoptTimeval(o.n, unix.SOL_SOCKET, name)
	const most = int64((1<<63 - 1) / time.Second)
	if err != nil || int64(tv.Sec) >= most {
		return 0
	}
	return time.Duration(tv.Nano())
}

// recallOptions reads from the kernel what an adopted socket has of the options
// that decide how long calls wait.
func (o *open) recallOptions() {
	if l, err := unix.GetsockoptLinger(o.n, unix.SOL_SOCKET, unix.SO_LINGER); err == nil {
		o.linger = lingers(l)
	}
	o.rtimeo = o.kernelTimeout(unix.SO_RCVTIMEO)
	o.wtimeo = o.kernelTimeout(unix.SO_SNDTIMEO)
}

// InterfaceIndex is the index of the interface with a name; ENODEV when there
// is none.
func InterfaceIndex(name string) (int, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return 0, unix.ENODEV
	}
	return i.Index, nil
}

// MulticastIf reads IP_MULTICAST_IF: the index of the interface by which IPv4
// multicast leaves, 0 when the kernel chooses.
func (s *Sock) MulticastIf() (index int, err error) {
	err = s.getting(unix.IPPROTO_IP, unix.IP_MULTICAST_IF, func() error {
		ip, e := unix.GetsockoptInet4Addr(s.n, unix.IPPROTO_IP, unix.IP_MULTICAST_IF)
		if e == nil && ip != [4]byte{} {
			index, e = interfaceOf(netip.AddrFrom4(ip))
		}
		return e
	})
	return index, err
}

// interfaceOf finds the interface that has an IPv4 address.
func interfaceOf(ip netip.Addr) (int, error) {
	all, _ := net.Interfaces()
	for _, i := range all {
		if first, err := inet4Of(&i); err == nil && first == ip {
			return i.Index, nil
		}
	}
	return 0, unix.EADDRNOTAVAIL
}

// inet4Of is the first IPv4 address of an interface.
func inet4Of(i *net.Interface) (netip.Addr, error) {
	list, _ := i.Addrs()
	for _, a := range list {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			return p.Addr(), nil
		}
	}
	return netip.Addr{}, unix.EADDRNOTAVAIL
}

// SetMulticastIf sets IP_MULTICAST_IF by an interface's index; 0 lets the
// kernel choose. It is ENODEV when there is no such interface, EADDRNOTAVAIL
// when it has no IPv4 address, by which the kernel is told of it.
func (s *Sock) SetMulticastIf(index int) error {
	return s.setting(unix.IPPROTO_IP, unix.IP_MULTICAST_IF, func() error {
		ip := netip.IPv4Unspecified()
		if index != 0 {
			i, err := net.InterfaceByIndex(index)
			if err != nil {
				return unix.ENODEV
			}
			if ip, err = inet4Of(i); err != nil {
				return err
			}
		}
		return unix.SetsockoptInet4Addr(s.n, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, ip.As4())
	})
}

// Membership is what the MCAST_ options take (RFC 3678, 5).
type Membership struct {
	Interface int // its index; 0 lets the kernel choose
	Group     addr.Addr
	Source    addr.Addr // of MCAST_JOIN_SOURCE_GROUP and the like; else zero
}

// SetMembership joins or leaves a multicast group, or blocks or lets in a
// source of it: name is MCAST_JOIN_GROUP and so on, level IPPROTO_IP or
// IPPROTO_IPV6.
func (s *Sock) SetMembership(level, name int, m Membership) error {
	raw := binary.NativeEndian.AppendUint32(nil, uint32(m.Interface))
	raw = append(raw, make([]byte, groupAlign()-len(raw))...)
	raw = appendStorage(raw, m.Group)
	if !m.Source.IsZero() {
		raw = appendStorage(raw, m.Source)
	}
	return s.SetsockoptString(level, name, string(raw))
}

// appendStorage appends an address as a struct sockaddr_storage.
func appendStorage(b []byte, a addr.Addr) []byte {
	end := len(b) + addr.MaxRaw
	b = scoped(a).AppendRaw(b)
	return append(b, make([]byte, end-len(b))...)
}

// SetPktinfo sets IPV6_PKTINFO: the source address and the interface, by its
// index, of what is sent from now on (RFC 3542, 6.7).
func (s *Sock) SetPktinfo(ip netip.Addr, index int) error {
	return s.SetsockoptString(unix.IPPROTO_IPV6, unix.IPV6_PKTINFO, string(Pktinfo6(ip, index)))
}

// Pktinfo6 is a struct in6_pktinfo.
func Pktinfo6(ip netip.Addr, index int) []byte {
	p := unix.Inet6Pktinfo{Addr: ip.As16(), Ifindex: uint32(index)}
	return unsafe.Slice((*byte)(unsafe.Pointer(&p)), unix.SizeofInet6Pktinfo)
}

// getting reads an option: it takes note of the error and tells the observer.
func (s *Sock) getting(level, name int, get func() error) error {
	return s.option("getsockopt", "get_option", Option{level, name}, get)
}

func (s *Sock) setting(level, name int, set func() error) error {
	return s.option("setsockopt", "set_option", Option{level, name}, set)
}

func (s *Sock) option(call, op string, o Option, do func() error) error {
	if s.closed {
		return ErrClosed
	}
	err := s.Note(call, do())
	if s.net.Observe != nil {
		s.net.Observe(Event{Time: time.Now(), ID: s.id, FD: s.n, Op: op, Option: o, Err: err, of: s.open})
	}
	return err
}

// Note keeps an error of the system that a call met on its way as the socket's
// last, and returns it wrapped; nil stays nil.
func (s *Sock) Note(call string, err error) error {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return s.fail(call, errno)
	}
	return err
}

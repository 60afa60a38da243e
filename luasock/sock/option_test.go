package sock

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// The socket's own time-outs follow the kernel's.
func TestTimeoutIsTheKernels(t *testing.T) {
	tests := []struct {
		name      string
		sec, usec int64
		want      time.Duration // of the wait, as far as the tick allows
		err       error
	}{
		{"whole seconds", 2, 0, 2 * time.Second, nil},
		{"a tick's fraction is rounded up", 0, 999_999, time.Second, nil},
		{"none", 0, 0, 0, nil},
		{"a negative one ends at once", -1, 0, time.Nanosecond, nil},
		{"too many microseconds", 0, 1_000_000, time.Minute, syscallError("setsockopt", unix.EDOM)},
		{"negative microseconds", 0, -1, time.Minute, syscallError("setsockopt", unix.EDOM)},
		{"more than a Duration holds", 20_000_000_000, 0, 0, nil},
	}
	n := newNet(t)
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s.rtimeo, s.wtimeo = time.Minute, time.Minute
			check(t, "SO_RCVTIMEO", s.SetTimeout(unix.SO_RCVTIMEO, test.sec, test.usec), test.err)
			check(t, "SO_SNDTIMEO", s.SetTimeout(unix.SO_SNDTIMEO, test.sec, test.usec), test.err)
			check(t, "rtimeo", s.rtimeo, test.want)
			check(t, "wtimeo", s.wtimeo, test.want)
		})
	}
}

func TestLingerFollows(t *testing.T) {
	n := newNet(t)
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	for _, test := range []struct {
		set  unix.Linger
		want bool
	}{
		{unix.Linger{Onoff: 1, Linger: 3}, true},
		{unix.Linger{Onoff: 1, Linger: 0}, false}, // RST: close(2) does not wait
		{unix.Linger{Onoff: 0, Linger: 3}, false},
	} {
		check(t, "SetLinger", s.SetLinger(test.set), nil)
		check(t, "linger", s.linger, test.want)
		check(t, "Linger", must(s.Linger())(t).Onoff != 0, test.set.Onoff != 0)
	}
	check(t, "SetLinger", s.SetLinger(unix.Linger{}), nil)
}

// An adopted descriptor waits as its options say.
func TestAdoptRecallsOptions(t *testing.T) {
	n := newNet(t)
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	check(t, "SetLinger", s.SetLinger(unix.Linger{Onoff: 1, Linger: 1}), nil)
	check(t, "SO_RCVTIMEO", s.SetTimeout(unix.SO_RCVTIMEO, 3, 0), nil)
	check(t, "SO_SNDTIMEO", s.SetTimeout(unix.SO_SNDTIMEO, 4, 0), nil)
	copied := must(n.Adopt(must(unix.Dup(s.FD()))(t)))(t)
	check(t, "linger", copied.linger, true)
	check(t, "rtimeo", copied.rtimeo, 3*time.Second)
	check(t, "wtimeo", copied.wtimeo, 4*time.Second)
}

func TestOptionErrors(t *testing.T) {
	n := newNet(t)
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	_, err := s.Getsockopt(unix.SOL_SOCKET, 9999)
	check(t, "get", err, syscallError("getsockopt", unix.ENOPROTOOPT))
	check(t, "set", s.Setsockopt(31337, 1, 1), syscallError("setsockopt", unix.ENOPROTOOPT))
	check(t, "no interface", s.SetMulticastIf(9999), syscallError("setsockopt", unix.ENODEV))
	check(t, "last", s.LastErr(), int(unix.ENODEV))
	_, err = InterfaceIndex("nope0")
	check(t, "no interface", err, error(unix.ENODEV))
	check(t, "Close", s.Close(), nil)
	_, err = s.Getsockopt(unix.SOL_SOCKET, unix.SO_TYPE)
	check(t, "closed", err, ErrClosed)
	check(t, "closed", s.SetLinger(unix.Linger{}), ErrClosed)
	check(t, "closed", s.SetTimeout(unix.SO_RCVTIMEO, 1, 0), ErrClosed)
	check(t, "closed", s.SetMembership(unix.IPPROTO_IP, MCAST_JOIN_GROUP, Membership{}), ErrClosed)
}

// Who watches is told of each option that is read or set.
func TestOptionsAreObserved(t *testing.T) {
	n := newNet(t)
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	var ops []string
	var named []Option
	n.Observe = func(e Event) { ops, named = append(ops, e.Op), append(named, e.Option) }
	s.Setsockopt(unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
	s.Getsockopt(unix.SOL_SOCKET, unix.SO_KEEPALIVE)
	s.SetLinger(unix.Linger{})
	s.SetMulticastIf(9999)
	n.Observe = nil
	check(t, "ops", ops, []string{"set_option", "get_option", "set_option", "set_option"})
	keepalive := Option{unix.SOL_SOCKET, unix.SO_KEEPALIVE}
	check(t, "options", named, []Option{keepalive, keepalive, {unix.SOL_SOCKET, unix.SO_LINGER}, {unix.IPPROTO_IP, unix.IP_MULTICAST_IF}})
}

// struct group_req and group_source_req, as RFC 3678 lays them out.
func TestMembershipOfBothFamilies(t *testing.T) {
	n := newNet(t)
	lo, err := InterfaceIndex("lo")
	if err != nil {
		t.Skip("there is no interface lo")
	}
	for _, test := range []struct {
		name                 string
		family, level        int
		group, source, wrong string
	}{
		{"IPv4", unix.AF_INET, unix.IPPROTO_IP, "224.0.0.23", "127.0.0.1", "10.0.0.1"},
		{"IPv6", unix.AF_INET6, unix.IPPROTO_IPV6, "ff02::1:23", "::1", "::2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := socket(t, n, test.family, unix.SOCK_DGRAM)
			at := func(text string) addr.Addr { return addr.Inet(netip.MustParseAddr(text), 0) }
			set := func(name int, group, source string, want error) {
				t.Helper()
				m := Membership{Interface: lo, Group: at(group)}
				if source != "" {
					m.Source = at(source)
				}
				check(t, "SetMembership", s.SetMembership(test.level, name, m), want)
			}
			refused := func(errno unix.Errno) error { return syscallError("setsockopt", errno) }
			set(MCAST_JOIN_GROUP, test.group, "", nil)
			set(MCAST_JOIN_GROUP, test.group, "", refused(unix.EADDRINUSE))
			set(MCAST_BLOCK_SOURCE, test.group, test.source, nil)
			set(MCAST_UNBLOCK_SOURCE, test.group, test.source, nil)
			set(MCAST_UNBLOCK_SOURCE, test.group, test.source, refused(unix.EADDRNOTAVAIL))
			set(MCAST_LEAVE_GROUP, test.group, "", nil)
			set(MCAST_JOIN_SOURCE_GROUP, test.group, test.source, nil)
			set(MCAST_LEAVE_SOURCE_GROUP, test.group, test.source, nil)
			set(MCAST_LEAVE_GROUP, test.group, "", refused(unix.EADDRNOTAVAIL))
			set(MCAST_JOIN_GROUP, test.wrong, "", refused(unix.EINVAL))
		})
	}
}

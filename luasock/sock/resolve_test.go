package sock

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

func TestResolve(t *testing.T) {
	n := newNet(t)
	v6 := func(text string) addr.Addr {
		return addr.Addr{Family: unix.AF_INET6, IP: netip.MustParseAddr(text), Port: 80}
	}
	unknown := func(host string, code int) error { return &HostError{Host: host, Code: code} }
	tests := []struct {
		family int
		host   string
		want   addr.Addr
		err    error
	}{
		{unix.AF_INET, "127.0.0.1", loopback(80), nil},
		{unix.AF_INET, "localhost", loopback(80), nil},
		{unix.AF_INET6, "::1", v6("::1"), nil},
		{unix.AF_INET, "", addr.Addr{}, unknown("", HostNotFound)},
		{unix.AF_INET, "::1", addr.Addr{}, unknown("::1", NoAddress)},
		{unix.AF_INET6, "127.0.0.1", addr.Addr{}, unknown("127.0.0.1", NoAddress)},
		{unix.AF_UNIX, "/a/path", addr.Addr{Family: unix.AF_UNIX, Path: "/a/path"}, nil},
		{unix.AF_UNIX, "", addr.Addr{Family: unix.AF_UNIX}, nil},
	}
	for _, tt := range tests {
		n.LastErr = 0
		a, err := n.Resolve(tt.family, tt.host, 80)
		check(t, tt.host, a, tt.want)
		check(t, tt.host, err, tt.err)
		var host *HostError
		if errors.As(err, &host) {
			check(t, "last error of all", n.LastErr, host.Code)
			check(t, "text", host.Error(), Strerror(host.Code))
		}
	}
	var bad *addr.Error
	_, err := n.Resolve(unix.AF_UNIX, strings.Repeat("x", 200), 0)
	check(t, "a long path", errors.As(err, &bad), true)

	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	_, err = s.Resolve("::1", 80)
	check(t, "Resolve", err, unknown("::1", NoAddress))
	check(t, "last error", s.LastErr(), NoAddress)
}

// TestALookUpStopsNobody, and is ended by a cancel.
func TestALookUpStopsNobody(t *testing.T) {
	n := newNet(t)
	reason := errors.New("reason")
	task := n.Loop.Go("looks up", func() {
		_, err := n.Lookup(unix.AF_UNSPEC, "localhost")
		check(t, "Lookup", err, reason)
		ips, err := n.Lookup(unix.AF_INET, "localhost")
		check(t, "Lookup", err, nil)
		check(t, "addresses", ips[0], netip.MustParseAddr("127.0.0.1"))
	})
	n.Loop.Yield() // it has begun; its answer is taken in by a later turn
	check(t, "state", task.State(), loop.Waiting)
	task.Cancel(reason)
	join(t, task)
}

// stuck is a connection to a name server on which nothing comes, ever.
type stuck struct{ *net.UDPConn }

func (stuck) SetDeadline(time.Time) error { return nil }

// A look-up that is given up takes its connections to the name server with it.
func TestALookUpLeavesNoConnection(t *testing.T) {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, "ListenUDP", err, nil)
	defer server.Close()
	for name, ask := range map[string]func(*Net) error{
		"Lookup":        func(n *Net) error { _, err := n.Lookup(unix.AF_UNSPEC, "name.test"); return err },
		"Getaddrinfo":   func(n *Net) error { _, err := n.Getaddrinfo("name.test", "", Addrinfo{}); return err },
		"canonical":     func(n *Net) error { _, err := n.canonname("name.test", AI_CANONNAME); return err },
		"Gethostbyaddr": func(n *Net) error { _, err := n.Gethostbyaddr(netip.MustParseAddr("192.0.2.1")); return err },
		"of a Quiet":    func(n *Net) error { _, err := n.Quiet().Lookup(unix.AF_UNSPEC, "name.test"); return err },
	} {
		made := make(chan net.Conn, 10)
		n := newNet(t)
		n.resolver = newResolver(&net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
			c, err := net.DialUDP("udp", nil, server.LocalAddr().(*net.UDPAddr))
			made <- c
			return stuck{c}, err
		}})
		reason := errors.New("reason")
		task := n.Loop.Go("looks up", func() { check(t, name, ask(n), reason) })
		n.Loop.Yield()
		conns := []net.Conn{<-made}
		task.Cancel(reason)
		join(t, task)
		for late := time.Now().Add(20 * time.Second); len(conns) > 0; runtime.Gosched() {
			select {
			case c := <-made:
				conns = append(conns, c)
			default:
			}
			if _, err := conns[0].Write([]byte{0}); errors.Is(err, net.ErrClosed) {
				conns = conns[1:]
			} else if time.Now().After(late) {
				t.Fatalf("%s: a connection to the name server is left", name)
			}
		}
	}
}

func TestStrerror(t *testing.T) {
	for code, want := range map[int]string{
		0: "Success", 1: "Operation not permitted", 11: "Resource temporarily unavailable",
		111: "Connection refused", 41: "Unknown error 41", 58: "Unknown error 58", 134: "Unknown error 134",
		-1: "Unknown error -1", -9999: "Unknown error -9999", -10000: "Unknown error -10000",
		-10001: "Unknown host", -10002: "Host name lookup failure", -10003: "Unknown server error",
		-10004: "No address associated with name", -10005: "Unknown resolver error",
	} {
		check(t, "text", Strerror(code), want)
	}
}

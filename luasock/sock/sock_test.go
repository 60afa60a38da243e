package sock

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// blockedCall is a call that has to wait, and what ends its wait.
type blockedCall struct {
	on      *Sock
	call    func() error
	release func()
	timeo   *time.Duration // its time-out; nil where a deadline is given instead
	late    error          // what it returns when that has passed
}

// blockedCalls are all calls that can wait, each made so that it has to.
var blockedCalls = []struct {
	name string
	make func(t *testing.T, n *Net) blockedCall
}{
	{"accept", func(t *testing.T, n *Net) blockedCall {
		l := listener(t, n)
		return blockedCall{
			on:      l,
			call:    func() error { c, err := l.Accept(); closeIf(c); return err },
			release: func() { dial(t, n, l) },
			timeo:   &l.rtimeo, late: syscallError("accept", unix.EAGAIN),
		}
	}},
	{"connect", func(t *testing.T, n *Net) blockedCall {
		l := listenUnix(t, n)
		fillBacklog(t, n, l)
		s := socket(t, n, unix.AF_UNIX, unix.SOCK_STREAM)
		return blockedCall{
			on:      s,
			call:    func() error { return s.Connect(name(t, l)) },
			release: func() { accept(t, l) },
			timeo:   &s.wtimeo, late: syscallError("connect", unix.EAGAIN),
		}
	}},
	{"recv", func(t *testing.T, n *Net) blockedCall {
		a, b := tcp(t, n)
		return blockedCall{
			on:      a,
			call:    func() error { return want(a.Recv(10, 0))("x") },
			release: func() { send(t, b, "x") },
			timeo:   &a.rtimeo, late: syscallError("recv", unix.EAGAIN),
		}
	}},
	{"recv all", func(t *testing.T, n *Net) blockedCall {
		a, b := tcp(t, n)
		return blockedCall{
			on:      a,
			call:    func() error { return want(a.Recv(10, unix.MSG_WAITALL))("0123456789") },
			release: func() { send(t, b, "0123456789") },
			timeo:   &a.rtimeo, late: syscallError("recv", unix.EAGAIN),
		}
	}},
	{"recvfrom", func(t *testing.T, n *Net) blockedCall {
		a, b := udp(t, n)
		return blockedCall{
			on: a,
			call: func() error {
				data, from, err := a.Recvfrom(10, 0)
				if err == nil && from != name(t, b) {
					return errors.New("from " + from.String())
				}
				return want(data, err)("x")
			},
			release: func() { sendto(t, b, "x", name(t, a)) },
			timeo:   &a.rtimeo, late: syscallError("recvfrom", unix.EAGAIN),
		}
	}},
	{"read line", func(t *testing.T, n *Net) blockedCall {
		a, b := tcp(t, n)
		return blockedCall{
			on:      a,
			call:    func() error { return want(a.ReadLine(100))("line\n") },
			release: func() { send(t, b, "line\n") },
			timeo:   &a.rtimeo, late: syscallError("recv", unix.EAGAIN),
		}
	}},
	{"send on TCP", func(t *testing.T, n *Net) blockedCall { return blockedSend(t, n, tcp) }},
	{"send on AF_UNIX", func(t *testing.T, n *Net) blockedCall { return blockedSend(t, n, unixPair) }},
	{"sendto the peer", func(t *testing.T, n *Net) blockedCall {
		r, s := bindUnix(t, n, unix.SOCK_DGRAM), socket(t, n, unix.AF_UNIX, unix.SOCK_DGRAM)
		check(t, "connect", s.Connect(name(t, r)), nil)
		fill(t, s, addr.Addr{})
		return blockedCall{
			on:      s,
			call:    func() error { _, err := s.Send([]byte("x"), 0); return err },
			release: func() { drain(t, r) },
			timeo:   &s.wtimeo, late: syscallError("send", unix.EAGAIN),
		}
	}},
	{"sendto another", func(t *testing.T, n *Net) blockedCall {
		r, s := bindUnix(t, n, unix.SOCK_DGRAM), socket(t, n, unix.AF_UNIX, unix.SOCK_DGRAM)
		fill(t, s, name(t, r))
		return blockedCall{
			on:      s,
			call:    func() error { _, err := s.Sendto([]byte("x"), 0, name(t, r)); return err },
			release: func() { drain(t, r) },
			timeo:   &s.wtimeo, late: syscallError("sendto", unix.EAGAIN),
		}
	}},
	{"select", func(t *testing.T, n *Net) blockedCall {
		a, b := tcp(t, n)
		return blockedCall{
			on: a,
			call: func() error {
				list := []Ready{a.Ready(loop.In)}
				err := n.Select(list, time.Time{})
				if err == nil && list[0].Got != loop.In {
					return errors.New("not ready")
				}
				return err
			},
			release: func() { send(t, b, "x") },
		}
	}},
	{"close with SO_LINGER", func(t *testing.T, n *Net) blockedCall {
		a, b := tcp(t, n)
		linger(t, a, 60)
		fill(t, a, addr.Addr{})
		return blockedCall{
			on:      a,
			call:    a.Close,
			release: func() { go drainRaw(b.FD()) },
		}
	}},
}

// blockedSend fills a stream, so that the next send has to wait.
func blockedSend(t *testing.T, n *Net, pair func(*testing.T, *Net) (*Sock, *Sock)) blockedCall {
	a, b := pair(t, n)
	fill(t, a, addr.Addr{})
	return blockedCall{
		on:      a,
		call:    func() error { _, err := a.Send([]byte("x"), 0); return err },
		release: func() { drain(t, b) },
		timeo:   &a.wtimeo, late: syscallError("send", unix.EAGAIN),
	}
}

func eachBlockedCall(t *testing.T, test func(t *testing.T, n *Net, b blockedCall)) {
	for _, tt := range blockedCalls {
		t.Run(tt.name, func(t *testing.T) {
			n := newNet(t)
			b := tt.make(t, n)
			test(t, n, b)
		})
	}
}

func TestACallThatNeedNotWait(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		b.release()
		check(t, "the call", b.call(), nil)
	})
}

func TestACallThatWaits(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		task := n.Loop.Go("waits", func() { check(t, "the call", b.call(), nil) })
		parked(t, n, task)
		b.release()
		join(t, task)
	})
}

func TestMainWaits(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		n.Loop.Go("releases", b.release)
		check(t, "the call", b.call(), nil)
	})
}

// TestTimeOut: the time-out ends the wait, not earlier than it says, and that
// of a call which has ended in time is armed no longer.
func TestTimeOut(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		if b.timeo == nil {
			t.Skip("has none")
		}
		late := func(timeo time.Duration) {
			*b.timeo = timeo
			began := time.Now()
			check(t, "the call", b.call(), b.late)
			if took := time.Since(began); took < timeo {
				t.Errorf("timed out after %v, not %v", took, timeo)
			}
			check(t, "last error", b.on.LastErr(), int(unix.EAGAIN))
			check(t, "last error of all", n.LastErr, int(unix.EAGAIN))
		}
		late(20 * time.Millisecond)
		late(60 * time.Millisecond)

		*b.timeo = time.Hour
		task := n.Loop.Go("waits", func() { check(t, "the call", b.call(), nil) })
		parked(t, n, task)
		b.release()
		join(t, task)
		nothingArmed(t, n)
	})
}

func TestCancel(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		reason := &os.SyscallError{Syscall: "a reason of any kind", Err: unix.EPERM}
		task := n.Loop.Go("waits", func() {
			check(t, "the call", b.call(), error(reason))
			if b.on.IsClosed() {
				return
			}
			check(t, "last error", b.on.LastErr(), 0)
			check(t, "the call after it", b.call(), nil)
		})
		parked(t, n, task)
		task.Cancel(reason)
		n.Loop.Yield()
		if task.State() != loop.Done {
			parked(t, n, task)
		}
		b.release()
		join(t, task)
	})
}

func TestWithin(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		expired := n.Loop.Within(20*time.Millisecond, func() { check(t, "the call", b.call(), loop.ErrExpired) })
		check(t, "expired", expired, true)
	})
}

func TestKill(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		task := n.Loop.Go("waits", func() { check(t, "the call", b.call(), loop.ErrKilled) })
		parked(t, n, task)
		check(t, "Close", n.Loop.Close(), nil)
		check(t, "state", task.State(), loop.Done)
	})
}

func TestCloseUnderACall(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		task := n.Loop.Go("waits", func() {
			err := b.call()
			check(t, "the call", err, error(ErrClosedUnder))
			check(t, "is EBADF", errors.Is(err, unix.EBADF), true)
			check(t, "last error of all", n.LastErr, int(unix.EBADF))
		})
		parked(t, n, task)
		if b.on.IsClosed() { // it closes itself
			check(t, "Close", b.on.Close(), error(ErrClosed))
			b.release()
			task.Cancel(ErrClosedUnder)
			n.LastErr = int(unix.EBADF)
			return
		}
		check(t, "Close", b.on.Close(), nil)
		join(t, task)
		if b.on.lastErr != 0 {
			check(t, "last error", b.on.LastErr(), int(unix.EBADF))
		}
	})
}

// TestAClosedSocket: every method of a closed socket says so.
func TestAClosedSocket(t *testing.T) {
	n := newNet(t)
	a, _ := tcp(t, n)
	a.Unread([]byte("held"))
	fd := a.FD()
	check(t, "Close", a.Close(), nil)
	calls := map[string]func() error{
		"Bind":        func() error { return a.Bind(addr.Addr{}) },
		"Listen":      func() error { return a.Listen(1) },
		"Accept":      func() error { _, err := a.Accept(); return err },
		"Connect":     func() error { return a.Connect(addr.Addr{}) },
		"Recv":        func() error { _, err := a.Recv(1, 0); return err },
		"Recv all":    func() error { _, err := a.Recv(1, unix.MSG_WAITALL); return err },
		"Recvfrom":    func() error { _, _, err := a.Recvfrom(1, 0); return err },
		"ReadLine":    func() error { _, err := a.ReadLine(1); return err },
		"Send":        func() error { _, err := a.Send(nil, 0); return err },
		"Sendto":      func() error { _, err := a.Sendto(nil, 0, addr.Addr{}); return err },
		"Shutdown":    func() error { return a.Shutdown(2) },
		"Getsockname": func() error { _, err := a.Getsockname(); return err },
		"Getpeername": func() error { _, err := a.Getpeername(); return err },
		"Atmark":      func() error { _, err := a.Atmark(); return err },
		"Detach":      func() error { _, err := a.Detach(); return err },
		"Close":       a.Close,
	}
	for name, call := range calls {
		check(t, name, call(), ErrClosed)
	}
	check(t, "FD", a.FD(), -1)
	check(t, "state", a.Info().State, Closed)
	if strings.Contains(a.String(), "127.0.0.1") {
		t.Errorf("%s: shows an address of descriptor %d, which is another's by now", a, fd)
	}
}

// TestNonblock: nothing waits on a non-blocking socket.
func TestNonblock(t *testing.T) {
	eachBlockedCall(t, func(t *testing.T, n *Net, b blockedCall) {
		if b.timeo == nil {
			t.Skip("is not the socket's")
		}
		b.on.SetNonblock(true)
		check(t, "Nonblock", b.on.Nonblock(), true)
		check(t, "the call", b.call(), b.late)
		b.on.SetNonblock(false)
		n.Loop.Go("releases", b.release)
		check(t, "the call once it may wait", b.call(), nil)
	})
}

func TestErrorsOfTheSystem(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	l := listener(t, n)
	fresh := func() *Sock { return socket(t, n, unix.AF_INET, unix.SOCK_STREAM) }
	datagrams := func() *Sock { return socket(t, n, unix.AF_INET, unix.SOCK_DGRAM) }
	refused := name(t, l)
	gone := listener(t, n)
	refused = name(t, gone)
	gone.Close()
	missing, _ := addr.Unix(filepath.Join(t.TempDir(), "missing"))
	tests := []struct {
		name  string
		on    *Sock
		do    func(s *Sock) error
		call  string
		errno unix.Errno
	}{
		{"bind, taken", fresh(), func(s *Sock) error { return s.Bind(name(t, l)) }, "bind", unix.EADDRINUSE},
		{"bind twice", l, func(s *Sock) error { return s.Bind(loopback(0)) }, "bind", unix.EINVAL},
		{"listen, connected", a, func(s *Sock) error { return s.Listen(1) }, "listen", unix.EINVAL},
		{"listen, UDP", datagrams(), func(s *Sock) error { return s.Listen(1) }, "listen", unix.EOPNOTSUPP},
		{"accept, not listening", fresh(), func(s *Sock) error { _, err := s.Accept(); return err }, "accept", unix.EINVAL},
		{"accept, UDP", datagrams(), func(s *Sock) error { _, err := s.Accept(); return err }, "accept", unix.EOPNOTSUPP},
		{"connect, refused", fresh(), func(s *Sock) error { return s.Connect(refused) }, "connect", unix.ECONNREFUSED},
		{"connect, connected", b, func(s *Sock) error { return s.Connect(refused) }, "connect", unix.EISCONN},
		{"connect, listening", l, func(s *Sock) error { return s.Connect(refused) }, "connect", unix.EISCONN},
		{"connect, no path", socket(t, n, unix.AF_UNIX, unix.SOCK_STREAM), func(s *Sock) error { return s.Connect(missing) }, "connect", unix.ENOENT},
		{"recv, not connected", fresh(), func(s *Sock) error { _, err := s.Recv(1, 0); return err }, "recv", unix.ENOTCONN},
		{"recv, no OOB", a, func(s *Sock) error { _, err := s.Recv(1, unix.MSG_OOB); return err }, "recv", unix.EINVAL},
		{"recvfrom, not connected", fresh(), func(s *Sock) error { _, _, err := s.Recvfrom(1, 0); return err }, "recvfrom", unix.ENOTCONN},
		{"send, not connected", fresh(), func(s *Sock) error { _, err := s.Send([]byte("x"), 0); return err }, "send", unix.EPIPE},
		{"send, UDP without a peer", datagrams(), func(s *Sock) error { _, err := s.Send([]byte("x"), 0); return err }, "send", unix.EDESTADDRREQ},
		{"sendto, too long", datagrams(), func(s *Sock) error { _, err := s.Sendto(make([]byte, 65508), 0, name(t, l)); return err }, "sendto", unix.EMSGSIZE},
		{"shutdown, not connected", fresh(), func(s *Sock) error { return s.Shutdown(2) }, "shutdown", unix.ENOTCONN},
		{"getpeername, not connected", fresh(), func(s *Sock) error { _, err := s.Getpeername(); return err }, "getpeername", unix.ENOTCONN},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n.LastErr = 0
			check(t, "error", tt.do(tt.on), syscallError(tt.call, tt.errno))
			check(t, "last error", tt.on.LastErr(), int(tt.errno))
			check(t, "last error of all", n.LastErr, int(tt.errno))
			tt.on.ClearErr()
			check(t, "last error, cleared", tt.on.LastErr(), 0)
			check(t, "last error of all", n.LastErr, int(tt.errno))
		})
	}
	_, err := n.Socket(unix.AF_INET, unix.SOCK_SEQPACKET, 0)
	check(t, "Socket", err, syscallError("socket", unix.ESOCKTNOSUPPORT))
	_, _, err = n.Pair(unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, "Pair", err, syscallError("socketpair", unix.EOPNOTSUPP))
	_, err = n.Adopt(int(must(os.Open(os.DevNull))(t).Fd()))
	check(t, "Adopt", err, syscallError("getsockopt", unix.ENOTSOCK))
}

// TestALifeOfASocket follows the state that is told of it.
func TestALifeOfASocket(t *testing.T) {
	n := newNet(t)
	l := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	check(t, "a new one", l.String(), "socket: tcp new")
	check(t, "bind", l.Bind(loopback(0)), nil)
	at := name(t, l).String()
	check(t, "a bound one", l.String(), "socket: tcp "+at+" bound")
	check(t, "listen", l.Listen(5), nil)
	check(t, "a listening one", l.String(), "socket: tcp "+at+" listening")
	c := dial(t, n, l)
	check(t, "a connected one", c.String(), "socket: tcp "+name(t, c).String()+" -> "+at+" connected")
	s := accept(t, l)
	check(t, "an accepted one", s.String(), "socket: tcp "+at+" -> "+name(t, c).String()+" connected")
	send(t, c, "hello")
	recv(t, s, "hello")
	check(t, "in", s.Info().In, uint64(5))
	check(t, "out", c.Info().Out, uint64(5))
	var fds []int
	for _, i := range n.Sockets() {
		fds = append(fds, i.FD)
	}
	check(t, "all", fds, []int{l.FD(), c.FD(), s.FD()})
	c.Close()
	check(t, "a closed one", c.String(), "socket: tcp closed")
	check(t, "how many are open", len(n.Sockets()), 2)
}

func TestListenAll(t *testing.T) {
	n := newNet(t)
	l, err := n.ListenAll(0, 1)
	check(t, "ListenAll", err, nil)
	at := name(t, l)
	check(t, "address", at.IP, netip.IPv4Unspecified())
	c := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	check(t, "Connect", c.Connect(loopback(at.Port)), nil)
	open := len(n.Sockets())
	_, err = n.ListenAll(at.Port, 1)
	check(t, "ListenAll, taken", err, syscallError("bind", unix.EADDRINUSE))
	check(t, "how many are open", len(n.Sockets()), open)
}

// TestAcceptInherits: as on Linux, the options, but not that it is non-blocking.
func TestAcceptInherits(t *testing.T) {
	n := newNet(t)
	l := listener(t, n)
	l.rtimeo, l.wtimeo = 20*time.Millisecond, time.Second
	dial(t, n, l)
	check(t, "Select", n.Select([]Ready{l.Ready(loop.In)}, time.Time{}), nil)
	l.SetNonblock(true)
	c := accept(t, l)
	check(t, "Nonblock", c.Nonblock(), false)
	check(t, "SO_SNDTIMEO", c.wtimeo, time.Second)
	_, err := c.Recv(1, 0)
	check(t, "recv", err, syscallError("recv", unix.EAGAIN))
	flags, err := unix.FcntlInt(uintptr(c.FD()), unix.F_GETFD, 0)
	check(t, "close-on-exec", flags&unix.FD_CLOEXEC != 0 && err == nil, true)
}

// TestObserver: it hears of every call once, with its bytes, addresses, errors.
func TestObserver(t *testing.T) {
	n := newNet(t)
	var heard []Event
	n.Observe = func(e Event) {
		if e.Time.IsZero() || e.FD < 0 {
			t.Errorf("%s: time %v, descriptor %d", e.Op, e.Time, e.FD)
		}
		if info := e.Info(); info.ID != e.ID || info.FD != e.FD || info.Kind == "" {
			t.Errorf("%s: Info %+v", e.Op, info)
		}
		e.Time, e.FD, e.Data, e.of = time.Time{}, 0, slices.Clone(e.Data), nil
		heard = append(heard, e)
	}
	expect := func(list ...Event) {
		t.Helper()
		check(t, "events", heard, list)
		heard = nil
	}
	l, err := n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	check(t, "Socket", err, nil)
	l.Bind(loopback(0))
	l.Listen(1)
	at := name(t, l)
	expect(Event{ID: l.id, Op: "create"}, Event{ID: l.id, Op: "bind", Addr: loopback(0)}, Event{ID: l.id, Op: "listen"})

	c := dial(t, n, l)
	s := accept(t, l)
	expect(Event{ID: c.id, Op: "create"}, Event{ID: c.id, Op: "connect", Addr: at},
		Event{ID: s.id, Op: "accept", Addr: name(t, c)})

	n.Loop.Go("sends", func() { send(t, c, "line\nmore") })
	s.ReadLine(100)
	s.Recv(2, unix.MSG_PEEK)
	s.Recvfrom(10, 0)
	s.Unread([]byte("again"))
	s.Recvfrom(3, 0)
	s.Recv(3, 0)
	expect(Event{ID: c.id, Op: "send", Data: []byte("line\nmore")}, Event{ID: s.id, Op: "read", Data: []byte("line\n")},
		Event{ID: s.id, Op: "recv", Data: []byte("mo")}, Event{ID: s.id, Op: "recvfrom", Data: []byte("more")},
		Event{ID: s.id, Op: "recvfrom", Data: []byte("aga")}, Event{ID: s.id, Op: "recv", Data: []byte("in")})

	n.Loop.Go("sends", func() { send(t, c, "01"); n.Loop.Yield(); send(t, c, "23") })
	s.Recv(4, unix.MSG_WAITALL)
	check(t, "order", heard[len(heard)-1], Event{ID: s.id, Op: "recv", Data: []byte("0123")})
	check(t, "how many", len(heard), 3)
	heard = nil

	s.Recv(1, unix.MSG_DONTWAIT)
	c.Shutdown(1)
	s.Recv(1, 0)
	s.ReadLine(1)
	s.Connect(at)
	s.Close()
	expect(Event{ID: s.id, Op: "recv", Err: syscallError("recv", unix.EAGAIN)}, Event{ID: c.id, Op: "shutdown"},
		Event{ID: s.id, Op: "recv", Err: io.EOF}, Event{ID: s.id, Op: "read", Err: io.EOF},
		Event{ID: s.id, Op: "connect", Addr: at, Err: syscallError("connect", unix.EISCONN)}, Event{ID: s.id, Op: "close"})

	task := n.Loop.Go("accepts", func() { l.Accept() })
	parked(t, n, task)
	l.Close()
	join(t, task)
	expect(Event{ID: l.id, Op: "close"}, Event{ID: l.id, Op: "accept", Err: ErrClosedUnder})

	a, b := udp(t, n)
	heard = nil
	a.Sendto([]byte("x"), 0, name(t, b))
	b.Recvfrom(10, 0)
	a.Send([]byte("x"), 0)
	expect(Event{ID: a.id, Op: "sendto", Data: []byte("x"), Addr: name(t, b)}, Event{ID: b.id, Op: "recvfrom", Data: []byte("x"), Addr: name(t, a)},
		Event{ID: a.id, Op: "send", Data: []byte{}, Err: syscallError("send", unix.EDESTADDRREQ)})

	p, q, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, "Pair", err, nil)
	expect(Event{ID: p.id, Op: "create_pair"}, Event{ID: q.id, Op: "create_pair"})
}

func TestNames(t *testing.T) {
	n := newNet(t)
	path := filepath.Join(t.TempDir(), "s")
	abstract := "\x00sockscript\x00" + filepath.Base(t.TempDir()) + path
	if len(abstract) > 100 {
		abstract = abstract[:100]
	}
	tests := []struct {
		name   string
		family int
		at     addr.Addr
		host   string
	}{
		{"IPv4", unix.AF_INET, loopback(0), "127.0.0.1"},
		{"IPv6", unix.AF_INET6, addr.Inet(netip.IPv6Loopback(), 0), "::1"},
		{"a path", unix.AF_UNIX, addr.Addr{Family: unix.AF_UNIX, Path: path}, path},
		{"an abstract name", unix.AF_UNIX, addr.Addr{Family: unix.AF_UNIX, Path: abstract}, abstract},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := socket(t, n, tt.family, unix.SOCK_STREAM)
			if err := l.Bind(tt.at); errors.Is(err, unix.EADDRNOTAVAIL) {
				t.Skip("there is no IPv6")
			} else {
				check(t, "Bind", err, nil)
			}
			check(t, "Listen", l.Listen(1), nil)
			at := name(t, l)
			check(t, "Host", at.Host(), tt.host)
			c := dial(t, n, l)
			peer, err := c.Getpeername()
			check(t, "Getpeername", err, nil)
			check(t, "peer", peer, at)
			check(t, "an accepted one's", name(t, accept(t, l)), at)
		})
	}
}

// What follows helps the tests of this package.

// newNet gives a net on a loop that the test owns. Everything that waits is
// cancelled when the test hangs.
func newNet(t testing.TB) *Net {
	t.Helper()
	l, err := loop.New()
	check(t, "loop.New", err, nil)
	n := New(l)
	watch := time.AfterFunc(20*time.Second, func() {
		l.Post(func() {
			for _, task := range append(l.Tasks(), l.Main()) {
				task.Cancel(errors.New("the test hangs"))
			}
		})
	})
	t.Cleanup(func() {
		watch.Stop()
		check(t, "closing the loop", l.Close(), nil)
		n.Close()
		check(t, "sockets left open", len(n.Sockets()), 0)
	})
	return n
}

// check compares errors by what they are and say, other values by what they
// hold.
func check(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, ok := got.(error); ok {
		if w, ok := want.(error); ok && (g == w || reflect.TypeOf(g) == reflect.TypeOf(w) && reflect.DeepEqual(g, w)) {
			return
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %#v (%v), want %#v (%v)", what, got, got, want, want)
	}
}

func syscallError(call string, errno unix.Errno) error {
	return &os.SyscallError{Syscall: call, Err: errno}
}

// want compares what was received.
func want(data []byte, err error) func(text string) error {
	return func(text string) error {
		if err == nil && string(data) != text {
			return errors.New("got " + string(data) + ", want " + text)
		}
		return err
	}
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// parked runs the loop until the task waits.
func parked(t testing.TB, n *Net, task *loop.Task) {
	t.Helper()
	for task.State() != loop.Waiting {
		if task.State() == loop.Done {
			t.Fatal("the call has not waited")
		}
		check(t, "Yield", n.Loop.Yield(), nil)
	}
}

// nothingArmed checks that the loop knows nothing that could end a wait: no
// timer, no task that waits on a descriptor.
func nothingArmed(t testing.TB, n *Net) {
	t.Helper()
	err := n.Loop.Park(loop.Why{Op: "the test"}, time.Time{})
	if _, deadlock := err.(*loop.Deadlock); !deadlock {
		t.Errorf("something is armed still: %v", err)
	}
}

func join(t testing.TB, tasks ...*loop.Task) {
	t.Helper()
	for _, task := range tasks {
		check(t, "Join", task.Join(time.Time{}), nil)
	}
}

func loopback(port int) addr.Addr { return addr.Inet(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port) }

func name(t testing.TB, s *Sock) addr.Addr {
	t.Helper()
	return must(s.Getsockname())(t)
}

func socket(t testing.TB, n *Net, domain, typ int) *Sock {
	t.Helper()
	return keep(t, must(n.Socket(domain, typ, 0))(t))
}

// keep has the test refer to a socket until it ends.
func keep(t testing.TB, s *Sock) *Sock {
	t.Cleanup(func() { runtime.KeepAlive(s) })
	return s
}

func listener(t testing.TB, n *Net) *Sock {
	t.Helper()
	l := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	check(t, "Bind", l.Bind(loopback(0)), nil)
	check(t, "Listen", l.Listen(128), nil)
	return l
}

// bindUnix gives an AF_UNIX socket a path in a folder of the test.
func bindUnix(t testing.TB, n *Net, typ int) *Sock {
	t.Helper()
	s := socket(t, n, unix.AF_UNIX, typ)
	check(t, "Bind", s.Bind(must(addr.Unix(filepath.Join(t.TempDir(), "s")))(t)), nil)
	return s
}

func listenUnix(t testing.TB, n *Net) *Sock {
	t.Helper()
	l := bindUnix(t, n, unix.SOCK_STREAM)
	check(t, "Listen", l.Listen(0), nil)
	return l
}

// fillBacklog connects until there is no room for one more.
func fillBacklog(t testing.TB, n *Net, l *Sock) {
	t.Helper()
	for {
		c := socket(t, n, l.family, l.typ)
		c.SetNonblock(true)
		if err := c.Connect(name(t, l)); err != nil {
			check(t, "Connect", errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINPROGRESS), true)
			n.LastErr = 0
			return
		}
	}
}

func dial(t testing.TB, n *Net, l *Sock) *Sock {
	t.Helper()
	c := socket(t, n, l.family, l.typ)
	check(t, "Connect", c.Connect(name(t, l)), nil)
	return c
}

func accept(t testing.TB, l *Sock) *Sock {
	t.Helper()
	return keep(t, must(l.Accept())(t))
}

func tcp(t *testing.T, n *Net) (a, b *Sock) { t.Helper(); return tcpPair(t, n) }

func tcpPair(t testing.TB, n *Net) (a, b *Sock) {
	t.Helper()
	l := listener(t, n)
	a = dial(t, n, l)
	b = accept(t, l)
	check(t, "Close", l.Close(), nil)
	return a, b
}

func unixPair(t *testing.T, n *Net) (a, b *Sock) {
	t.Helper()
	a, b, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, "Pair", err, nil)
	return keep(t, a), keep(t, b)
}

// udp gives two bound sockets that are not connected.
func udp(t *testing.T, n *Net) (a, b *Sock) {
	t.Helper()
	a, b = socket(t, n, unix.AF_INET, unix.SOCK_DGRAM), socket(t, n, unix.AF_INET, unix.SOCK_DGRAM)
	check(t, "Bind", a.Bind(loopback(0)), nil)
	check(t, "Bind", b.Bind(loopback(0)), nil)
	return a, b
}

func send(t testing.TB, s *Sock, text string) {
	t.Helper()
	check(t, "sent", must(s.Send([]byte(text), 0))(t), len(text))
}

func sendto(t testing.TB, s *Sock, text string, to addr.Addr) {
	t.Helper()
	check(t, "sent", must(s.Sendto([]byte(text), 0, to))(t), len(text))
}

// recv checks what one Recv gives.
func recv(t testing.TB, s *Sock, text string) {
	t.Helper()
	check(t, "received", string(must(s.Recv(1000, 0))(t)), text)
}

// atEnd checks that there is no more to receive.
func atEnd(t testing.TB, s *Sock) {
	t.Helper()
	data, err := s.Recv(1000, 0)
	check(t, "at the end", err, io.EOF)
	check(t, "at the end", len(data), 0)
}

// fill sends until there is no room.
func fill(t testing.TB, s *Sock, to addr.Addr) (sent int) {
	t.Helper()
	last, all := s.lastErr, s.net.LastErr
	for size := 64 << 10; size > 0; {
		if s.typ == unix.SOCK_DGRAM {
			size = 1
		}
		n, err := s.send("send", make([]byte, size), unix.MSG_DONTWAIT, &to, 0)
		sent += n
		if err != nil {
			check(t, "a full socket", err, syscallError("send", unix.EAGAIN))
			size /= 64
		}
	}
	s.lastErr, s.net.LastErr = last, all
	return sent
}

// drain receives what is there.
func drain(t testing.TB, s *Sock) (got int) {
	t.Helper()
	for {
		data, err := s.recv(1<<20, unix.MSG_DONTWAIT)
		if err != nil {
			check(t, "an empty socket", err, syscallError("recv", unix.EAGAIN))
			return got
		}
		got += len(data)
	}
}

// drainRaw reads a descriptor to its end, on a goroutine of its own.
func drainRaw(fd int) {
	fd, err := unix.Dup(fd)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	buf := make([]byte, 1<<20)
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EAGAIN {
			unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
			continue
		}
		if n <= 0 {
			return
		}
	}
}

// linger sets SO_LINGER, in the kernel and for Close.
func linger(t testing.TB, s *Sock, seconds int32) {
	t.Helper()
	check(t, "SO_LINGER", unix.SetsockoptLinger(s.FD(), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: seconds}), nil)
	s.linger = seconds > 0
}

func closeIf(s *Sock) {
	if s != nil {
		s.Close()
	}
}

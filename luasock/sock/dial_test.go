package sock

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// dialNet is a Net with two listeners, one of which answers no connect: its
// queue is full.
func dialNet(t *testing.T) (n *Net, good, dead, refusing addr.Addr) {
	t.Helper()
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	n = New(l)
	t.Cleanup(func() { n.Close(); l.Close() })
	listen := func(backlog int) (*Sock, addr.Addr) {
		s, err := n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err == nil {
			err = s.Bind(addr.Inet(netip.MustParseAddr("127.0.0.1"), 0))
		}
		if err == nil && backlog >= 0 {
			err = s.Listen(backlog)
		}
		if err != nil {
			t.Fatal(err)
		}
		a, _ := s.Getsockname()
		t.Cleanup(func() { s.FD() }) // keeps it open
		return s, a
	}
	_, good = listen(16)
	_, dead = listen(0)
	_, refusing = listen(-1)
	for range 3 {
		s, err := n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.SetNonblock(true)
		s.Connect(dead)
		t.Cleanup(func() { s.FD() })
	}
	return n, good, dead, refusing
}

// A dead address holds a connect up by the delay of an attempt only, and what
// has lost is closed (RFC 8305). Without that the first connect would take
// minutes.
func TestDialPassesADeadAddress(t *testing.T) {
	n, good, dead, refusing := dialNet(t)
	before := len(n.Sockets())
	began := time.Now()
	s, err := n.Dial([]addr.Addr{dead, refusing, good}, unix.SOCK_STREAM, time.Now().Add(30*time.Second), nil)
	if err != nil {
		t.Fatal(err)
	}
	if peer, _ := s.Getpeername(); peer != good {
		t.Errorf("connected to %v, want %v", peer, good)
	}
	if took := time.Since(began); took < attemptDelay || took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if left := len(n.Sockets()) - before; left != 1 {
		t.Errorf("%d sockets are left, want 1", left)
	}
	if s.state != Connected {
		t.Errorf("state is %v", s.state)
	}
}

// An address that refuses is passed at once.
func TestDialPassesARefusal(t *testing.T) {
	n, good, _, refusing := dialNet(t)
	for range 10 { // the machine may be busy once
		began := time.Now()
		if _, err := n.Dial([]addr.Addr{refusing, good}, unix.SOCK_STREAM, time.Time{}, nil); err != nil {
			t.Fatal(err)
		}
		if time.Since(began) < attemptDelay {
			return
		}
	}
	t.Errorf("it takes %v", attemptDelay)
}

func TestDialFails(t *testing.T) {
	n, good, dead, refusing := dialNet(t)
	before := len(n.Sockets())
	mine := errors.New("mine")
	for _, c := range []struct {
		name  string
		list  []addr.Addr
		time  time.Duration
		setup func(*Sock, addr.Addr) error
		want  error
	}{
		{"refused", []addr.Addr{refusing, refusing}, time.Minute, nil, unix.ECONNREFUSED},
		{"time-out", []addr.Addr{dead}, 20 * time.Millisecond, nil, loop.ErrTimeout},
		{"time-out before the second", []addr.Addr{dead, good}, 20 * time.Millisecond, nil, loop.ErrTimeout},
		{"time-out of none", []addr.Addr{dead}, 0, nil, loop.ErrTimeout},
		{"setup", []addr.Addr{good}, time.Minute, func(*Sock, addr.Addr) error { return mine }, mine},
	} {
		if s, err := n.Dial(c.list, unix.SOCK_STREAM, time.Now().Add(c.time), c.setup); s != nil || !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, %v, want %v", c.name, s, err, c.want)
		}
	}
	if left := len(n.Sockets()) - before; left != 0 {
		t.Errorf("%d sockets are left", left)
	}
}

// What fails at once is passed and closed; what has begun is not waited for.
func TestDialAsync(t *testing.T) {
	n, good, dead, _ := dialNet(t)
	before := len(n.Sockets())
	mine := errors.New("mine")
	refuses := func(which addr.Addr) func(*Sock, addr.Addr) error {
		return func(_ *Sock, to addr.Addr) error {
			if to == which {
				return mine
			}
			return nil
		}
	}
	if s, err := n.DialAsync([]addr.Addr{dead, dead}, unix.SOCK_STREAM, refuses(dead)); s != nil || err != mine {
		t.Errorf("got %v, %v, want %v", s, err, mine)
	}
	if left := len(n.Sockets()) - before; left != 0 {
		t.Errorf("%d sockets are left", left)
	}
	s, err := n.DialAsync([]addr.Addr{good, dead}, unix.SOCK_STREAM, refuses(good))
	if err != nil {
		t.Fatal(err)
	}
	if s.Nonblock() {
		t.Error("the socket is non-blocking")
	}
	if s, err = n.DialAsync([]addr.Addr{dead, good}, unix.SOCK_STREAM, refuses(dead)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send([]byte("x"), 0); err != nil {
		t.Error(err)
	}
	if left := len(n.Sockets()) - before; left != 2 {
		t.Errorf("%d sockets are left, want 2", left)
	}
}

// A connect that is cancelled leaves nothing open.
func TestDialCancelled(t *testing.T) {
	n, _, dead, _ := dialNet(t)
	before := len(n.Sockets())
	reason := errors.New("reason")
	task := n.Loop.Go("dial", func() {
		if _, err := n.Dial([]addr.Addr{dead, dead}, unix.SOCK_STREAM, time.Time{}, nil); err != reason {
			t.Errorf("got %v", err)
		}
	})
	n.Loop.Yield()
	task.Cancel(reason)
	if err := n.Loop.Run(); err != nil {
		t.Error(err)
	}
	if left := len(n.Sockets()) - before; left != 0 {
		t.Errorf("%d sockets are left", left)
	}
}

func TestAlternate(t *testing.T) {
	four := func(port int) addr.Addr { return addr.Inet(netip.MustParseAddr("127.0.0.1"), port) }
	six := func(port int) addr.Addr { return addr.Inet(netip.MustParseAddr("::1"), port) }
	got := alternate([]addr.Addr{six(1), six(2), six(3), four(1), four(2)})
	want := []addr.Addr{six(1), four(1), six(2), four(2), six(3)}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
	if alternate(nil) != nil {
		t.Error("none is not none")
	}
}

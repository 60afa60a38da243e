package sock

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/nettest"
	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// connKinds are the kinds of sockets over which a Conn is tried.
var connKinds = []struct {
	name string
	pair func(t testing.TB, n *Net) (a, b *Sock)
}{
	{"tcp", tcpPair},
	{"unix", func(t testing.TB, n *Net) (a, b *Sock) {
		a, b, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		check(t, "Pair", err, nil)
		return a, b
	}},
}

func TestConn(t *testing.T) {
	for _, kind := range connKinds {
		t.Run(kind.name, func(t *testing.T) {
			n := elsewhere(t)
			nettest.TestConn(t, func() (a, b net.Conn, stop func(), err error) {
				a, b = n.conns(t, kind.pair)
				return a, b, func() { a.Close(); b.Close() }, nil
			})
			n.settled(t)
		})
	}
}

func eachConn(t *testing.T, test func(t *testing.T, n *owned, a, b net.Conn)) {
	for _, kind := range connKinds {
		t.Run(kind.name, func(t *testing.T) {
			n := elsewhere(t)
			a, b := n.conns(t, kind.pair)
			test(t, n, a, b)
			a.Close()
			b.Close()
			n.settled(t)
		})
	}
}

// TestConnManyAtOnce: writes of several goroutines are not mixed, and every
// byte arrives.
func TestConnManyAtOnce(t *testing.T) {
	eachConn(t, func(t *testing.T, n *owned, a, b net.Conn) {
		const writers, size = 4, 1 << 20
		var sent sync.WaitGroup
		for i := range writers {
			sent.Go(func() {
				n, err := a.Write(bytes.Repeat([]byte{byte(i)}, size))
				check(t, "Write", err, nil)
				check(t, "written", n, size)
			})
		}
		go func() { sent.Wait(); a.Close() }()
		got, err := io.ReadAll(b)
		check(t, "ReadAll", err, nil)
		check(t, "received", len(got), writers*size)
		seen := map[byte]bool{}
		for ; len(got) > 0; got = got[size:] {
			if !bytes.Equal(got[:size], bytes.Repeat(got[:1], size)) || seen[got[0]] {
				t.Fatal("two writes are mixed")
			}
			seen[got[0]] = true
		}
	})
}

// TestConnDeadlineLosesNothing: reads that are cut short again and again, while
// bytes come one by one, give them all.
func TestConnDeadlineLosesNothing(t *testing.T) {
	eachConn(t, func(t *testing.T, n *owned, a, b net.Conn) {
		const size = 500
		go func() {
			for i := range size {
				a.Write([]byte{byte(i)})
			}
			a.Close()
		}()
		var got []byte
		buf := make([]byte, 3)
		for {
			b.SetReadDeadline(time.Now().Add(50 * time.Microsecond))
			n, err := b.Read(buf)
			got = append(got, buf[:n]...)
			if err == io.EOF {
				break
			}
			if err != nil {
				check(t, "Read", errors.Is(err, os.ErrDeadlineExceeded), true)
				check(t, "read with an error", n, 0)
			}
		}
		check(t, "received", len(got), size)
		for i, c := range got {
			check(t, "byte", c, byte(i))
		}
	})
}

func TestConnErrors(t *testing.T) {
	eachConn(t, func(t *testing.T, n *owned, a, b net.Conn) {
		b.SetDeadline(time.Now().Add(-time.Second))
		_, err := b.Read(make([]byte, 1))
		timedOut(t, err, "read", b)
		_, err = b.Write([]byte("x"))
		timedOut(t, err, "write", b)
		check(t, "Read into nothing", second(b.Read(nil)), opError("read", b, os.ErrDeadlineExceeded))

		// A deadline that is set while a call waits, and one that is moved.
		b.SetDeadline(time.Now().Add(time.Hour))
		failed := make(chan error, 1)
		go func() { _, err := b.Read(make([]byte, 1)); failed <- err }()
		n.waiting(1)
		b.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		timedOut(t, <-failed, "read", b)
		b.SetReadDeadline(time.Time{})
		go func() { _, err := b.Read(make([]byte, 1)); failed <- err }()
		n.waiting(1)
		b.SetReadDeadline(time.Now())
		timedOut(t, <-failed, "read", b)

		b.SetDeadline(time.Time{})
		check(t, "Write", second(a.Write([]byte("x"))), nil)
		check(t, "CloseWrite", a.(interface{ CloseWrite() error }).CloseWrite(), nil)
		check(t, "Read", second(b.Read(make([]byte, 10))), nil)
		check(t, "Read at the end", second(b.Read(make([]byte, 10))), io.EOF)
		check(t, "Write the other way", second(b.Write([]byte("y"))), nil)
		check(t, "Read", second(a.Read(make([]byte, 10))), nil)
		check(t, "CloseRead", a.(interface{ CloseRead() error }).CloseRead(), nil)
		check(t, "Read after CloseRead", second(a.Read(make([]byte, 10))), io.EOF)

		go func() { _, err := b.Read(make([]byte, 10)); failed <- err }()
		check(t, "Read", <-failed, io.EOF)
		check(t, "Close", b.Close(), nil)
		closed := map[string]error{
			"read": second(b.Read(make([]byte, 1))), "write": second(b.Write([]byte("x"))),
			"close": b.Close(), "set": b.SetDeadline(time.Time{}),
		}
		for op, err := range closed {
			check(t, op, err, opError(op, b, net.ErrClosed))
		}
		err = nil
		for err == nil {
			_, err = a.Write(make([]byte, 1000))
		}
		check(t, "Write to nobody", errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET), true)
	})
}

// TestConnCloseUnder: a Close, of the Conn or by a task, ends both directions.
func TestConnCloseUnder(t *testing.T) {
	for name, byTask := range map[string]bool{"Conn": false, "task": true} {
		t.Run(name, func(t *testing.T) {
			eachConn(t, func(t *testing.T, n *owned, a, b net.Conn) {
				failed := make(chan error, 3)
				for range 2 {
					go func() { _, err := a.Read(make([]byte, 1)); failed <- err }()
				}
				go func() { _, err := a.Write(make([]byte, 64<<20)); failed <- err }()
				n.waiting(3)
				if byTask {
					n.do(func() { a.(*conn).s.Close() })
				} else {
					check(t, "Close", a.Close(), nil)
				}
				for range 3 {
					check(t, "is ErrClosed", errors.Is(<-failed, net.ErrClosed), true)
				}
				check(t, "Read", errors.Is(second(a.Read(make([]byte, 1))), net.ErrClosed), true)
			})
		})
	}
}

func TestConnAddresses(t *testing.T) {
	n := elsewhere(t)
	a, b := n.conns(t, tcpPair)
	check(t, "network", a.LocalAddr().Network(), "tcp")
	check(t, "addresses", a.LocalAddr(), b.RemoteAddr())
	check(t, "addresses", b.LocalAddr(), a.RemoteAddr())
	check(t, "IP", a.LocalAddr().(*net.TCPAddr).IP.Equal(net.IPv4(127, 0, 0, 1)), true)
	var udp net.Conn
	n.do(func() {
		s := socket(t, n.Net, unix.AF_INET, unix.SOCK_DGRAM)
		check(t, "Bind", s.Bind(loopback(0)), nil)
		udp = Conn(s)
		l := socket(t, n.Net, unix.AF_UNIX, unix.SOCK_SEQPACKET)
		unnamed := Conn(l)
		check(t, "unnamed", unnamed.LocalAddr(), net.Addr(&net.UnixAddr{Net: "unixpacket"}))
		l.Close()
	})
	check(t, "network", udp.LocalAddr().Network(), "udp")
	check(t, "no peer", udp.RemoteAddr(), nil)
}

// TestConnWithoutItsLoop: what happens while the owner does not run the loop,
// and after it was closed.
func TestConnWithoutItsLoop(t *testing.T) {
	l, err := loop.New()
	check(t, "loop.New", err, nil)
	n := New(l)
	s, p := tcp(t, n)
	send(t, p, "kept")
	c, d := Conn(s), Conn(p)

	c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	_, err = c.Read(make([]byte, 10))
	timedOut(t, err, "read", c)
	recv(t, s, "kept") // the read that was dropped has not taken it

	c.SetReadDeadline(time.Time{})
	failed := make(chan error, 3)
	go func() { _, err := c.Read(make([]byte, 10)); failed <- err }() // waits
	for len(l.BackgroundTasks()) == 0 || l.BackgroundTasks()[0].State() != loop.Waiting {
		l.Yield()
	}
	go func() { _, err := d.Read(make([]byte, 10)); failed <- err }() // may be posted
	check(t, "Close", l.Close(), nil)
	for range 2 {
		check(t, "is ErrClosed", errors.Is(<-failed, net.ErrClosed), true)
	}
	check(t, "Write after it", errors.Is(second(c.Write([]byte("x"))), net.ErrClosed), true)
	check(t, "Close after it", errors.Is(c.Close(), net.ErrClosed), true)
	n.Close()
}

// TestConnThatTheLoopNeverBegins: the owner takes the call but closes the loop
// before it runs; Net.Close ends it.
func TestConnThatTheLoopNeverBegins(t *testing.T) {
	l, err := loop.New()
	check(t, "loop.New", err, nil)
	n := New(l)
	s, _ := tcp(t, n)
	c := Conn(s)
	failed := make(chan error, 1000)
	reads := 0
	for begun := true; begun; {
		reads++
		go func() { _, err := c.Read(make([]byte, 10)); failed <- err }()
		for len(l.BackgroundTasks()) < reads {
			l.Post(func() { l.Wake(l.Main(), nil) })
			l.Park(loop.Why{Op: "the test"}, time.Time{})
		}
		begun = l.BackgroundTasks()[reads-1].State() != loop.Ready
	}
	check(t, "Close", l.Close(), nil)
	n.Close()
	for range reads {
		check(t, "is ErrClosed", errors.Is(<-failed, net.ErrClosed), true)
	}
}

// TestConnUnreachable: what nobody refers to is closed, and leaves nothing.
func TestConnUnreachable(t *testing.T) {
	n := elsewhere(t)
	_, b := n.conns(t, connKinds[1].pair)
	b.SetDeadline(time.Now().Add(time.Hour))
	done := make(chan error, 1)
	go func() { _, err := b.Read(make([]byte, 1)); done <- err }()
	for {
		n.do(n.Collect)
		select {
		case err := <-done:
			check(t, "Read", err, io.EOF)
			b.Close()
			n.settled(t)
			return
		default:
			runtime.Gosched()
		}
	}
}

func TestConnGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	eachConn(t, func(t *testing.T, n *owned, a, b net.Conn) {
		for range 100 {
			b.SetReadDeadline(time.Now().Add(10 * time.Microsecond))
			b.Read(make([]byte, 1))
		}
		b.SetDeadline(time.Now().Add(time.Hour))
	})
	for runtime.NumGoroutine() > before+1 { // the owners of the loops end on their own
		runtime.Gosched()
	}
}

// owned is a Net whose loop another goroutine owns and runs.
type owned struct {
	*Net
}

func elsewhere(t testing.TB) *owned {
	t.Helper()
	made, stop, stopped := make(chan *Net), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		l, err := loop.New()
		if err != nil {
			panic(err)
		}
		n := New(l)
		l.Ref()
		made <- n
		for !isClosed(stop) {
			l.Park(loop.Why{Op: "the host"}, time.Time{})
		}
		l.Unref()
		l.Close()
		n.Close()
	}()
	n := <-made
	t.Cleanup(func() {
		close(stop)
		n.Loop.Post(func() { n.Loop.Wake(n.Loop.Main(), nil) })
		<-stopped
	})
	return &owned{n}
}

// do has a task call fn.
func (n *owned) do(fn func()) {
	done := make(chan struct{})
	n.Loop.Post(func() {
		n.Loop.Go("test", func() { defer close(done); fn() })
	})
	<-done
}

func (n *owned) conns(t testing.TB, pair func(testing.TB, *Net) (*Sock, *Sock)) (a, b net.Conn) {
	n.do(func() {
		s, p := pair(t, n.Net)
		a, b = Conn(s), Conn(p)
	})
	return a, b
}

// waiting returns when that many tasks wait.
func (n *owned) waiting(want int) {
	for got := -1; got != want; {
		n.do(func() {
			got = 0
			for _, task := range n.Loop.BackgroundTasks() {
				if task.State() == loop.Waiting {
					got++
				}
			}
		})
	}
}

// settled checks that no socket is open and no task left.
func (n *owned) settled(t testing.TB) {
	t.Helper()
	n.do(func() {
		check(t, "tasks left", len(n.Loop.Tasks()), 1) // this one
		check(t, "tasks of conns left", len(n.Loop.BackgroundTasks()), 0)
		check(t, "sockets left open", len(n.Sockets()), 0)
	})
}

func timedOut(t testing.TB, err error, op string, c net.Conn) {
	t.Helper()
	check(t, op, err, opError(op, c, os.ErrDeadlineExceeded))
	var timeout net.Error
	check(t, "is a time-out", errors.As(err, &timeout) && timeout.Timeout(), true)
}

func opError(op string, c net.Conn, err error) error {
	return &net.OpError{Op: op, Net: c.LocalAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}

func second[T any](_ T, err error) error { return err }

//go:build linux

package sock

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// The edges of readiness: each of these tests hangs, until it is cancelled, if
// a call waits for an event that has come already or never comes.

// waitedOn makes the loop know the socket, and that nothing is there to read.
func waitedOn(t testing.TB, n *Net, s *Sock) {
	t.Helper()
	check(t, "Select", n.Select([]Ready{s.Ready(loop.In)}, time.Now()), nil)
	check(t, "Yield", n.Loop.Yield(), nil)
	_, err := s.recv(1, unix.MSG_DONTWAIT)
	check(t, "recv", err, syscallError("recv", unix.EAGAIN))
}

func TestDataAndFINInOneEvent(t *testing.T) {
	n := newNet(t)
	for _, known := range []bool{false, true} {
		a, b := tcp(t, n)
		if known {
			waitedOn(t, n, a)
		}
		send(t, b, "x")
		b.Close()
		recv(t, a, "x")
		atEnd(t, a)
		atEnd(t, a)

		a, b = tcp(t, n)
		task := n.Loop.Go("receives", func() {
			recv(t, a, "x")
			atEnd(t, a)
		})
		if known {
			parked(t, n, task)
		}
		send(t, b, "x")
		b.Shutdown(1)
		join(t, task)
		task = n.Loop.Go("receives", func() { recv(t, b, "half-closed") })
		parked(t, n, task)
		send(t, a, "half-closed")
		join(t, task)
		name, err := a.Getpeername()
		check(t, "the peer's name after FIN", err, nil)
		check(t, "is an address", name.Port != 0, true)
	}
}

// TestFINAfterTheEvent comes between the event for the data and the receive.
func TestFINAfterTheEvent(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	waitedOn(t, n, a)
	send(t, b, "x")
	n.Loop.Yield()
	b.Close()
	recv(t, a, "x")
	atEnd(t, a)
}

func TestRST(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	task := n.Loop.Go("receives", func() {
		_, err := a.Recv(10, 0)
		check(t, "recv", err, syscallError("recv", unix.ECONNRESET))
		atEnd(t, a)
		_, err = a.Getpeername()
		check(t, "getpeername", err, syscallError("getpeername", unix.ENOTCONN))
	})
	parked(t, n, task)
	reset(b)
	join(t, task)

	a, b = tcp(t, n)
	waitedOn(t, n, a)
	send(t, b, "x")
	reset(b)
	recv(t, a, "x")
	_, err := a.Recv(10, 0)
	check(t, "recv", err, syscallError("recv", unix.ECONNRESET))

	a, b = tcp(t, n)
	fill(t, a, addr.Addr{})
	task = n.Loop.Go("sends", func() {
		_, err := a.Send([]byte("x"), 0)
		check(t, "send", err, syscallError("send", unix.ECONNRESET))
	})
	parked(t, n, task)
	reset(b)
	join(t, task)
}

func TestSeveralMessagesInOneEvent(t *testing.T) {
	pairs := map[string]func(*Net) (*Sock, *Sock){
		"UDP": func(n *Net) (*Sock, *Sock) {
			a, b := udp(t, n)
			check(t, "Connect", b.Connect(name(t, a)), nil)
			return a, b
		},
	}
	for name, typ := range map[string]int{"SEQPACKET": unix.SOCK_SEQPACKET, "AF_UNIX datagrams": unix.SOCK_DGRAM} {
		pairs[name] = func(n *Net) (*Sock, *Sock) {
			a, b, err := n.Pair(unix.AF_UNIX, typ, 0)
			check(t, "Pair", err, nil)
			return keep(t, a), keep(t, b)
		}
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			n := newNet(t)
			a, b := pair(n)
			waitedOn(t, n, a)
			for i := range 5 {
				send(t, b, fmt.Sprint("message ", i))
			}
			for i := range 5 {
				recv(t, a, fmt.Sprint("message ", i))
			}
			if a.typ == unix.SOCK_SEQPACKET {
				send(t, b, "last")
				b.Close()
				recv(t, a, "last")
				atEnd(t, a)
			}
		})
	}
}

// TestAUnixStreamWithDescriptors: a receive stops where descriptors come along.
func TestAUnixStreamWithDescriptors(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	waitedOn(t, n, a)
	null := must(os.Open(os.DevNull))(t)
	defer null.Close()
	for _, text := range []string{"ab", "cd"} {
		err := unix.Sendmsg(b.FD(), []byte(text), unix.UnixRights(int(null.Fd())), nil, 0)
		check(t, "sendmsg", err, nil)
	}
	send(t, b, "ef")
	recv(t, a, "ab")
	data, err := a.Recv(100, 0)
	for err == nil && len(data) < 4 {
		var more []byte
		data = append([]byte(nil), data...)
		more, err = a.Recv(100, 0)
		data = append(data, more...)
	}
	check(t, "the rest", want(data, err)("cdef"), nil)
	b.Close()
	atEnd(t, a)
}

// TestOOB: a receive stops at the mark, whether or not the byte there has been
// received with MSG_OOB.
func TestOOB(t *testing.T) {
	oob := func(t *testing.T, s *Sock) {
		n, err := s.Send([]byte("!"), unix.MSG_OOB)
		check(t, "send", err, nil)
		check(t, "sent", n, 1)
	}
	takeOOB := func(t *testing.T, s *Sock) {
		data, err := s.Recv(10, unix.MSG_OOB)
		check(t, "OOB", want(data, err)("!"), nil)
	}
	atmark := func(t *testing.T, s *Sock, want bool) {
		at, err := s.Atmark()
		check(t, "Atmark", err, nil)
		check(t, "Atmark", at, want)
	}
	tests := []struct {
		name string
		run  func(t *testing.T, n *Net, a, b *Sock)
	}{
		{"left alone", func(t *testing.T, n *Net, a, b *Sock) {
			send(t, b, "ab")
			oob(t, b)
			send(t, b, "c")
			recv(t, a, "ab")
			atmark(t, a, true)
			recv(t, a, "c")
			atmark(t, a, false)
		}},
		{"taken first, then more data", func(t *testing.T, n *Net, a, b *Sock) {
			send(t, b, "ab")
			oob(t, b)
			send(t, b, "c")
			takeOOB(t, a)
			send(t, b, "d") // its event tells of data only
			n.Loop.Yield()
			n.Loop.Yield()
			recv(t, a, "ab")
			atmark(t, a, true)
			recv(t, a, "cd")
		}},
		{"taken at the mark", func(t *testing.T, n *Net, a, b *Sock) {
			send(t, b, "ab")
			oob(t, b)
			recv(t, a, "ab")
			atmark(t, a, true)
			takeOOB(t, a)
			_, err := a.Recv(1, unix.MSG_OOB)
			check(t, "OOB again", err, syscallError("recv", unix.EINVAL))
			task := n.Loop.Go("receives", func() { recv(t, a, "c") })
			parked(t, n, task)
			send(t, b, "c")
			join(t, task)
		}},
		{"waited for", func(t *testing.T, n *Net, a, b *Sock) {
			task := n.Loop.Go("selects", func() {
				list := []Ready{a.Ready(loop.Pri)}
				check(t, "Select", n.Select(list, time.Time{}), nil)
				check(t, "ready", list[0].Got, loop.Pri)
				takeOOB(t, a)
			})
			parked(t, n, task)
			send(t, b, "ab")
			n.Loop.Yield()
			oob(t, b)
			join(t, task)
			recv(t, a, "ab")
		}},
		{"inline", func(t *testing.T, n *Net, a, b *Sock) {
			check(t, "SO_OOBINLINE", unix.SetsockoptInt(a.FD(), unix.SOL_SOCKET, unix.SO_OOBINLINE, 1), nil)
			send(t, b, "ab")
			oob(t, b)
			send(t, b, "c")
			recv(t, a, "ab")
			atmark(t, a, true)
			recv(t, a, "!c")
		}},
		{"twice", func(t *testing.T, n *Net, a, b *Sock) {
			send(t, b, "a")
			oob(t, b)
			send(t, b, "b")
			recv(t, a, "a")
			recv(t, a, "b")
			send(t, b, "c")
			oob(t, b)
			send(t, b, "d")
			recv(t, a, "c")
			takeOOB(t, a)
			recv(t, a, "d")
			b.Close()
			atEnd(t, a)
		}},
	}
	for _, tt := range tests {
		for _, known := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s known=%v", tt.name, known), func(t *testing.T) {
				n := newNet(t)
				a, b := tcp(t, n)
				if known {
					waitedOn(t, n, a)
				}
				tt.run(t, n, a, b)
			})
		}
	}
}

// TestTheErrorQueue: that it is empty says nothing of the data.
func TestTheErrorQueue(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	check(t, "IP_RECVERR", unix.SetsockoptInt(a.FD(), unix.SOL_IP, unix.IP_RECVERR, 1), nil)
	sendto(t, b, "data", name(t, a))
	_, err := a.Recv(10, unix.MSG_ERRQUEUE)
	check(t, "recv", err, syscallError("recv", unix.EAGAIN))
	waiting := a.fd.May(loop.In)
	check(t, "may still receive", waiting, true)
	recv(t, a, "data")
	gone, _ := udp(t, n)
	to := name(t, gone)
	gone.Close()
	sendto(t, a, "refused", to)
	for {
		data, err := a.Recv(10, unix.MSG_ERRQUEUE)
		if err == nil {
			check(t, "what was refused", string(data), "refused")
			break
		}
		check(t, "recv", err, syscallError("recv", unix.EAGAIN))
		n.Loop.Yield()
	}
}

// TestANumberUsedAgain: between two events the descriptor is closed, and its
// number is another socket's.
func TestANumberUsedAgain(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	var second, peer *Sock
	closes := n.Loop.Go("closes", func() {
		recv(t, a, "x")
		fd := a.FD()
		a.Close()
		for second == nil || second.FD() != fd && peer.FD() != fd {
			second, peer = unixPair(t, n)
		}
		if peer.FD() == fd {
			second, peer = peer, second
		}
	})
	parked(t, n, closes)
	waits := n.Loop.Go("waits", func() {
		_, err := a.Recv(10, 0)
		check(t, "recv", err, error(ErrClosedUnder))
	})
	selects := n.Loop.Go("selects", func() {
		err := n.Select([]Ready{a.Ready(loop.In), b.Ready(loop.In)}, time.Time{})
		check(t, "select", err, error(ErrClosedUnder))
	})
	parked(t, n, waits)
	parked(t, n, selects)
	send(t, b, "x")
	join(t, closes, waits, selects)
	task := n.Loop.Go("receives", func() { recv(t, second, "y") })
	parked(t, n, task)
	for range 5 {
		b.Send([]byte("late"), 0) // answered by RST: events for the closed one
		n.Loop.Yield()
		check(t, "state", task.State(), loop.Waiting)
	}
	send(t, peer, "y")
	join(t, task)
}

// TestSelectOfAClosedSocket: it was closed while the caller gave others their
// turn.
func TestSelectOfAClosedSocket(t *testing.T) {
	n := newNet(t)
	a, _ := tcp(t, n)
	list := []Ready{a.Ready(loop.In)}
	a.Close()
	check(t, "Select", n.Select(list, time.Time{}), error(ErrClosedUnder))
}

// TestSeveralTasksOnOneSocket: each gets its part and none is forgotten.
func TestSeveralTasksOnOneSocket(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	var tasks []*loop.Task
	for range 5 {
		tasks = append(tasks, n.Loop.Go("receives", func() {
			data, err := a.Recv(1, 0)
			check(t, "recv", want(data, err)("x"), nil)
		}))
	}
	parked(t, n, tasks[4])
	send(t, b, "xx")
	join(t, tasks[:2]...)
	send(t, b, "xxx")
	join(t, tasks...)

	l := listener(t, n)
	tasks = nil
	for range 5 {
		tasks = append(tasks, n.Loop.Go("accepts", func() { accept(t, l) }))
	}
	parked(t, n, tasks[4])
	for range 5 {
		dial(t, n, l)
	}
	join(t, tasks...)
}

// TestTwoDirections: one task receives while another sends, and neither takes
// the other's event.
func TestTwoDirections(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	const size = 8 << 20
	move := func(from, to *Sock) (tasks []*loop.Task) {
		return []*loop.Task{
			n.Loop.Go("sends", func() { check(t, "sent", must(from.Send(make([]byte, size), 0))(t), size) }),
			n.Loop.Go("receives", func() { check(t, "got", len(must(to.Recv(size, unix.MSG_WAITALL))(t)), size) }),
		}
	}
	join(t, append(move(a, b), move(b, a)...)...)
}

func TestShutdownUnderACall(t *testing.T) {
	n := newNet(t)
	a, _ := tcp(t, n)
	task := n.Loop.Go("receives", func() { atEnd(t, a) })
	parked(t, n, task)
	check(t, "Shutdown", a.Shutdown(0), nil)
	join(t, task)

	fill(t, a, addr.Addr{})
	task = n.Loop.Go("sends", func() {
		_, err := a.Send([]byte("x"), 0)
		check(t, "send", err, syscallError("send", unix.EPIPE))
	})
	parked(t, n, task)
	check(t, "Shutdown", a.Shutdown(1), nil)
	join(t, task)

	l := listener(t, n)
	task = n.Loop.Go("accepts", func() {
		_, err := l.Accept()
		check(t, "accept", err, syscallError("accept", unix.EINVAL))
	})
	parked(t, n, task)
	check(t, "Shutdown", l.Shutdown(2), nil)
	join(t, task)
}

// TestAListenerThatIsNoConnection: once one was accepted, what only a connection can
// does not wait for the next.
func TestAListenerThatIsNoConnection(t *testing.T) {
	n := newNet(t)
	l := listener(t, n)
	task := n.Loop.Go("accepts", func() { accept(t, l) })
	parked(t, n, task)
	dial(t, n, l)
	join(t, task)
	_, err := l.Recv(1, 0)
	check(t, "Recv", err, syscallError("recv", unix.ENOTCONN))
	check(t, "MayRead", l.MayRead(), true)
	_, err = l.TryRead(make([]byte, 1))
	check(t, "TryRead", err, syscallError("recv", unix.ENOTCONN))
}

// TestShutdownUnderAnAcceptOnAFUnix: of those that wait the kernel wakes, with
// EINVAL, only who sleeps in it.
func TestShutdownUnderAnAcceptOnAFUnix(t *testing.T) {
	accepts := map[string]func(*Sock) error{
		"Accept":   func(l *Sock) error { _, err := l.Accept(); return err },
		"AcceptBy": func(l *Sock) error { _, err := l.AcceptBy(time.Time{}); return err },
	}
	for name, accept := range accepts {
		for _, how := range []int{unix.SHUT_RD, unix.SHUT_RDWR} {
			n := newNet(t)
			l := listenUnix(t, n)
			task := n.Loop.Go("accepts", func() {
				check(t, name, accept(l), syscallError("accept", unix.EINVAL))
			})
			parked(t, n, task)
			check(t, "Shutdown", l.Shutdown(how), nil)
			join(t, task)
			check(t, name+" after it", accept(l), syscallError("accept", unix.EINVAL))
			l.SetNonblock(true)
			_, err := l.Accept()
			check(t, "Accept that does not wait", err, syscallError("accept", unix.EAGAIN))
		}
	}
}

// TestConnectSteps is the sequence of a non-blocking connect.
func TestConnectSteps(t *testing.T) {
	n := newNet(t)
	l := blackhole(t, n)
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	s.SetNonblock(true)
	check(t, "connect", s.Connect(name(t, l)), syscallError("connect", unix.EINPROGRESS))
	check(t, "state", s.Info().State, Connecting)
	check(t, "connect again", s.Connect(name(t, l)), syscallError("connect", unix.EALREADY))
	list := []Ready{s.Ready(loop.Out)}
	check(t, "Select", n.Select(list, time.Now()), nil)
	check(t, "ready", list[0].Got, loop.Event(0))
	accept(t, l)
	accept(t, l)
	check(t, "Select", n.Select(list, time.Time{}), nil)
	check(t, "ready", list[0].Got, loop.Out)
	check(t, "connect, connected by now", s.Connect(name(t, l)), nil)
	check(t, "state", s.Info().State, Connected)
	check(t, "connect once more", s.Connect(name(t, l)), syscallError("connect", unix.EISCONN))

	gone := name(t, l)
	l.Close()
	s = socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	s.SetNonblock(true)
	err := s.Connect(gone)
	if errors.Is(err, unix.EINPROGRESS) {
		list = []Ready{s.Ready(loop.In | loop.Out)}
		check(t, "Select", n.Select(list, time.Time{}), nil)
		check(t, "ready", list[0].Got, loop.In|loop.Out)
		err = s.Connect(gone)
	}
	check(t, "connect, refused", err, syscallError("connect", unix.ECONNREFUSED))
}

// TestConnectThatGoesOn: a blocking connect whose time is over, or that was
// cancelled, is still under way, and the next waits for it.
func TestConnectThatGoesOn(t *testing.T) {
	n := newNet(t)
	l := blackhole(t, n)
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	s.wtimeo = 20 * time.Millisecond
	began := time.Now()
	check(t, "connect", s.Connect(name(t, l)), syscallError("connect", unix.EINPROGRESS))
	check(t, "it waited", time.Since(began) >= s.wtimeo, true)
	s.wtimeo = 0
	reason := errors.New("reason")
	task := n.Loop.Go("connects", func() {
		check(t, "connect, cancelled", s.Connect(name(t, l)), reason)
		check(t, "connect", s.Connect(name(t, l)), nil)
	})
	parked(t, n, task)
	task.Cancel(reason)
	n.Loop.Yield()
	parked(t, n, task)
	accept(t, l)
	accept(t, l)
	join(t, task)
	check(t, "state", s.Info().State, Connected)

	// Two tasks wait for one refusal: each hears that it is over.
	l = blackhole(t, n)
	s = socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	var errs []error
	connect := func() { errs = append(errs, s.Connect(name(t, l))) }
	tasks := []*loop.Task{n.Loop.Go("connects", connect), n.Loop.Go("connects", connect)}
	parked(t, n, tasks[1])
	check(t, "Shutdown", s.Shutdown(2), nil)
	join(t, tasks...)
	for _, err := range errs {
		check(t, "is refused", errors.Is(err, unix.ECONNABORTED) || errors.Is(err, unix.ECONNRESET), true)
	}
}

// TestConnectThatIsRefused waits for the answer.
func TestConnectThatIsRefused(t *testing.T) {
	n := newNet(t)
	l := listener(t, n)
	gone := name(t, l)
	l.Close()
	s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	check(t, "connect", s.Connect(gone), syscallError("connect", unix.ECONNREFUSED))
	check(t, "connect again", s.Connect(gone), syscallError("connect", unix.ECONNREFUSED))
	l = socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	check(t, "SO_REUSEADDR", unix.SetsockoptInt(l.FD(), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1), nil)
	check(t, "Bind", l.Bind(gone), nil)
	check(t, "Listen", l.Listen(1), nil)
	check(t, "connect after a refusal", s.Connect(gone), nil)
}

// blackhole is a listener that answers no more connects until it accepts.
func blackhole(t *testing.T, n *Net) *Sock {
	t.Helper()
	l := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
	check(t, "Bind", l.Bind(loopback(0)), nil)
	check(t, "Listen", l.Listen(0), nil)
	dial(t, n, l)
	for {
		c := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
		c.SetNonblock(true)
		err := c.Connect(name(t, l))
		if err != nil && !polledFor(c.FD(), unix.POLLOUT, 50) {
			c.Close()
			return l
		}
	}
}

// polledFor asks poll(2), for so many milliseconds.
func polledFor(fd int, events int16, ms int) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, ms)
	return n > 0 && err == nil
}

// TestClosingDoesNotStopOthers: close(2) waits under SO_LINGER, and only the
// task that called it does.
func TestClosingDoesNotStopOthers(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	linger(t, a, 60)
	fill(t, a, addr.Addr{})
	task := n.Loop.Go("closes", func() { check(t, "Close", a.Close(), nil) })
	parked(t, n, task)
	p, q := tcp(t, n)
	for range 100 {
		send(t, p, "x")
		recv(t, q, "x")
	}
	check(t, "state", task.State(), loop.Waiting)
	for task.State() != loop.Done {
		_, err := b.Recv(1<<20, 0)
		if err == io.EOF {
			break
		}
		check(t, "Recv", err, nil)
	}
	join(t, task)

	// Where no task is, and on a non-blocking socket, nobody waits.
	for _, close := range []func(s *Sock){
		func(s *Sock) {
			done := make(chan error, 1)
			n.Loop.Post(func() { done <- s.Close() })
			n.Loop.Yield()
			check(t, "Close", <-done, nil)
		},
		func(s *Sock) {
			s.SetNonblock(true)
			check(t, "Close", s.Close(), nil)
		},
	} {
		a, b = tcp(t, n)
		linger(t, a, 60)
		fill(t, a, addr.Addr{})
		close(a)
		check(t, "state", a.Info().State, Closed)
		for {
			if _, err := b.Recv(1<<20, 0); err != nil {
				check(t, "Recv", err, io.EOF)
				break
			}
		}
	}
}

// TestASharedOpenFile: it is blocking, because another process has it so, and
// yet no call holds up the loop. Its mode is left as it is.
func TestASharedOpenFile(t *testing.T) {
	shared := func(t *testing.T, n *Net, s *Sock) (*Sock, int) {
		copied := must(unix.Dup(s.FD()))(t)
		t.Cleanup(func() { unix.Close(copied) })
		fd, err := s.Detach()
		check(t, "Detach", err, nil)
		check(t, "IsClosed", s.IsClosed(), true)
		check(t, "SetNonblock", unix.SetNonblock(fd, false), nil)
		adopted, err := n.Adopt(fd)
		check(t, "Adopt", err, nil)
		check(t, "number", adopted.FD(), fd)
		return adopted, copied
	}
	stillBlocking := func(t *testing.T, copied int) {
		flags, err := unix.FcntlInt(uintptr(copied), unix.F_GETFL, 0)
		check(t, "blocking", err == nil && flags&unix.O_NONBLOCK == 0, true)
	}
	// others runs fn while another task goes on.
	others := func(t *testing.T, n *Net, fn func()) *loop.Task {
		task := n.Loop.Go("waits", fn)
		parked(t, n, task)
		p, q := unixPair(t, n)
		send(t, p, "x")
		recv(t, q, "x")
		return task
	}

	t.Run("receive and send", func(t *testing.T) {
		n := newNet(t)
		a, b := tcp(t, n)
		a, copied := shared(t, n, a)
		check(t, "state", a.Info().State, Connected)
		task := others(t, n, func() { recv(t, a, "x") })
		send(t, b, "x")
		join(t, task)
		fill(t, a, addr.Addr{})
		task = others(t, n, func() { send(t, a, "y") })
		drain(t, b)
		join(t, task)
		stillBlocking(t, copied)
		a.Close()
		check(t, "the other still has it", second(unix.Write(copied, []byte("z"))), nil)
	})
	t.Run("accept", func(t *testing.T) {
		n := newNet(t)
		l := listener(t, n)
		l, copied := shared(t, n, l)
		check(t, "state", l.Info().State, Listening)
		task := others(t, n, func() { accept(t, l) })
		dial(t, n, l)
		join(t, task)
		stillBlocking(t, copied)

		// Another process is faster: it takes what both were woken for.
		task = others(t, n, func() { accept(t, l) })
		c := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
		sysConnect(c.FD(), name(t, l)) // gives no other task a turn
		fd, _, err := unix.Accept(copied)
		check(t, "accept", err, nil)
		unix.Close(fd)
		n.Loop.Yield()
		n.Loop.Yield()
		check(t, "state", task.State(), loop.Waiting)
		dial(t, n, l)
		join(t, task)
	})
	t.Run("connect", func(t *testing.T) {
		n := newNet(t)
		l := listenUnix(t, n)
		fillBacklog(t, n, l)
		s, copied := shared(t, n, socket(t, n, unix.AF_UNIX, unix.SOCK_STREAM))
		task := others(t, n, func() { check(t, "Connect", s.Connect(name(t, l)), nil) })
		accept(t, l)
		join(t, task)
		stillBlocking(t, copied)

		hole := blackhole(t, n)
		s, copied = shared(t, n, socket(t, n, unix.AF_INET, unix.SOCK_STREAM))
		s.wtimeo = 20 * time.Millisecond
		check(t, "Connect", s.Connect(name(t, hole)), syscallError("connect", unix.EINPROGRESS))
		stillBlocking(t, copied)
	})
	t.Run("datagrams", func(t *testing.T) {
		n := newNet(t)
		a, b := udp(t, n)
		a, copied := shared(t, n, a)
		check(t, "state", a.Info().State, Bound)
		task := others(t, n, func() { recv(t, a, "x") })
		sendto(t, b, "x", name(t, a))
		join(t, task)
		stillBlocking(t, copied)
	})
}

// TestUnreachable: a Sock that nobody refers to is closed, but not while a task
// waits on it.
func TestUnreachable(t *testing.T) {
	n := newNet(t)
	kept, peer, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, "Pair", err, nil)
	const lost = 500
	lose(t, n, lost)
	task := func(s *Sock) *loop.Task {
		return n.Loop.Go("waits", func() { atEnd(t, s) })
	}(kept)
	kept = nil
	parked(t, n, task)
	n.Collect()
	check(t, "open after a collection", len(n.Sockets()), 2)
	check(t, "state", task.State(), loop.Waiting)
	peer.Close()
	join(t, task)
	task = nil
	n.Collect()
	check(t, "open in the end", len(n.Sockets()), 0)
}

// TestUnreachableBeforeSleep: a script that makes sockets and forgets them does
// not run out of descriptors.
func TestUnreachableBeforeSleep(t *testing.T) {
	n := newNet(t)
	most := 0
	for range 20 {
		lose(t, n, firstCollect)
		check(t, "Sleep", n.Loop.Sleep(time.Millisecond), nil)
		most = max(most, len(n.Sockets()))
	}
	if most > 4*firstCollect {
		t.Errorf("%d were open at once", most)
	}
	// Those that are closed do not count, and those in use do not bring
	// collections again and again.
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 10 * firstCollect {
		s := socket(t, n, unix.AF_INET, unix.SOCK_DGRAM)
		s.Close()
		n.Loop.Sleep(time.Microsecond)
	}
	runtime.ReadMemStats(&after)
	if forced := after.NumForcedGC - before.NumForcedGC; forced > 2 {
		t.Errorf("%d forced collections", forced)
	}
}

//go:noinline
func lose(t testing.TB, n *Net, count int) {
	for range count {
		must(n.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0))(t)
	}
}

func TestManyCreatedAndClosed(t *testing.T) {
	n := newNet(t)
	before := openDescriptors(t)
	for range 10_000 {
		must(n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))(t).Close()
	}
	l := listener(t, n)
	for range 500 {
		c := dial(t, n, l)
		s := accept(t, l)
		send(t, c, "x")
		recv(t, s, "x")
		reset(c)
		s.Close()
	}
	l.Close()
	for range 500 {
		s := socket(t, n, unix.AF_INET, unix.SOCK_STREAM)
		s.Connect(loopback(1)) // refused
		s.Close()
	}
	check(t, "open", len(n.Sockets()), 0)
	check(t, "descriptors", openDescriptors(t), before)
	check(t, "made", n.made, 0)
}

// TestNoDescriptorLeft runs TestInAChild with few descriptors.
func TestNoDescriptorLeft(t *testing.T) {
	cmd := exec.Command(os.Args[0], "-test.run=^TestInAChild$", "-test.v")
	cmd.Env = append(os.Environ(), "SOCK_TEST_CHILD=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestInAChild(t *testing.T) {
	if os.Getenv("SOCK_TEST_CHILD") == "" {
		t.Skip("is for TestNoDescriptorLeft")
	}
	n := newNet(t)
	l := listener(t, n)
	dial(t, n, l)
	check(t, "setrlimit", unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 100, Max: 100}), nil)
	var held []*Sock
	for {
		s, err := n.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
		if err != nil {
			check(t, "create", err, syscallError("socket", unix.EMFILE))
			break
		}
		held = append(held, s)
	}
	_, _, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, "create_pair", err, syscallError("socketpair", unix.EMFILE))
	for range 2 {
		_, err = l.Accept()
		check(t, "accept", err, syscallError("accept", unix.EMFILE))
	}
	held[0].Close()
	c := accept(t, l)
	check(t, "the listener lives", c.Info().State, Connected)

	// What nobody refers to is closed before the error is reported.
	count := len(held)
	clear(held[:count/2])
	for i := range count/2 - 1 {
		if held[i], err = n.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err != nil {
			t.Fatalf("create, number %d of %d: %v", i, count/2, err)
		}
	}
	_, err = n.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	check(t, "create", err, syscallError("socket", unix.EMFILE))
	runtime.KeepAlive(held)
	c.Close()
	dial(t, n, l)
}

package sock

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// TestSendAll: a blocking stream sends 32 MB to a reader that is slow, takes
// little at a time and lets the others run.
func TestSendAll(t *testing.T) {
	for name, pair := range map[string]func(*testing.T, *Net) (*Sock, *Sock){"tcp": tcp, "unix": unixPair} {
		t.Run(name, func(t *testing.T) {
			n := newNet(t)
			a, b := pair(t, n)
			data := make([]byte, 32<<20)
			for i := range data {
				data[i] = byte(i >> 8 * i)
			}
			task := n.Loop.Go("sends", func() {
				sent, err := a.Send(data, 0)
				check(t, "Send", err, nil)
				check(t, "sent", sent, len(data))
				check(t, "Shutdown", a.Shutdown(1), nil)
			})
			var got []byte
			for max := 1; ; max = max%200_000 + 997 {
				part, err := b.Recv(max, 0)
				if err == io.EOF {
					break
				}
				check(t, "Recv", err, nil)
				got = append(got, part...)
				n.Loop.Yield()
			}
			join(t, task)
			check(t, "what came is what was sent", bytes.Equal(got, data), true)
			check(t, "out", a.Info().Out, uint64(len(data)))
			check(t, "in", b.Info().In, uint64(len(data)))
		})
	}
}

func TestOneByteAtATime(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	const text = "one byte at a time\n"
	task := n.Loop.Go("sends", func() {
		for i := range text {
			send(t, a, text[i:i+1])
			for n.Loop.Main().State() == loop.Waiting && b.fd.May(loop.In) {
				n.Loop.Yield()
			}
		}
	})
	line, err := b.ReadLine(100)
	check(t, "ReadLine", err, nil)
	check(t, "line", string(line), text)
	join(t, task)
}

// TestSendPart: what was sent until SO_SNDTIMEO passed, a cancel came or the
// socket was closed is told, and it is no less.
func TestSendPart(t *testing.T) {
	reason := errors.New("reason")
	tests := []struct {
		name string
		end  func(n *Net, s *Sock, task *loop.Task)
		err  error
	}{
		{"time-out", nil, nil},
		{"cancel", func(n *Net, s *Sock, task *loop.Task) { task.Cancel(reason) }, reason},
		{"close", func(n *Net, s *Sock, task *loop.Task) { s.Close() }, ErrClosedUnder},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNet(t)
			a, b := tcp(t, n)
			if tt.end == nil {
				a.wtimeo = 20 * time.Millisecond
			}
			sent := 0
			task := n.Loop.Go("sends", func() {
				var err error
				sent, err = a.Send(make([]byte, 64<<20), 0)
				check(t, "Send", err, tt.err)
			})
			parked(t, n, task)
			if tt.end != nil {
				tt.end(n, a, task)
			}
			join(t, task)
			if sent == 0 || sent == 64<<20 {
				t.Errorf("sent %d bytes", sent)
			}
			if tt.end == nil {
				check(t, "last error", a.LastErr(), 0)
				check(t, "last error of all", n.LastErr, 0)
			}
			if !a.IsClosed() {
				a.Close()
			}
			got := 0
			for {
				part, err := b.Recv(1<<20, 0)
				if err == io.EOF {
					break
				}
				check(t, "Recv", err, nil)
				got += len(part)
			}
			check(t, "received", got, sent)
		})
	}
}

// TestSendTimeOutIsForAll: a reader that is slow enough does not prolong it.
func TestSendTimeOutIsForAll(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	a.wtimeo = 50 * time.Millisecond
	done := false
	n.Loop.Go("reads", func() {
		for !done {
			n.Loop.Sleep(10 * time.Millisecond)
			b.Recv(100_000, unix.MSG_DONTWAIT)
		}
	})
	data := make([]byte, 64<<20)
	began := time.Now()
	sent, err := a.Send(data, 0)
	done = true
	check(t, "Send", err, nil)
	if took := time.Since(began); sent == len(data) || took < a.wtimeo || took > 20*a.wtimeo {
		t.Errorf("sent %d bytes in %v", sent, took)
	}
	check(t, "Run", n.Loop.Run(), nil)
}

// TestRecvAll is MSG_WAITALL.
func TestRecvAll(t *testing.T) {
	reason := errors.New("reason")
	tests := []struct {
		name string
		then func(n *Net, a, b *Sock, task *loop.Task) // after "abc" of "abcdef"
		want string
		err  error
		rest string
	}{
		{"whole", func(n *Net, a, b *Sock, _ *loop.Task) { b.Send([]byte("defg"), 0) }, "abcdef", nil, "g"},
		{"FIN", func(n *Net, a, b *Sock, _ *loop.Task) { b.Shutdown(1) }, "abc", nil, ""},
		{"time-out", func(n *Net, a, b *Sock, _ *loop.Task) {}, "abc", nil, "x"},
		{"cancel", func(n *Net, a, b *Sock, task *loop.Task) { task.Cancel(reason) }, "", reason, "abcx"},
		{"close", func(n *Net, a, b *Sock, task *loop.Task) { a.Close() }, "", ErrClosedUnder, ""},
		{"RST", func(n *Net, a, b *Sock, task *loop.Task) { reset(b) }, "abc", nil, ""},
	}
	for _, tt := range tests {
		for _, from := range []bool{false, true} {
			t.Run(tt.name+map[bool]string{false: "", true: " recvfrom"}[from], func(t *testing.T) {
				n := newNet(t)
				a, b := tcp(t, n)
				task := n.Loop.Go("receives", func() {
					if tt.name == "time-out" {
						a.rtimeo = 20 * time.Millisecond
					}
					var data []byte
					var err error
					if from {
						data, _, err = a.Recvfrom(6, unix.MSG_WAITALL)
					} else {
						data, err = a.Recv(6, unix.MSG_WAITALL)
					}
					a.rtimeo = 0
					check(t, "error", err, tt.err)
					check(t, "data", string(data), tt.want)
					if err == nil {
						check(t, "last error of all", n.LastErr == 0 || tt.name == "RST", true)
					}
				})
				parked(t, n, task)
				send(t, b, "abc")
				for a.in < 3 {
					n.Loop.Yield()
				}
				parked(t, n, task)
				tt.then(n, a, b, task)
				join(t, task)
				switch {
				case a.IsClosed():
				case tt.name == "RST":
					_, err := a.Recv(10, 0)
					check(t, "recv", err, syscallError("recv", unix.ECONNRESET))
					check(t, "last error", a.LastErr(), int(unix.ECONNRESET))
					atEnd(t, a)
				case tt.rest == "":
					atEnd(t, a)
				default:
					if tt.rest != "g" {
						send(t, b, "x")
					}
					data, err := a.Recv(len(tt.rest), unix.MSG_WAITALL)
					check(t, "recv", err, nil)
					check(t, "the rest", string(data), tt.rest)
				}
			})
		}
	}
}

// TestRecvAllTimeOutIsForAll: bytes that trickle in do not prolong it.
func TestRecvAllTimeOutIsForAll(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	a.rtimeo = 50 * time.Millisecond
	done := false
	task := n.Loop.Go("sends", func() {
		for !done {
			send(t, b, "x")
			n.Loop.Sleep(10 * time.Millisecond)
		}
	})
	data, err := a.Recv(1000, unix.MSG_WAITALL)
	done = true
	check(t, "Recv", err, nil)
	if len(data) == 0 || len(data) > 100 {
		t.Errorf("got %d bytes", len(data))
	}
	join(t, task)
}

func TestRecvAllOfLess(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	send(t, b, "abc")
	data, err := a.Recv(10, unix.MSG_WAITALL|unix.MSG_DONTWAIT)
	check(t, "with MSG_DONTWAIT", want(data, err)("abc"), nil)
	a.SetNonblock(true)
	send(t, b, "abc")
	check(t, "Select", n.Select([]Ready{a.Ready(loop.In)}, time.Time{}), nil)
	data, err = a.Recv(10, unix.MSG_WAITALL)
	check(t, "non-blocking", want(data, err)("abc"), nil)
	p, q := udp(t, n)
	sendto(t, q, "datagram", name(t, p))
	data, err = p.Recv(100, unix.MSG_WAITALL)
	check(t, "a datagram", want(data, err)("datagram"), nil)
}

func TestDontWait(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	_, err := a.Recv(10, unix.MSG_DONTWAIT)
	check(t, "recv", err, syscallError("recv", unix.EAGAIN))
	_, _, err = a.Recvfrom(10, unix.MSG_DONTWAIT)
	check(t, "recvfrom", err, syscallError("recvfrom", unix.EAGAIN))
	fill(t, a, addr.Addr{})
	_, err = a.Send([]byte("x"), unix.MSG_DONTWAIT)
	check(t, "send", err, syscallError("send", unix.EAGAIN))
	// None of these has lost a wake-up.
	n.Loop.Go("sends", func() { drain(t, b); send(t, b, "x") })
	recv(t, a, "x")
	send(t, a, "y")
}

func TestPeekAndHeldBytes(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	send(t, b, "world\nmore")
	data, err := a.Recv(5, unix.MSG_PEEK)
	check(t, "peek", want(data, err)("world"), nil)
	a.Unread([]byte("lo "))
	a.Unread([]byte("hel"))
	check(t, "Buffered", a.Buffered(), 6)
	data, err = a.Recv(100, unix.MSG_PEEK)
	check(t, "peek at what was put back", want(data, err)("hello "), nil)
	list := []Ready{a.Ready(loop.In | loop.Out)}
	check(t, "Select", n.Select(list, time.Time{}), nil)
	check(t, "ready", list[0].Got, loop.In|loop.Out)
	data, err = a.Recv(2, 0)
	check(t, "recv", want(data, err)("he"), nil)
	line, err := a.ReadLine(100)
	check(t, "ReadLine", want(line, err)("llo world\n"), nil)
	check(t, "Buffered", a.Buffered(), 0)
	a.Unread([]byte("even "))
	data, err = a.Recv(9, unix.MSG_WAITALL)
	check(t, "all", want(data, err)("even more"), nil)

	// Only what was put back makes a socket ready.
	a.Unread([]byte("x"))
	list = []Ready{a.Ready(loop.In)}
	check(t, "Select", n.Select(list, time.Time{}), nil)
	check(t, "ready", list[0].Got, loop.In)
	data, from, err := a.Recvfrom(100, 0)
	check(t, "recvfrom", want(data, err)("x"), nil)
	check(t, "from", from, addr.Addr{})
	list = []Ready{a.Ready(loop.In)}
	check(t, "Select", n.Select(list, time.Now()), nil)
	check(t, "ready", list[0].Got, loop.Event(0))

	// The kernel's own: not what was put back.
	a.Unread([]byte("x"))
	b.Send([]byte("!"), unix.MSG_OOB)
	data, err = a.Recv(1, unix.MSG_OOB)
	check(t, "OOB", want(data, err)("!"), nil)
}

// TestRecvOfMore: more than the loop's buffer holds comes at once.
func TestRecvOfMore(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	const size = 150_000
	check(t, "SO_SNDBUF", unix.SetsockoptInt(b.FD(), unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<20), nil)
	sent, err := b.Send(bytes.Repeat([]byte("x"), size), unix.MSG_DONTWAIT)
	check(t, "send", err, nil)
	if sent <= loop.ScratchSize {
		t.Skipf("the system lets only %d bytes be under way", sent)
	}
	data, err := a.Recv(1<<30, unix.MSG_PEEK)
	check(t, "peek", err, nil)
	check(t, "peeked", len(data), sent)
	data, err = a.Recv(100_000, 0)
	check(t, "recv", err, nil)
	check(t, "received", len(data), 100_000)
	data, err = a.Recv(1<<30, 0)
	check(t, "recv", err, nil)
	check(t, "received", len(data), sent-100_000)
	send(t, b, "next")
	recv(t, a, "next")
}

func TestDatagrams(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	to := name(t, a)
	for _, text := range []string{"first", "", "third is longer"} {
		sendto(t, b, text, to)
	}
	data, from, err := a.Recvfrom(100, 0)
	check(t, "the first", want(data, err)("first"), nil)
	check(t, "from", from, name(t, b))
	data, from, err = a.Recvfrom(100, 0)
	check(t, "the empty one", want(data, err)(""), nil)
	check(t, "from", from, name(t, b))
	data, err = a.Recv(5, 0)
	check(t, "the cut one", want(data, err)("third"), nil)

	sendto(t, b, "0123456789", to)
	data, err = a.Recv(4, unix.MSG_TRUNC)
	check(t, "with MSG_TRUNC", want(data, err)("0123"), nil)

	check(t, "Connect", b.Connect(to), nil)
	send(t, b, "to the peer")
	recv(t, a, "to the peer")
	check(t, "connected", b.Info().State, Connected)
	big := make([]byte, 65507)
	check(t, "sent", must(b.Send(big, 0))(t), len(big))
	check(t, "received", len(must(a.Recv(1<<20, 0))(t)), len(big))
}

// TestTruncOfAStream: the kernel counts bytes that it does not write; what it
// left in the buffer is nobody's business.
func TestTruncOfAStream(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	send(t, b, "secret")
	recv(t, a, "secret")
	send(t, b, "abcd")
	check(t, "Select", n.Select([]Ready{a.Ready(loop.In)}, time.Time{}), nil)
	data, err := a.Recv(4, unix.MSG_TRUNC)
	check(t, "recv", want(data, err)("\x00\x00\x00\x00"), nil)
	send(t, b, "next")
	recv(t, a, "next")
}

// TestUDPRefused: the error comes once, with the next call or in the one that
// waits.
func TestUDPRefused(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	check(t, "Connect", a.Connect(name(t, b)), nil)
	b.Close()
	send(t, a, "x")
	_, err := a.Recv(10, 0)
	check(t, "recv", err, syscallError("recv", unix.ECONNREFUSED))
	task := n.Loop.Go("receives", func() {
		_, err := a.Recv(10, 0)
		check(t, "recv", err, syscallError("recv", unix.ECONNREFUSED))
	})
	parked(t, n, task)
	send(t, a, "x")
	join(t, task)
	send(t, a, "x")
}

func TestSendToAPeerThatIsGone(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	b.Close()
	var err error
	for err == nil {
		_, err = a.Send([]byte("x"), 0)
	}
	check(t, "send", errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET), true)
	p, q := unixPair(t, n)
	q.Close()
	_, err = p.Send([]byte("x"), 0)
	check(t, "send", err, syscallError("send", unix.EPIPE))
	check(t, "Shutdown", p.Shutdown(1), nil)

	// A send that waits.
	p, q = unixPair(t, n)
	task := n.Loop.Go("sends", func() {
		_, err := p.Send(make([]byte, 10<<20), 0)
		check(t, "send", err, syscallError("send", unix.EPIPE))
	})
	parked(t, n, task)
	q.Close()
	join(t, task)
}

// reset closes with RST.
func reset(s *Sock) {
	unix.SetsockoptLinger(s.FD(), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	s.Close()
}

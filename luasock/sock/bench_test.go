package sock

import (
	"testing"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// TestAllocations: a receive and a send on a ready socket, and a wait, allocate
// nothing.
func TestAllocations(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	p, q := udp(t, n)
	to := name(t, p)
	echo := n.Loop.Go("echoes", func() {
		for {
			data, err := b.Recv(100, 0)
			if err != nil {
				return
			}
			b.Send(data, 0)
		}
	})
	message := []byte("sixty-four bytes")
	tests := map[string]func(){
		"send and a receive that waits": func() { a.Send(message, 0); a.Recv(100, 0) },
		"sendto and recvfrom":           func() { q.Sendto(message, 0, to); p.Recvfrom(100, 0) },
		"peek": func() {
			q.Sendto(message, 0, to)
			p.Recv(100, unix.MSG_PEEK)
			p.Recv(100, 0)
		},
	}
	for name, run := range tests {
		run()
		check(t, name, testing.AllocsPerRun(200, run), 0.0)
	}
	a.Close()
	join(t, echo)
}

func BenchmarkEcho(b *testing.B) {
	n := newNet(b)
	c, s := tcpPair(b, n)
	task := n.Loop.Go("echoes", func() {
		for {
			data, err := s.Recv(100, 0)
			if err != nil {
				return
			}
			s.Send(data, 0)
		}
	})
	message := make([]byte, 64)
	b.ReportAllocs()
	ask := n.Loop.Go("asks", func() {
		for b.Loop() {
			c.Send(message, 0)
			c.Recv(100, 0)
		}
	})
	join(b, ask)
	c.Close()
	join(b, task)
}

func BenchmarkAcceptClose(b *testing.B) {
	n := newNet(b)
	l := listener(b, n)
	at := name(b, l)
	b.ReportAllocs()
	for b.Loop() {
		c, err := n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err == nil {
			err = c.Connect(at)
		}
		var s *Sock
		if err == nil {
			s, err = l.Accept()
		}
		if err != nil {
			b.Fatal(err)
		}
		reset(c) // or the ports run out
		s.Close()
	}
}

func BenchmarkCreateClose(b *testing.B) {
	n := newNet(b)
	b.ReportAllocs()
	for b.Loop() {
		s, err := n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}

func BenchmarkSelect100(b *testing.B) {
	n := newNet(b)
	var list []Ready
	var last *Sock
	var held []*Sock
	for range 100 {
		p, q, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			b.Fatal(err)
		}
		held, last = append(held, p), q
		list = append(list, p.Ready(loop.In))
	}
	b.ReportAllocs()
	for b.Loop() {
		task := n.Loop.Go("selects", func() { n.Select(list, n.Loop.Deadline(-1)) })
		n.Loop.Yield()
		last.Send([]byte("x"), 0)
		join(b, task)
		held[99].Recv(1, 0)
	}
}

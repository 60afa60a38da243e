package sock

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestReadLine(t *testing.T) {
	tests := []struct {
		data string
		max  int
		want []string
	}{
		{"abc\ndef\r\nghi\r", 100, []string{"abc\n", "def\r", "\n", "ghi\r"}},
		{"ab\n", 2, []string{"ab", "\n"}},
		{"ab\n", 3, []string{"ab\n"}},
		{"a\x00b\n\n", 100, []string{"a\x00b\n", "\n"}},
		{"tail", 100, []string{"tail"}},
		{"x\ntail", 100, []string{"x\n", "tail"}},
		{"", 100, nil},
	}
	for _, tt := range tests {
		for _, pieces := range []bool{false, true} {
			t.Run(fmt.Sprintf("%q %d pieces=%v", tt.data, tt.max, pieces), func(t *testing.T) {
				n := newNet(t)
				a, b := tcp(t, n)
				n.Loop.Go("sends", func() {
					for i := range tt.data {
						if pieces {
							send(t, b, tt.data[i:i+1])
							n.Loop.Yield()
						}
					}
					if !pieces && tt.data != "" {
						send(t, b, tt.data)
					}
					b.Close()
				})
				for _, text := range tt.want {
					line, err := a.ReadLine(tt.max)
					check(t, "line", want(line, err)(text), nil)
				}
				for range 2 {
					line, err := a.ReadLine(tt.max)
					check(t, "at the end", err, io.EOF)
					check(t, "at the end", len(line), 0)
				}
			})
		}
	}
}

// TestLineThatIsCutShort: what has come is the result where the world has no
// more for now, and stays where the script ended the wait.
func TestLineThatIsCutShort(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	send(t, b, "part")
	a.SetNonblock(true)
	for {
		line, err := a.ReadLine(100)
		if err == nil {
			check(t, "non-blocking", string(line), "part")
			break
		}
		check(t, "non-blocking", err, syscallError("recv", unix.EAGAIN))
	}
	_, err := a.ReadLine(100)
	check(t, "non-blocking, nothing there", err, syscallError("recv", unix.EAGAIN))
	a.SetNonblock(false)

	a.rtimeo = 20 * time.Millisecond
	send(t, b, "part")
	line, err := a.ReadLine(100)
	check(t, "time-out", want(line, err)("part"), nil)
	_, err = a.ReadLine(100)
	check(t, "time-out, nothing there", err, syscallError("recv", unix.EAGAIN))
	a.rtimeo = 0

	reason := errors.New("reason")
	task := n.Loop.Go("reads", func() {
		line, err := a.ReadLine(100)
		check(t, "cancelled", err, reason)
		check(t, "cancelled", len(line), 0)
		line, err = a.ReadLine(100)
		check(t, "the next", want(line, err)("a whole line\n"), nil)
	})
	parked(t, n, task)
	send(t, b, "a whole")
	for a.in < 15 {
		n.Loop.Yield()
	}
	parked(t, n, task)
	task.Cancel(reason)
	n.Loop.Yield()
	parked(t, n, task)
	send(t, b, " line\n")
	join(t, task)

	task = n.Loop.Go("reads", func() {
		line, err := a.ReadLine(100)
		check(t, "before RST", want(line, err)("tail"), nil)
		_, err = a.ReadLine(100)
		check(t, "RST", err, syscallError("recv", unix.ECONNRESET))
		atEnd(t, a)
	})
	parked(t, n, task)
	before := a.in
	send(t, b, "tail")
	for a.in < before+4 {
		n.Loop.Yield()
	}
	parked(t, n, task)
	reset(b)
	join(t, task)
}

// TestLineOfADatagram: what is behind the line end is lost.
func TestLineOfADatagram(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	for _, text := range []string{"line\nrest", "no end", "", "longer than asked for\n"} {
		sendto(t, b, text, name(t, a))
	}
	for _, text := range []string{"line\n", "no end", "", "longe"} {
		line, err := a.ReadLine(5 + len("no end")*btoi(text != "longe"))
		check(t, "line", want(line, err)(text), nil)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestLongLine is longer than the loop's buffer.
func TestLongLine(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	long := make([]byte, 300_000)
	for i := range long {
		long[i] = byte('a' + i%26)
	}
	long[len(long)-1] = '\n'
	n.Loop.Go("sends", func() { b.Send(long, 0) })
	line, err := a.ReadLine(1 << 20)
	check(t, "ReadLine", err, nil)
	check(t, "the line is whole", string(line) == string(long), true)
}

// Datagrams that are delivered come before what the kernel has, with their
// sender, each whole or cut as recv(2) cuts it, empty ones too.
func TestDeliver(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	peer, err := a.Getsockname()
	if err != nil {
		t.Fatal(err)
	}
	at, err := b.Getsockname()
	if err != nil {
		t.Fatal(err)
	}
	sendto(t, a, "kernel", at)
	for _, text := range []string{"one", "", "three", "four"} {
		b.Deliver([]byte(text), peer)
	}
	if err := b.WaitRead(time.Now().Add(time.Second)); err != nil || b.AtEnd() || !b.MayRead() {
		t.Error("the socket does not tell that it has datagrams: ", err)
	}
	p := make([]byte, 9)
	if got, err := b.TryPeek(p); string(p[:got]) != "one" || err != nil {
		t.Errorf("TryPeek gives %q, %v", p[:got], err)
	}
	for _, want := range []string{"one", ""} {
		data, from, err := b.Recvfrom(9, 0)
		if string(data) != want || from != peer || err != nil {
			t.Errorf("Recvfrom gives %q from %v, %v; want %q from %v", data, from, err, want, peer)
		}
	}
	if got, from, err := b.TryRecvfrom(p[:3], 0); string(p[:got]) != "thr" || from != peer || err != nil {
		t.Errorf("TryRecvfrom gives %q from %v, %v", p[:got], from, err)
	}
	for _, want := range []string{"four", "kernel"} {
		if data, err := b.Recv(9, 0); string(data) != want || err != nil {
			t.Errorf("Recv gives %q, %v; want %q", data, err, want)
		}
	}
	if in := b.Info().In; in != 18 {
		t.Errorf("%d bytes were received, want 18", in)
	}
}

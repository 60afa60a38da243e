package stream_test

import (
	"bytes"
	"errors"
	"io"
	"math"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// reads is a case of reading everything in pieces of one kind.
type reads struct {
	data   string
	splits string // each byte: how many bytes more arrive before the next try
	ending string
	n      int // the bound of a piece, more than 0
}

var readCases = []reads{
	{"one\r\ntwo\n\nx\rtail", "\x01\x02", "\n", 100},
	{"abc\nabc\n", "\x03", "\n", 4},
	{";;A;;B;;tail", "\x01", ";;", 100},
	{"12345678;;x", "\x09", ";;", 4},
	{"1234;;x", "\x05\x01", ";;", 4},
	{"123;;x", "\x04", ";;", 4},
	{"", "", "x", 1},
	{"aaab", "\x02", "aab", 3},
	{"\x00\xff\x00\x00", "\x01", "\x00\x00", 9},
	{"no ending at all", "\x07", "", 5},
}

// TestReads compares pieces with a plain model. What a table does not think of,
// FuzzReads finds.
func TestReads(t *testing.T) {
	for _, c := range readCases {
		c.check(t)
	}
}

func FuzzReads(f *testing.F) {
	for _, c := range readCases {
		f.Add(c.data, c.splits, c.ending, uint8(c.n))
	}
	f.Fuzz(func(t *testing.T, data, splits, ending string, n uint8) {
		if len(data) < 4096 {
			reads{data, splits, ending, max(1, int(n))}.check(t)
		}
	})
}

func (c reads) check(t *testing.T) {
	t.Helper()
	for _, shared := range []string{"", "exact", "ahead"} {
		c.compare(t, "Gets", shared, c.gets(), func(s *stream.Stream) ([]byte, error) { return s.Gets(c.n) })
		c.compare(t, "GetLine", shared, c.lines(), func(s *stream.Stream) ([]byte, error) { return s.GetLine(c.n, []byte(c.ending)) })
		if c.ending == "" {
			continue
		}
		c.compare(t, "ReadUntil", shared, c.until(), func(s *stream.Stream) ([]byte, error) {
			return s.ReadUntil(stream.Until{Match: stream.Text([]byte(c.ending))})
		})
	}
	c.compare(t, "ReadExactly", "exact", c.exactly(), func(s *stream.Stream) ([]byte, error) { return s.ReadExactly(c.n) })
}

// compare reads pieces until the end. Whenever a try finds too little, nothing
// may be lost and more arrives.
func (c reads) compare(t *testing.T, name string, shared string, want []string, read func(*stream.Stream) ([]byte, error)) {
	t.Helper()
	p := newPeer(t)
	if shared != "" {
		p.s.Share(shared == "ahead")
	}
	p.s.SetBlocking(false)
	var got []string
	left, step := c.data, 0
	for {
		piece, err := read(p.s)
		switch {
		case err == nil:
			got = append(got, string(piece))
			continue
		case errors.Is(err, unix.EAGAIN):
			n := len(left)
			if step < len(c.splits) {
				n = min(n, int(c.splits[step])+1)
				step++
			}
			p.send(left[:n])
			if left = left[n:]; left == "" {
				p.other.Shutdown(unix.SHUT_WR)
			}
			continue
		case err != io.EOF:
			t.Fatalf("%s %+v: %v", name, c, err)
		}
		break
	}
	rest, _ := p.s.Contents(-1)
	if got = append(got, "rest:"+string(rest)); !slices.Equal(got, want) {
		t.Errorf("%s shared=%q %+v:\n got %q\nwant %q", name, shared, c, got, want)
	}
	p.close()
}

func (c reads) gets() []string {
	return pieces(c.data, func(left string) (int, int, bool) {
		part := left[:min(c.n, len(left))]
		if i := bytes.IndexByte([]byte(part), '\n'); i >= 0 {
			return i + 1, 0, true
		}
		return len(part), 0, true
	})
}

func (c reads) lines() []string {
	return pieces(c.data, func(left string) (int, int, bool) {
		part := left[:min(c.n, len(left))]
		if i := bytes.Index([]byte(part), []byte(c.ending)); i >= 0 && c.ending != "" {
			return i, len(c.ending), true
		}
		return len(part), 0, true
	})
}

func (c reads) until() []string {
	return pieces(c.data, func(left string) (int, int, bool) {
		i := bytes.Index([]byte(left), []byte(c.ending))
		return i + len(c.ending), 0, i >= 0
	})
}

func (c reads) exactly() []string {
	return pieces(c.data, func(left string) (int, int, bool) { return c.n, 0, len(left) >= c.n })
}

// pieces takes data apart; what is left without ok is the rest.
func pieces(data string, cut func(left string) (give, drop int, ok bool)) (list []string) {
	for data != "" {
		give, drop, ok := cut(data)
		if !ok {
			break
		}
		list = append(list, data[:give])
		data = data[give+drop:]
	}
	return append(list, "rest:"+data)
}

// peer is a stream with a socket at its other end.
type peer struct {
	t     testing.TB
	loop  *loop.Loop
	net   *sock.Net
	group *stream.Group
	s     *stream.Stream
	other *sock.Sock
}

func newPeer(t testing.TB) *peer {
	t.Helper()
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	n := sock.New(l)
	a, b, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	g := stream.NewGroup(l)
	return &peer{t: t, loop: l, net: n, group: g, s: g.New(a, false), other: b}
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := p.other.Send([]byte(text), 0); err != nil {
		p.t.Fatal(err)
	}
}

func (p *peer) close() {
	p.loop.Close()
	p.net.Close()
}

// A stream that waits keeps no memory, and what it gives is not overwritten
// before the next read.
func TestBufferIsOwned(t *testing.T) {
	p := newPeer(t)
	defer p.close()
	p.send("first\nsecond\n")
	line, err := p.s.Gets(100)
	if err != nil || string(line) != "first\n" {
		t.Fatalf("got %q, %v", line, err)
	}
	other := newPeer(t)
	defer other.close()
	other.send("XXXXXXXXXXXXXXXXXXXXXXXX\n")
	other.s.Gets(100)
	if line, err := p.s.Gets(100); err != nil || string(line) != "second\n" {
		t.Errorf("got %q, %v", line, err)
	}
}

// A read that waits for more keeps what it has while other streams of the group
// read.
func TestReadsBesideEachOther(t *testing.T) {
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	n, g := sock.New(l), stream.NewGroup(l)
	defer n.Close()
	defer l.Close()
	const streams = 8
	for i := range streams {
		a, b, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		line := bytes.Repeat([]byte{byte('a' + i)}, 3000)
		l.Go("writer", func() {
			for at := 0; at < len(line); at += 100 {
				b.Send(line[at:at+100], 0)
				l.Yield()
			}
			b.Send([]byte("\n"), 0)
		})
		l.Go("reader", func() {
			got, err := g.New(a, false).Gets(5000)
			if err != nil || !bytes.Equal(got, append(line, '\n')) {
				t.Errorf("stream %d: %d bytes, %v", i, len(got), err)
			}
		})
	}
	if err := l.Run(); err != nil {
		t.Fatal(err)
	}
}

// Reading 64 KB at once, and 1 GB in constant memory, does not allocate.
func TestReadDoesNotAllocate(t *testing.T) {
	p := newPeer(t)
	defer p.close()
	data := bytes.Repeat([]byte("x"), 1000)
	allocs := testing.AllocsPerRun(100, func() {
		p.other.Send(data, 0)
		if got, err := p.s.Read(64 << 10); err != nil || len(got) != len(data) {
			t.Fatalf("got %d bytes, %v", len(got), err)
		}
	})
	if allocs > 2 {
		t.Errorf("a read made %v allocations", allocs)
	}
}

func TestDeadlineOfOneRead(t *testing.T) {
	p := newPeer(t)
	defer p.close()
	p.send("part")
	u := stream.Until{Match: stream.Text([]byte("\n")), Limit: time.Now().Add(10 * time.Millisecond)}
	if _, err := p.s.ReadUntil(u); err != loop.ErrTimeout {
		t.Errorf("got %v, want a time-out", err)
	}
	p.send("\n")
	if got, err := p.s.ReadUntil(stream.Until{Match: u.Match}); err != nil || string(got) != "part\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// What has no end does not fill the memory, however little the caller has said.
func TestWithoutEnd(t *testing.T) {
	const most = 50000
	for _, c := range []struct {
		name string
		read func(s *stream.Stream) ([]byte, error)
		want error
	}{
		{"gets", func(s *stream.Stream) ([]byte, error) { return s.Gets(math.MaxInt) }, stream.TooLongError(most)},
		{"gets, with a length", func(s *stream.Stream) ([]byte, error) { return s.Gets(3 * most) }, nil},
		{"a line", (*stream.Stream).ReadLine, stream.TooLongError(most)},
		{"get_line", func(s *stream.Stream) ([]byte, error) { return s.GetLine(0, []byte("\r\n")) }, stream.TooLongError(most)},
		{"get_line, with a length", func(s *stream.Stream) ([]byte, error) { return s.GetLine(3*most, []byte("\r\n")) }, nil},
		{"a text", func(s *stream.Stream) ([]byte, error) {
			return s.ReadUntil(stream.Until{Match: stream.Text([]byte("end"))})
		}, stream.TooLongError(most)},
		{"a text, with a bound", func(s *stream.Stream) ([]byte, error) {
			return s.ReadUntil(stream.Until{Match: stream.Text([]byte("end")), Max: 2 * most})
		}, stream.ErrNoMatch},
		{"a number of bytes", func(s *stream.Stream) ([]byte, error) { return s.ReadExactly(3 * most) }, nil},
		{"peek", func(s *stream.Stream) ([]byte, error) { return s.Peek(3 * most) }, nil},
		{"a part of the contents", func(s *stream.Stream) ([]byte, error) { return s.Contents(3 * most) }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPeer(t)
			defer p.close()
			p.group.SetMostUntil(most)
			p.loop.Go("peer", func() {
				p.other.Send(bytes.Repeat([]byte("x"), 4*most), 0)
			})
			got, err := c.read(p.s)
			if err != c.want || err == nil && len(got) != 3*most {
				t.Fatalf("%d bytes, %v, want %v", len(got), err, c.want)
			}
			if all, err := p.s.ReadExactly(4*most - len(got)); c.name != "peek" && (err != nil || len(all) != 4*most-len(got)) {
				t.Errorf("then %d bytes, %v", len(all), err)
			}
		})
	}
}

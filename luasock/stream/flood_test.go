package stream_test

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// Of a peer that sends faster than is read much is read ahead, in memory that
// becomes the texts. However it is read, nothing is lost, and no text changes
// afterwards.
func TestReadsOfAFlood(t *testing.T) {
	sizes := []int{1, 100, 8191, loop.Large - 1, loop.Large, loop.ScratchSize, 200_000, 1 << 20}
	data := numbered(24 << 20)
	for seed := range uint64(4) {
		r := newCopyRig(t, "tcp", "tcp", data)
		other := r.flood("unix")
		var texts []string
		got, random := 0, rand.New(rand.NewPCG(seed, 0))
		r.loop.Go("reader", func() {
			for got < len(data) {
				n := sizes[random.IntN(len(sizes))]
				var p []byte
				var err error
				switch random.IntN(8) {
				case 0:
					p, err = r.source.Gets(n)
				case 1:
					p, err = r.source.ReadExactly(min(n, len(data)-got))
				case 2:
					p, err = r.source.GetLine(n, []byte("7"))
					if err == nil && len(p) < n && got+len(p) < len(data) {
						p = append(bytes.Clone(p), '7')
					}
				case 3:
					p, err = r.source.Peek(n)
					if want := data[got:min(got+n, len(data))]; err != nil || !bytes.Equal(p, want) {
						t.Errorf("peek of %d at %d: %d bytes, %v", n, got, len(p), err)
					}
					continue
				case 4:
					if len(texts) > 0 {
						last := texts[len(texts)-1]
						texts, got = texts[:len(texts)-1], got-len(last)
						r.source.Unread([]byte(last))
					}
					continue
				case 5:
					if n, err := other.Read(n); err != nil || !zero(n) {
						t.Errorf("the other: %d bytes, %v", len(n), err)
					}
					continue
				default:
					p, err = r.source.Read(n)
				}
				if err != nil {
					t.Errorf("%d bytes at %d: %v", n, got, err)
					return
				}
				texts = append(texts, r.group.Text(p))
				got += len(p)
			}
			if p, err := r.source.Read(1); err != io.EOF {
				t.Errorf("at the end %q, %v", p, err)
			}
			other.Close()
		})
		if err := r.loop.Run(); err != nil {
			t.Fatal(err)
		}
		at := 0
		for _, text := range texts {
			if text != string(data[at:at+len(text)]) {
				t.Fatalf("seed %d: the %d bytes at %d have changed", seed, len(text), at)
			}
			at += len(text)
		}
	}
}

// flood is a stream on which zeros come without end.
func (r *copyRig) flood(kind string) *stream.Stream {
	reads, writes := r.connect(kind)
	r.loop.Go("flood", func() {
		piece := make([]byte, 100_000)
		for {
			if _, err := writes.Write(piece); err != nil {
				return
			}
		}
	})
	return reads
}

func zero(p []byte) bool { return bytes.Count(p, []byte{0}) == len(p) }

// A peer that sends faster than is read costs fewer calls of the kernel's than
// pieces of 64 KB would, whatever it is read in.
func TestReadAheadOfAFlood(t *testing.T) {
	const size = 24 << 20
	for name, read := range map[string]func(*stream.Stream) ([]byte, error){
		"pieces": func(s *stream.Stream) ([]byte, error) { return s.Read(loop.ScratchSize) },
		"lines":  func(s *stream.Stream) ([]byte, error) { return s.Gets(loop.ScratchSize) },
	} {
		r := newCopyRig(t, "tcp", "tcp", numbered(size))
		calls, got := 0, 0
		r.net.Observe = func(e sock.Event) {
			if e.Op == "recv" && len(e.Data) > 0 {
				calls++
			}
		}
		r.loop.Go("reader", func() {
			for {
				p, err := read(r.source)
				if err != nil {
					break
				}
				got += len(p)
			}
		})
		if err := r.loop.Run(); err != nil {
			t.Fatal(err)
		}
		if got != size || calls > size/loop.ScratchSize/2 {
			t.Errorf("%s: %d bytes took %d calls", name, got, calls)
		}
	}
}

// What was read ahead of a flood is there for those who share the socket.
func TestSharedFlood(t *testing.T) {
	data := numbered(8 << 20)
	r := newCopyRig(t, "tcp", "tcp", data)
	socket := r.source.Transport().(*sock.Sock)
	r.loop.Go("reader", func() {
		for got := 0; got < len(data); {
			p, err := r.source.Read(loop.ScratchSize)
			if err == nil && got > len(data)/2 {
				r.source.Share(true)
				got += len(p)
				p, err = socket.Recv(1<<20, 0)
			}
			if err == io.EOF && got == len(data) {
				break
			}
			if err != nil || !bytes.HasPrefix(data[got:], p) {
				t.Errorf("%d bytes at %d, %v", len(p), got, err)
				return
			}
			got += len(p)
		}
	})
	if err := r.loop.Run(); err != nil {
		t.Fatal(err)
	}
}

// A flood that ends in the middle of a line leaves the line to the reader, though
// others read while he waits.
func TestEndOfAFlood(t *testing.T) {
	r := newCopyRig(t, "unix", "unix", nil)
	other, others := r.connect("unix")
	line := bytes.Repeat([]byte("a"), 8<<10) // as much as is asked for
	r.loop.Go("reader", func() {
		got, err := r.source.Gets(math.MaxInt)
		if err != nil || string(got) != string(line)+"\n" {
			t.Errorf("%d bytes, the first %q, %v", len(got), got[:1], err)
		}
	})
	r.loop.Go("writer", func() {
		r.feed.Write(line)
		for r.source.Buffered() == 0 {
			r.loop.Yield()
		}
		others.Write(bytes.Repeat([]byte("X"), 8<<10))
		if p, err := other.Read(8 << 10); err != nil || p[0] != 'X' {
			t.Errorf("the other reads %d bytes, %v", len(p), err)
		}
		r.feed.Write([]byte("\n"))
	})
	if err := r.loop.Run(); err != nil {
		t.Fatal(err)
	}
}

// A stream that waits behind a flood keeps none of the memory that is shared.
func TestWaitBehindAFlood(t *testing.T) {
	r := newCopyRig(t, "unix", "unix", nil)
	r.loop.Go("reader", func() {
		for {
			if _, err := r.source.Read(8 << 10); err != nil {
				return
			}
		}
	})
	r.loop.Go("writer", func() {
		r.feed.Write(make([]byte, 8<<10)) // as much as is asked for
		for in, _ := r.source.Moved(); in == 0; in, _ = r.source.Moved() {
			r.loop.Yield()
		}
		r.loop.Yield()
		if n := r.source.Holds(); n > 0 {
			t.Errorf("it keeps %d bytes", n)
		}
		r.feed.Close()
	})
	if err := r.loop.Run(); err != nil {
		t.Fatal(err)
	}
}

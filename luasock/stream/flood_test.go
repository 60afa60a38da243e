package stream_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

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

// A peer that sends faster than is read costs fewer calls of the kernel's than it
// is read in pieces; others share the bytes that were read ahead.
func TestReadAheadOfAFlood(t *testing.T) {
	r := newCopyRig(t, "tcp", "tcp", numbered(24<<20))
	calls, pieces, got := 0, 0, 0
	r.net.Observe = func(e sock.Event) {
		if e.Op == "recv" && len(e.Data) > 0 {
			calls++
		}
	}
	r.loop.Go("reader", func() {
		for {
			p, err := r.source.Read(loop.ScratchSize)
			if err != nil {
				break
			}
			pieces++
			if got += len(p); pieces == 100 {
				r.source.Share(true)
				rest, err := r.source.Transport().(*sock.Sock).Recv(1<<20, unix.MSG_DONTWAIT)
				if err != nil {
					t.Error(err)
				}
				got += len(rest)
			}
		}
	})
	if err := r.loop.Run(); err != nil {
		t.Fatal(err)
	}
	if got != 24<<20 || calls > pieces/2 {
		t.Errorf("%d bytes in %d pieces took %d calls", got, pieces, calls)
	}
}

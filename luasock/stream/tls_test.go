package stream_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/big"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

func TestTLSEcho(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			p := newTLSPair(t, func(c *tls.Config) { c.MaxVersion = version })
			p.loop.Go("server", func() {
				for {
					line, err := p.server.Gets(1000)
					if err != nil {
						p.server.Close()
						return
					}
					p.server.Write(line)
				}
			})
			for _, size := range []int{1, 2, 500, 999} {
				line := strings.Repeat("x", size-1) + "\n"
				p.must(p.client.Write([]byte(line)))
				if got, err := p.client.Gets(1000); err != nil || string(got) != line {
					t.Errorf("got %d bytes, %v, want %d", len(got), err, size)
				}
			}
			if v := p.clientTLS.State().Version; v != version {
				t.Errorf("the version is %x", v)
			}
			p.client.Close()
			p.run()
		})
	}
}

// Both ends send and receive at once, a task for each, in constant memory.
func TestTLSBothWays(t *testing.T) {
	size := 100 << 20
	if testing.Short() {
		size = 8 << 20
	}
	p := newTLSPair(t, nil)
	for _, s := range []*stream.Stream{p.client, p.server} {
		p.loop.Go("writer", func() { p.sendPattern(s, size) })
		p.loop.Go("reader", func() { p.expectPattern(s, size) })
	}
	p.run()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapInuse > 64<<20 {
		t.Errorf("the heap has %d MB in use", m.HeapInuse>>20)
	}
}

// What one stream has of a record is not overwritten by what another reads.
func TestTLSReadsBesideEachOther(t *testing.T) {
	p := newTLSPair(t, nil)
	p.handshake()
	const lines = 10_000
	for i, s := range []*stream.Stream{p.client, p.server} {
		line := strings.Repeat(string(rune('a'+i)), 99) + "\n"
		p.loop.Go("writer", func() { p.must(s.Write([]byte(strings.Repeat(line, lines)))) })
		p.loop.Go("reader", func() {
			want := strings.Repeat(string(rune('b'-i)), 99) + "\n"
			for n := range lines {
				if got, err := s.Gets(1000); err != nil || string(got) != want {
					t.Errorf("line %d is %q, %v", n, got, err)
					return
				}
				p.loop.Yield()
			}
		})
	}
	p.run()
}

// Records arrive a byte at a time, on both sides.
func TestTLSByteAtATime(t *testing.T) {
	p := newTLSPair(t, nil)
	p.relay(1, nil)
	p.loop.Go("server", func() {
		got, err := p.server.ReadExactly(3000)
		if err != nil || !bytes.Equal(got, bytes.Repeat([]byte("abc"), 1000)) {
			t.Errorf("the server got %d bytes, %v", len(got), err)
		}
		p.server.Write([]byte("thanks\n"))
		p.server.Close()
	})
	p.must(p.client.Write(bytes.Repeat([]byte("abc"), 1000)))
	if got, err := p.client.Gets(100); err != nil || string(got) != "thanks\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := p.client.Gets(100); err != io.EOF {
		t.Errorf("got %v, want the end", err)
	}
	p.client.Close()
	p.run()
}

// A reader and a writer begin the handshake together, on both sides.
func TestTLSHandshakeOfTwoTasks(t *testing.T) {
	p := newTLSPair(t, nil)
	p.relay(7, nil)
	var tasks []*loop.Task
	for _, s := range []*stream.Stream{p.client, p.server} {
		tasks = append(tasks, p.loop.Go("reader", func() {
			if got, err := s.Gets(10); err != nil || string(got) != "hi\n" {
				t.Errorf("got %q, %v", got, err)
			}
		}))
		tasks = append(tasks, p.loop.Go("writer", func() { p.must(s.Write([]byte("hi\n"))) }))
	}
	for _, task := range tasks {
		if err := task.Join(time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	p.client.Close()
	p.server.Close()
	p.run()
}

// A time-out in the handshake ends the call, not the handshake.
func TestTLSHandshakeTimeout(t *testing.T) {
	p := newTLSPair(t, nil)
	p.client.SetTimeout(10 * time.Millisecond)
	if _, err := p.client.Read(1); err != loop.ErrTimeout || !p.client.TimedOut() {
		t.Errorf("Read: %v", err)
	}
	if _, err := p.client.Write([]byte("x")); err != loop.ErrTimeout {
		t.Errorf("Write: %v", err)
	}
	if err := p.client.Handshake(p.loop.Deadline(10 * time.Millisecond)); err != loop.ErrTimeout {
		t.Errorf("Handshake: %v", err)
	}
	p.client.SetTimeout(stream.Forever)
	p.loop.Go("server", func() { p.must(p.server.Write([]byte("late\n"))) })
	if got, err := p.client.Gets(10); err != nil || string(got) != "late\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// A peer that sends a byte now and then does not move the time-out of the
// handshake.
func TestTLSSlowLoris(t *testing.T) {
	p := newTLSPair(t, nil)
	passed := 0
	p.relay(1, func() {
		passed++
		p.loop.Sleep(time.Millisecond)
	})
	p.server.SetTimeout(100 * time.Millisecond)
	p.loop.Go("client", func() { p.client.Write([]byte("x")) })
	if _, err := p.server.Read(1); err != loop.ErrTimeout {
		t.Errorf("got %v, want a time-out", err)
	}
	if passed < 1 || passed > 120 { // a hello has many more
		t.Errorf("the time-out came after %d bytes", passed)
	}
	p.client.Close()
	p.server.Close()
}

// A time-out inside a record loses no byte of it.
func TestTLSTimeoutInRecord(t *testing.T) {
	p := newTLSPair(t, nil)
	p.handshake()
	held := &cutting{from: p.clientRaw, size: 10}
	p.client.SetTimeout(5 * time.Millisecond)
	p.must(p.server.Write([]byte("first line\nsecond line\n")))
	for range 4 {
		held.pass(t)
		if _, err := p.client.Gets(100); err != loop.ErrTimeout {
			t.Fatalf("got %v, want a time-out", err)
		}
	}
	p.client.SetTimeout(stream.Forever)
	held.size = 1 << 20
	held.pass(t)
	for _, want := range []string{"first line\n", "second line\n"} {
		if got, err := p.client.Gets(100); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

// A cancel, and a close, end every kind of wait.
func TestTLSWaitsEnd(t *testing.T) {
	reason := errors.New("cancelled")
	big := make([]byte, 8<<20)
	for _, wait := range []struct {
		name   string
		before func(*tlsPair)
		call   func(*stream.Stream) error
		closed error
	}{
		{"handshake in a read", nil, func(s *stream.Stream) error { _, err := s.Read(1); return err }, io.EOF},
		{"handshake in a write", nil, func(s *stream.Stream) error { _, err := s.Write(big[:1]); return err }, io.EOF},
		{"handshake by itself", nil, func(s *stream.Stream) error { return s.Handshake(time.Time{}) }, io.EOF},
		{"read", (*tlsPair).handshake, func(s *stream.Stream) error { _, err := s.Read(1); return err }, io.EOF},
		{"write", (*tlsPair).handshake, func(s *stream.Stream) error { _, err := s.Write(big); return err }, io.EOF},
		{"end of TLS", (*tlsPair).handshake, func(s *stream.Stream) error { return s.StopTLS() }, io.EOF},
	} {
		t.Run(wait.name, func(t *testing.T) {
			for _, end := range []string{"cancel", "close"} {
				p := newTLSPair(t, nil)
				if wait.before != nil {
					wait.before(p)
				}
				want := reason
				var err error
				task := p.loop.Go("waits", func() { err = wait.call(p.client) })
				p.loop.Go("ends it", func() {
					for task.State() != loop.Waiting {
						p.loop.Yield()
					}
					if end == "cancel" {
						task.Cancel(reason)
						return
					}
					p.client.Close()
				})
				if end == "close" {
					want = wait.closed
				}
				task.Join(time.Time{})
				if err != want {
					t.Errorf("%s: got %v, want %v", end, err, want)
				}
				p.client.Close()
				p.server.Close()
				p.run()
			}
		})
	}
}

// What is no TLS is an error that shows it; later calls say it again.
func TestTLSGarbage(t *testing.T) {
	for _, test := range []struct{ name, sent, saw string }{
		{"a text", "HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n"},
		{"zeros", strings.Repeat("\x00", 100), strings.Repeat("\x00", 100)},
		{"SSLv2", "\x80\x2e\x01\x00\x02" + strings.Repeat("\x00", 50), "\x80\x2e\x01\x00\x02" + strings.Repeat("\x00", 50)},
		{"a broken hello", "\x16\x03\x01\x00\x05hello", ""},
		{"an oversized record", "\x16\x03\x01\xff\xff" + strings.Repeat("x", 100), "\x16\x03\x01\xff\xff" + strings.Repeat("x", 100)},
		{"an alert", "\x15\x03\x01\x00\x02\x02\x28", ""},
	} {
		for _, server := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, server %v", test.name, server), func(t *testing.T) {
				p := newTLSPair(t, nil)
				s, raw := p.client, p.serverRaw
				if server {
					s, raw = p.server, p.clientRaw
				}
				raw.Send([]byte(test.sent), 0)
				for range 2 {
					_, err := s.Read(1)
					var failed *stream.TLSError
					if !errors.As(err, &failed) || failed.Server != server || string(failed.Saw) != test.saw {
						t.Errorf("got %v, saw %q", err, saw(err))
					}
				}
				if !s.EOF() {
					t.Error("the stream is not at its end")
				}
				if _, err := s.Write([]byte("x")); err == nil {
					t.Error("a write has worked")
				}
			})
		}
	}
}

// A client of OpenSSL's refuses a certificate in plain, where TLS 1.3 wants it
// encrypted: the reason is told all the same. Damage stays damage.
func TestTLSPlainAlert(t *testing.T) {
	for _, test := range []struct{ sent, want string }{
		{"\x15\x03\x03\x00\x02\x02\x30", "TLS: remote error: tls: unknown certificate authority"},
		{"\x17\x03\x03\x00\x02\x02\x30", "TLS: local error: tls: bad record MAC"},
		{"\x15\x03\x03\x00\x03\x02\x30\x00", "TLS: local error: tls: bad record MAC"},
	} {
		p := newTLSPair(t, nil)
		for _, s := range []*stream.Stream{p.client, p.server} {
			s.SetBlocking(false)
			if _, err := s.Read(1); !errors.Is(err, unix.EAGAIN) {
				t.Fatalf("the handshake gives %v", err)
			}
		}
		p.clientRaw.Send([]byte(test.sent), 0)
		for range 2 {
			if _, err := p.server.Read(1); err == nil || err.Error() != test.want {
				t.Errorf("%q gives %v, want %s", test.sent, err, test.want)
			}
		}
	}
}

func saw(err error) string {
	var failed *stream.TLSError
	errors.As(err, &failed)
	if failed == nil {
		return ""
	}
	return string(failed.Saw)
}

// Bytes that are wrong after the handshake end the stream, behind what was right.
func TestTLSGarbageAfterHandshake(t *testing.T) {
	p := newTLSPair(t, nil)
	p.handshake()
	p.must(p.server.Write([]byte("right\n")))
	p.serverRaw.Send([]byte("\x17\x03\x03\x00\x20"+strings.Repeat("wrong", 10)), 0)
	if got, err := p.client.Gets(10); err != nil || string(got) != "right\n" {
		t.Errorf("got %q, %v", got, err)
	}
	var failed *stream.TLSError
	for range 2 {
		if _, err := p.client.Gets(10); !errors.As(err, &failed) || !strings.Contains(err.Error(), "bad record MAC") {
			t.Errorf("got %v", err)
		}
	}
	if _, err := p.server.Read(1); !errors.As(err, &failed) || !strings.Contains(err.Error(), "bad record MAC") {
		t.Errorf("the peer gets %v, want the alert", err)
	}
}

// The end of the connection without close_notify is told once; what reads all
// there is takes it for the end.
func TestTLSTruncated(t *testing.T) {
	end := func(t *testing.T, cleanly bool) *tlsPair {
		p := newTLSPair(t, nil)
		p.handshake()
		p.must(p.server.Write([]byte("all\n")))
		if cleanly {
			p.server.Close()
		} else {
			p.serverRaw.Close()
		}
		return p
	}
	for _, test := range []struct {
		name    string
		cleanly bool
		want    []error
	}{
		{"close_notify", true, []error{nil, io.EOF, io.EOF}},
		{"without", false, []error{nil, stream.ErrTruncated, io.EOF}},
	} {
		p := end(t, test.cleanly)
		for _, want := range test.want {
			if _, err := p.client.Gets(100); err != want {
				t.Errorf("%s: got %v, want %v", test.name, err, want)
			}
		}
		p = end(t, test.cleanly)
		if got, err := p.client.Contents(-1); err != nil || string(got) != "all\n" {
			t.Errorf("%s: Contents gives %q, %v", test.name, got, err)
		}
		if !p.client.EOF() {
			t.Errorf("%s: EOF is false", test.name)
		}
	}
	p := end(t, false)
	p.must(p.client.Gets(100))
	if !p.client.EOF() {
		t.Error("EOF is false before a read meets the end")
	}
}

// The end, and an error, that come in one piece with data are told without
// another event.
func TestTLSEndBesideData(t *testing.T) {
	for _, broken := range []bool{false, true} {
		p := newTCPPair(t, nil)
		p.handshake()
		p.serverRaw.Setsockopt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		want := "EOF"
		var err error
		reader := p.loop.Go("reader", func() {
			p.must(p.client.Gets(100))
			_, err = p.client.Gets(100)
		})
		for reader.State() != loop.Waiting {
			p.loop.Yield()
		}
		p.must(p.server.Write([]byte("all\n")))
		if broken {
			want = "TLS: local error: tls: bad record MAC"
			p.serverRaw.Send([]byte("\x17\x03\x03\x00\x20"+strings.Repeat("w", 32)), 0)
		} else {
			p.serverTLS.CloseWrite()
		}
		if joined := reader.Join(p.loop.Deadline(10 * time.Second)); joined != nil {
			t.Fatalf("the reader waits: %v", joined)
		}
		if err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// The peer's reset is the system's error, in the handshake and after it.
func TestTLSReset(t *testing.T) {
	for _, shaken := range []bool{false, true} {
		p := newTCPPair(t, nil)
		if shaken {
			p.handshake()
		}
		p.serverRaw.SetLinger(unix.Linger{Onoff: 1})
		p.loop.Go("reset", func() {
			p.loop.Sleep(time.Millisecond)
			p.serverRaw.Close()
		})
		if _, err := p.client.Read(1); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("handshake %v: got %v", shaken, err)
		}
	}
}

// A non-blocking stream takes what it can hold, and what it took arrives though
// nobody comes back to it; after a close too, with close_notify behind.
func TestTLSNonblockingWrite(t *testing.T) {
	for _, closing := range []bool{false, true} {
		p := newTLSPair(t, nil)
		p.handshake()
		p.client.SetBlocking(false)
		sum, total := sha256.New(), 0
		for chunk := pattern(100 << 10); ; {
			n, err := p.client.Write(chunk)
			sum.Write(chunk[:n])
			total += n
			if errors.Is(err, unix.EAGAIN) {
				break
			}
			p.must(n, err)
		}
		if closing {
			if err := p.client.Close(); err != nil {
				t.Fatal(err)
			}
			got, err := p.server.Contents(-1)
			if err != nil || !same(sum, got) {
				t.Errorf("after the close %d bytes of %d have come, %v", len(got), total, err)
			}
			if _, err := p.server.Read(1); err != io.EOF {
				t.Errorf("the end is %v", err)
			}
		} else if got, err := p.server.ReadExactly(total); err != nil || !same(sum, got) {
			t.Errorf("%d bytes of %d have come, %v", len(got), total, err)
		}
		p.run()
	}
}

func same(sum hash.Hash, p []byte) bool {
	h := sha256.Sum256(p)
	return bytes.Equal(sum.Sum(nil), h[:])
}

// A non-blocking stream makes its handshake in as many calls as it takes, and
// EOF does too: neither waits.
func TestTLSNonblockingHandshake(t *testing.T) {
	p := newTLSPair(t, nil)
	p.client.SetBlocking(false)
	if _, err := p.client.Read(1); !errors.Is(err, unix.EAGAIN) {
		t.Fatalf("got %v", err)
	}
	for range 10 {
		if p.server.EOF() || p.client.EOF() {
			t.Fatal("an end that is none")
		}
	}
	if p.clientTLS.State() == nil || p.serverTLS.State() == nil {
		t.Fatal("the handshake is not over")
	}
	p.must(p.server.Write([]byte("x")))
	if p.client.EOF() || !p.client.Readable() {
		t.Error("what has come is not seen")
	}
}

// A close in any state sends no reset and hangs nobody.
func TestTLSCloseInEveryState(t *testing.T) {
	for name, before := range map[string]func(p *tlsPair){
		"fresh":           func(*tlsPair) {},
		"hello sent":      func(p *tlsPair) { p.client.EOF() },
		"half-way":        func(p *tlsPair) { p.client.EOF(); p.server.EOF(); p.client.EOF() },
		"agreed":          func(p *tlsPair) { p.handshake() },
		"data unread":     func(p *tlsPair) { p.handshake(); p.server.Write([]byte("unread")) },
		"peer has closed": func(p *tlsPair) { p.handshake(); p.server.Close() },
		"shut down":       func(p *tlsPair) { p.handshake(); p.clientTLS.CloseWrite() },
		"failed":          func(p *tlsPair) { p.serverRaw.Send([]byte("garbage"), 0); p.client.Read(1) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newTCPPair(t, nil)
			before(p)
			if err := p.client.Close(); err != nil {
				t.Error(err)
			}
			if err := p.client.Close(); err != stream.ErrClosed {
				t.Errorf("a second close gives %v", err)
			}
			if _, err := p.client.Read(1); err != stream.ErrClosed {
				t.Errorf("a read gives %v", err)
			}
			if p.server.IsClosed() {
				return
			}
			_, err := p.server.Read(1)
			var failed *stream.TLSError
			if err != io.EOF && !errors.As(err, &failed) {
				t.Errorf("the peer gets %v", err)
			}
		})
	}
}

// What a client has sent before it closes arrives, although it has not read the
// server's tickets.
func TestTLSCloseWithoutReading(t *testing.T) {
	p := newTCPPair(t, func(c *tls.Config) { c.ClientAuth = tls.RequestClientCert }) // then Go's tickets come last
	p.handshake()
	data := pattern(1 << 20) // more than the server takes in before it reads
	p.client.SetBlocking(false)
	n, err := p.client.Write(data)
	p.must(n, err)
	data = data[:n]
	p.client.Close()
	if got, err := p.server.Contents(-1); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if _, err := p.server.Read(1); err != io.EOF {
		t.Errorf("the end is %v", err)
	}
}

func TestTLSHalfClose(t *testing.T) {
	p := newTLSPair(t, nil)
	p.handshake()
	p.must(p.client.Write([]byte("question")))
	p.clientTLS.CloseWrite()
	if _, err := p.client.Write([]byte("x")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("a write after it gives %v", err)
	}
	if got, err := p.server.Contents(-1); err != nil || string(got) != "question" {
		t.Errorf("got %q, %v", got, err)
	}
	p.must(p.server.Write([]byte("answer")))
	p.server.Close()
	if got, err := p.client.Contents(-1); err != nil || string(got) != "answer" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TLS can be switched off, and on again; what stands around it stays in order.
func TestStopTLS(t *testing.T) {
	p := newTLSPair(t, nil)
	p.loop.Go("server", func() {
		p.must(p.server.Write([]byte("secret\n")))
		if err := p.server.StopTLS(); err != nil {
			t.Error(err)
		}
		p.must(p.server.Write([]byte("plain\n")))
		_, err := p.server.StartTLS(serverConfig(t), true)
		p.must(nil, err)
		p.must(p.server.Write([]byte("secret again\n")))
		p.server.Close()
	})
	if got, err := p.client.Peek(7); err != nil || string(got) != "secret\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := p.client.StopTLS(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"secret\n", "plain\n"} {
		if got, err := p.client.Gets(100); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := p.client.StartTLS(&tls.Config{InsecureSkipVerify: true}, false); err != nil {
		t.Fatal(err)
	}
	if got, err := p.client.Contents(-1); err != nil || string(got) != "secret again\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

// The plain text that comes in one piece with close_notify is not lost.
func TestStopTLSKeepsWhatFollows(t *testing.T) {
	p := newTLSPair(t, nil)
	p.handshake()
	p.clientTLS.CloseWrite()
	p.must(p.server.Write([]byte("secret\n")))
	if err := p.server.StopTLS(); err != nil {
		t.Fatal(err)
	}
	p.must(p.server.Write([]byte("plain\n")))
	if err := p.client.StopTLS(); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"secret\n", "plain\n"} {
		if got, err := p.client.Gets(100); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

// The end that comes in one piece with data is seen, though no event follows.
func TestTLSEndBehindData(t *testing.T) {
	p := newTCPPair(t, nil)
	p.handshake()
	p.clientTLS.CloseWrite()
	p.must(p.server.Write([]byte("all")))
	if err := p.server.StopTLS(); err != nil {
		t.Fatal(err)
	}
	if got, err := p.client.Contents(-1); err != nil || string(got) != "all" {
		t.Errorf("got %q, %v", got, err)
	}
}

// Who waits for an end of TLS that the peer does not answer has a time-out.
func TestStopTLSUnanswered(t *testing.T) {
	p := newTLSPair(t, nil)
	p.handshake()
	p.client.SetTimeout(5 * time.Millisecond)
	if err := p.client.StopTLS(); err != loop.ErrTimeout {
		t.Errorf("got %v, want a time-out", err)
	}
}

func TestStartTLSRefused(t *testing.T) {
	p := newPeer(t)
	defer p.close()
	config := serverConfig(t)
	p.send("220 ready\r\nINJECTED\r\n")
	if _, err := p.s.Gets(100); err != nil {
		t.Fatal(err)
	}
	_, err := p.s.StartTLS(config, true)
	var early *stream.EarlyError
	if !errors.As(err, &early) || string(early.Bytes) != "INJECTED\r\n" {
		t.Errorf("got %v", err)
	}
	if got, err := p.s.Gets(100); err != nil || string(got) != "INJECTED\r\n" {
		t.Errorf("the bytes are gone: %q, %v", got, err)
	}
	reader := p.loop.Go("reader", func() { p.s.Read(1) })
	p.loop.Yield()
	if _, err := p.s.StartTLS(config, true); err != stream.ErrReading {
		t.Errorf("beside a reader: %v", err)
	}
	p.other.Close()
	reader.Join(time.Time{})
	p.s.Close()
	if _, err := p.s.StartTLS(config, true); err != stream.ErrClosed {
		t.Errorf("on a closed stream: %v", err)
	}
}

// A handshake whose stream nobody refers to any more, and one whose loop is
// closed, leave no goroutine.
func TestTLSAbandonedHandshake(t *testing.T) {
	before := runtime.NumGoroutine()
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	n, g := sock.New(l), stream.NewGroup(l)
	begin := func() *stream.Stream {
		a, _, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := g.New(a, false)
		if _, err := s.StartTLS(&tls.Config{InsecureSkipVerify: true}, false); err != nil {
			t.Fatal(err)
		}
		s.EOF()
		return s
	}
	var streams []*stream.Stream
	for range 10 {
		streams = append(streams, begin())
	}
	if now := runtime.NumGoroutine(); now < before+5 { // others may have ended
		t.Fatalf("%d goroutines, %d before: the test tests nothing", now, before)
	}
	runtime.KeepAlive(streams)
	streams = nil
	for deadline := time.Now().Add(10 * time.Second); (runtime.NumGoroutine() > before || len(n.Sockets()) > 0) && time.Now().Before(deadline); {
		n.Collect()
		l.Sleep(time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before || len(n.Sockets()) > 0 {
		t.Errorf("%d goroutines, %d before; %d sockets are open", now, before, len(n.Sockets()))
	}
	begin()
	l.Close()
	g.Close()
	n.Close()
	awaitGoroutines(t, before)
}

func awaitGoroutines(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if now := runtime.NumGoroutine(); now > before {
		t.Errorf("%d goroutines, %d before", now, before)
	}
}

// The observer is told of the plain bytes.
func TestTLSObserve(t *testing.T) {
	p := newTLSPair(t, nil)
	var told []string
	p.clientTLS.Observe = func(op string, data []byte, err error) {
		told = append(told, fmt.Sprintf("%s %q %v", op, data, err))
	}
	p.handshake()
	p.must(p.client.Write([]byte("there")))
	p.must(p.server.Write([]byte("back")))
	p.must(p.client.Read(100))
	p.server.Close()
	p.client.Read(100)
	want := []string{`tls handshake "" <nil>`, `tls write "there" <nil>`, `tls read "back" <nil>`, `tls read "" EOF`}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("told %q", told)
	}
}

// An idle TLS stream that has been used holds little memory of its own, and a
// small message costs few allocations.
func TestTLSAllocations(t *testing.T) {
	p := newTLSPair(t, nil)
	p.handshake()
	message := make([]byte, 64)
	allocs := testing.AllocsPerRun(200, func() {
		p.must(p.client.Write(message))
		p.must(p.server.Read(100))
	})
	if allocs > 10 {
		t.Errorf("a message costs %v allocations", allocs)
	}
}

// tlsPair is two streams with TLS between them, on one loop.
type tlsPair struct {
	t                    *testing.T
	loop                 *loop.Loop
	net                  *sock.Net
	client, server       *stream.Stream
	clientTLS, serverTLS *stream.TLS
	clientRaw, serverRaw *sock.Sock // beneath them, unless there is a relay
	config               func(*tls.Config)
}

func newTLSPair(t *testing.T, config func(*tls.Config)) *tlsPair {
	t.Helper()
	p := emptyPair(t, config)
	a, b, err := p.net.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	p.over(a, b)
	return p
}

// newTCPPair is newTLSPair over TCP, which knows resets.
func newTCPPair(t *testing.T, config func(*tls.Config)) *tlsPair {
	t.Helper()
	p := emptyPair(t, config)
	listener, err := p.net.ListenAll(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	to, _ := listener.Getsockname()
	a, err := p.net.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Connect(to); err != nil {
		t.Fatal(err)
	}
	b, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	p.over(a, b)
	return p
}

func emptyPair(t *testing.T, config func(*tls.Config)) *tlsPair {
	t.Helper()
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	p := &tlsPair{t: t, loop: l, net: sock.New(l), config: config}
	overdue := time.AfterFunc(time.Minute, func() { l.Post(func() { l.Main().Cancel(errors.New("the test took too long")) }) })
	t.Cleanup(func() {
		overdue.Stop()
		l.Close()
		p.net.Close()
	})
	return p
}

func (p *tlsPair) over(a, b *sock.Sock) {
	g := stream.NewGroup(p.loop)
	p.t.Cleanup(g.Close)
	p.clientRaw, p.serverRaw = a, b
	p.client, p.server = g.New(a, false), g.New(b, false)
	p.client.SetTimeout(stream.Forever)
	p.server.SetTimeout(stream.Forever)
	p.startTLS()
}

// startTLS puts TLS on both ends.
func (p *tlsPair) startTLS() {
	p.t.Helper()
	var err error
	client, server := &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(1)}, serverConfig(p.t)
	if p.config != nil {
		p.config(client)
		p.config(server)
	}
	if p.clientTLS, err = p.client.StartTLS(client, false); err != nil {
		p.t.Error(err)
	}
	if p.serverTLS, err = p.server.StartTLS(server, true); err != nil {
		p.t.Error(err)
	}
}

// handshake makes it, on both ends.
func (p *tlsPair) handshake() {
	p.t.Helper()
	p.loop.Go("server handshake", func() { p.server.Handshake(time.Time{}) })
	if err := p.client.Handshake(time.Time{}); err != nil {
		p.t.Fatal(err)
	}
	p.run()
}

// run runs the loop until all tasks have ended.
func (p *tlsPair) run() {
	p.t.Helper()
	if err := p.loop.Run(); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tlsPair) must(_ any, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Error(err)
	}
}

// relay puts a relay between the two, which passes size bytes at a time and
// calls between after each.
func (p *tlsPair) relay(size int, between func()) {
	p.t.Helper()
	a, relayA, err := p.net.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	b, relayB, err := p.net.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	p.clientRaw.Close()
	p.serverRaw.Close()
	p.over(a, b)
	pass := func(from, to *sock.Sock) {
		for {
			data, err := from.Recv(size, 0)
			if err != nil {
				to.Shutdown(unix.SHUT_WR)
				return
			}
			to.Send(data, 0)
			if between != nil {
				between()
			}
		}
	}
	p.loop.Go("relay", func() { pass(relayA, relayB) })
	p.loop.Go("relay", func() { pass(relayB, relayA) })
}

// cutting takes what has come for a socket, and gives it back in pieces.
type cutting struct {
	from *sock.Sock
	held []byte
	size int
}

// pass takes all that has come at the socket and lets the next piece be read.
func (c *cutting) pass(t *testing.T) {
	t.Helper()
	buf := make([]byte, 1<<16)
	for {
		n, err := c.from.TryRead(buf)
		if err != nil {
			break
		}
		c.held = append(c.held, buf[:n]...)
	}
	n := min(c.size, len(c.held))
	if n > 0 {
		c.from.Keep(bytes.Clone(c.held[:n]), nil)
	}
	c.held = c.held[n:]
}

// pattern is bytes that do not repeat soon.
func pattern(n int) []byte {
	p, state := make([]byte, n), uint32(1)
	for i := range p {
		state = state*1664525 + 1013904223
		p[i] = byte(state >> 24)
	}
	return p
}

// sendPattern sends the pattern, repeated, in pieces that are no power of two.
func (p *tlsPair) sendPattern(s *stream.Stream, size int) {
	data := pattern(1 << 20)
	for sent := 0; sent < size; {
		at := sent % len(data)
		part := data[at:min(len(data), at+100_003, at+size-sent)]
		if n, err := s.Write(part); err != nil || n != len(part) {
			p.t.Errorf("wrote %d of %d, %v", n, len(part), err)
			return
		}
		sent += len(part)
	}
}

func (p *tlsPair) expectPattern(s *stream.Stream, size int) {
	data := pattern(1 << 20)
	for got := 0; got < size; {
		part, err := s.Read(min(size-got, 64<<10))
		if err != nil {
			p.t.Errorf("after %d bytes: %v", got, err)
			return
		}
		for len(part) > 0 {
			at := got % len(data)
			n := min(len(part), len(data)-at)
			if !bytes.Equal(part[:n], data[at:at+n]) {
				p.t.Errorf("wrong bytes at %d", got)
				return
			}
			part, got = part[n:], got+n
		}
	}
}

var keyPair = func() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}()

func serverConfig(*testing.T) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{keyPair}}
}

package stream_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// copyRig is a source and a target, with the far end of each.
type copyRig struct {
	t      *testing.T
	loop   *loop.Loop
	net    *sock.Net
	group  *stream.Group
	source *stream.Stream // what is copied
	target *stream.Stream // to where
	feed   *stream.Stream // writes what source gives; nil: a file, which has it
	drain  *stream.Stream // reads what target takes; nil: a file
	path   string         // of the target's file
}

// The kinds of ends that the kernel can move bytes between.
var copyKinds = []string{"tcp", "unix", "pipe", "file"}

// A copy through the rig gives every byte, in order, whoever moves them.
func TestCopyTo(t *testing.T) {
	data := numbered(3 << 20)
	for _, from := range copyKinds {
		for _, to := range copyKinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				r := newCopyRig(t, from, to, data)
				line, err := r.source.Gets(100)
				if err != nil {
					t.Fatal(err)
				}
				const part = 1000003
				r.loop.Go("copy", func() {
					n, err := r.source.CopyTo(r.target, part)
					if n != part || err != nil {
						t.Errorf("copied %d of a part, %v", n, err)
					}
					n, err = r.source.CopyTo(r.target, -1)
					if want := len(data) - len(line) - part; n != want || err != nil {
						t.Errorf("copied %d of the rest, %v, want %d", n, err, want)
					}
					r.target.Close()
				})
				if got := r.received(); !bytes.Equal(got, data[len(line):]) {
					t.Errorf("%d of %d bytes arrived, the first wrong at %d", len(got), len(data)-len(line), differ(got, data[len(line):]))
				}
				r.checkCounters(len(data), len(line))
				if moved := r.group.Moved(); runtime.GOOS == "linux" && moved < uint64(len(data)-128<<10) {
					t.Errorf("the kernel moved %d bytes of %d: splice is off", moved, len(data))
				}
			})
		}
	}
}

// checkCounters compares what the streams, and the sockets beneath, have counted.
func (r *copyRig) checkCounters(total, before int) {
	r.t.Helper()
	in, _ := r.source.Moved()
	_, out := r.target.Moved()
	if in != uint64(total) || out != uint64(total-before) {
		r.t.Errorf("the streams count %d in, %d out, want %d and %d", in, out, total, total-before)
	}
	if s, ok := r.source.Transport().(*sock.Sock); ok && s.Info().In != uint64(total) {
		r.t.Errorf("the source counts %d bytes in, want %d", s.Info().In, total)
	}
	if s, ok := r.target.Transport().(*sock.Sock); ok && s.Info().Out != uint64(total-before) {
		r.t.Errorf("the target counts %d bytes out, want %d", s.Info().Out, total-before)
	}
}

// Where somebody has to see the bytes, or the kernel does not move them, they
// are copied.
func TestCopyWithoutKernel(t *testing.T) {
	data := numbered(300 << 10)
	for _, test := range []struct {
		name, from, to string
		prepare        func(r *copyRig)
	}{
		{"an observer", "tcp", "tcp", func(r *copyRig) { r.net.Observe = func(sock.Event) {} }},
		{"a file that is only appended to", "tcp", "file", func(r *copyRig) { r.appends() }},
		{"from a file to one that is only appended to", "file", "file", func(r *copyRig) { r.appends() }},
		{"a socket that another process shares", "tcp", "tcp", func(r *copyRig) { r.target.Transport().(*sock.Sock).Descriptor() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newCopyRig(t, test.from, test.to, data)
			test.prepare(r)
			r.loop.Go("copy", func() {
				if n, err := r.source.CopyTo(r.target, -1); n != len(data) || err != nil {
					t.Errorf("copied %d, %v", n, err)
				}
				r.target.Close()
			})
			if got := r.received(); !bytes.Equal(got, data) {
				t.Errorf("%d of %d bytes arrived", len(got), len(data))
			}
			if moved := r.group.Moved(); test.to != "file" && moved != 0 {
				t.Errorf("the kernel moved %d bytes", moved)
			}
		})
	}
}

// An observer sees each byte of a copy.
func TestCopyIsObserved(t *testing.T) {
	data := numbered(300 << 10)
	r := newCopyRig(t, "tcp", "unix", data)
	seen := map[string]int{}
	r.net.Observe = func(e sock.Event) {
		if e.FD == r.source.Transport().(*sock.Sock).FD() && e.Op == "recv" || e.FD == r.target.Transport().(*sock.Sock).FD() && e.Op == "send" {
			seen[e.Op] += len(e.Data)
		}
	}
	r.loop.Go("copy", func() {
		r.source.CopyTo(r.target, -1)
		r.net.Observe = nil
		r.target.Close()
	})
	r.received()
	if seen["recv"] != len(data) || seen["send"] != len(data) {
		t.Errorf("the observer saw %v, want %d both times", seen, len(data))
	}
}

// A target that takes no more ends the copy; every byte that it did not take is
// still there.
func TestCopyToFullTarget(t *testing.T) {
	data := numbered(16 << 20)
	cancelled := errors.New("cancelled")
	for _, test := range []struct {
		name string
		want error
		stop func(r *copyRig, copier *loop.Task)
	}{
		{"time-out", loop.ErrTimeout, func(r *copyRig, _ *loop.Task) {}},
		{"cancel", cancelled, func(r *copyRig, copier *loop.Task) { r.afterStall(func() { copier.Cancel(cancelled) }) }},
		{"the target is closed", io.EOF, func(r *copyRig, _ *loop.Task) { r.afterStall(func() { r.target.Close() }) }},
		{"non-blocking", unix.EAGAIN, func(r *copyRig, _ *loop.Task) { r.target.SetBlocking(false) }},
	} {
		for _, from := range copyKinds {
			for _, to := range []string{"tcp", "unix", "pipe"} {
				t.Run(fmt.Sprintf("%s, %s to %s", test.name, from, to), func(t *testing.T) {
					r := newCopyRig(t, from, to, data)
					r.target.SetTimeout(stream.Forever)
					if test.want == loop.ErrTimeout {
						r.target.SetTimeout(50 * time.Millisecond)
					}
					var n int
					copier := r.loop.Go("copy", func() {
						var err error
						n, err = r.source.CopyTo(r.target, -1)
						if !errors.Is(err, test.want) {
							t.Errorf("copied %d, %v, want %v", n, err, test.want)
						}
					})
					test.stop(r, copier)
					copier.Join(time.Time{})
					rest, err := r.source.Contents(-1)
					if err != nil || !bytes.Equal(rest, data[n:]) {
						t.Errorf("after %d bytes %d are left, %v, the first wrong at %d of %d", n, len(rest), err, differ(rest, data[n:]), len(data)-n)
					}
					if to != "pipe" && test.want != io.EOF {
						r.target.Close()
						if got := r.received(); !bytes.Equal(got, data[:n]) {
							t.Errorf("%d bytes arrived, want %d", len(got), n)
						}
					}
				})
			}
		}
	}
}

// afterStall calls fn when the copy waits for the target.
func (r *copyRig) afterStall(fn func()) {
	r.loop.Go("stop", func() {
		for !r.stalled() {
			r.loop.Sleep(time.Millisecond)
		}
		fn()
	})
}

// stalled tells whether a task waits to write.
func (r *copyRig) stalled() bool {
	for _, w := range r.loop.Tasks() {
		if w.Name == "copy" && w.Why().Op == "write" {
			return true
		}
	}
	return false
}

// A source that gives nothing.
func TestCopyFromSilentSource(t *testing.T) {
	for _, from := range []string{"tcp", "unix", "pipe"} {
		t.Run(from, func(t *testing.T) {
			r := newCopyRig(t, from, "tcp", nil)
			r.source.SetTimeout(5 * time.Millisecond)
			if n, err := r.source.CopyTo(r.target, -1); n != 0 || err != loop.ErrTimeout || !r.source.TimedOut() {
				t.Errorf("got %d, %v, TimedOut %v", n, err, r.source.TimedOut())
			}
			r.source.SetBlocking(false)
			if n, err := r.source.CopyTo(r.target, -1); n != 0 || !errors.Is(err, unix.EAGAIN) {
				t.Errorf("non-blocking: %d, %v", n, err)
			}
			r.feed.Write([]byte("abc"))
			if n, err := r.source.CopyTo(r.target, -1); n != 3 || err != nil {
				t.Errorf("non-blocking, three bytes: %d, %v", n, err)
			}
			r.source.SetBlocking(true)
			r.source.SetTimeout(stream.Forever)
			r.loop.Go("second reader", func() {
				if _, err := r.source.Read(1); err != stream.ErrReading {
					t.Errorf("a second reader gets %v", err)
				}
				if _, err := r.source.CopyTo(r.target, 1); err != stream.ErrReading {
					t.Errorf("a second copy gets %v", err)
				}
				r.source.Close()
			})
			if n, err := r.source.CopyTo(r.target, -1); n != 0 || err != io.EOF {
				t.Errorf("closed under it: %d, %v, want io.EOF", n, err)
			}
			if _, err := r.source.CopyTo(r.target, -1); err != stream.ErrClosed {
				t.Errorf("closed: %v", err)
			}
		})
	}
}

// What breaks is told, and whose it is.
func TestCopyOfBrokenConnection(t *testing.T) {
	r := newCopyRig(t, "tcp", "tcp", nil)
	linger := func(s *stream.Stream) {
		unix.SetsockoptLinger(s.Transport().(*sock.Sock).FD(), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
		s.Close()
	}
	r.loop.Go("reset", func() { linger(r.feed) })
	if n, err := r.source.CopyTo(r.target, -1); n != 0 || !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("the source is reset: %d, %v", n, err)
	}
	r = newCopyRig(t, "tcp", "tcp", []byte("data"))
	r.source.Peek(4)
	linger(r.drain)
	if n, err := r.source.CopyTo(r.target, -1); n != 0 || !errors.Is(err, unix.ECONNRESET) && !errors.Is(err, unix.EPIPE) {
		t.Errorf("the target is reset: %d, %v", n, err)
	}
	if got, err := r.source.Read(10); err != nil || string(got) != "data" {
		t.Errorf("what was not copied: %q, %v", got, err)
	}
}

// Bytes behind an out-of-band mark, which the kernel does not move.
func TestCopyAcrossUrgentMark(t *testing.T) {
	r := newCopyRig(t, "tcp", "tcp", nil)
	feed := r.feed.Transport().(*sock.Sock)
	for _, part := range []struct {
		text  string
		flags int
	}{{"before", 0}, {"!", unix.MSG_OOB}, {"behind", 0}} {
		if _, err := feed.Send([]byte(part.text), part.flags); err != nil {
			t.Fatal(err)
		}
	}
	r.source.SetTimeout(stream.Forever)
	copier := r.loop.Go("copy", func() {
		if n, err := r.source.CopyTo(r.target, 12); n != 12 || err != nil {
			t.Errorf("copied %d, %v", n, err)
		}
		r.target.Close()
	})
	r.loop.Go("patience", func() {
		r.loop.Sleep(10 * time.Second)
		copier.Cancel(errors.New("it hangs"))
	})
	if got := r.received(); string(got) != "beforebehind" {
		t.Errorf("got %q", got)
	}
}

// Both directions of one connection, and a stream into itself.
func TestCopyIntoItself(t *testing.T) {
	r := newCopyRig(t, "tcp", "tcp", nil)
	r.loop.Go("echo", func() { r.source.CopyTo(r.source, -1); r.source.Close() })
	data := numbered(1 << 20)
	r.loop.Go("writer", func() {
		r.feed.Write(data)
		r.feed.Transport().(*sock.Sock).Shutdown(unix.SHUT_WR)
	})
	if got, err := r.feed.Contents(-1); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

// A source that is shared with a socket: what was put back comes first.
func TestCopyOfSharedSource(t *testing.T) {
	r := newCopyRig(t, "tcp", "tcp", []byte("from the kernel"))
	r.source.Share(false)
	r.source.Transport().(*sock.Sock).Unread([]byte("kept, "))
	r.loop.Go("copy", func() {
		if n, err := r.source.CopyTo(r.target, -1); n != 21 || err != nil {
			t.Errorf("copied %d, %v", n, err)
		}
		r.target.Close()
	})
	if got := r.received(); string(got) != "kept, from the kernel" {
		t.Errorf("got %q", got)
	}
}

// received is all that arrives at the other end of the target.
func (r *copyRig) received() []byte {
	r.t.Helper()
	if r.drain != nil {
		got, err := r.drain.Contents(-1)
		if err != nil {
			r.t.Error(err)
		}
		return got
	}
	if err := r.loop.Run(); err != nil {
		r.t.Error(err)
	}
	got, err := os.ReadFile(r.path)
	if err != nil {
		r.t.Error(err)
	}
	return got
}

// appends makes the target's file one that is only appended to.
func (r *copyRig) appends() {
	fd := r.target.Transport().(*stream.File).FD()
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, unix.O_APPEND); err != nil {
		r.t.Fatal(err)
	}
}

// newCopyRig makes a rig whose source gives data and then ends; of nil, it gives
// what feed writes.
func newCopyRig(t *testing.T, from, to string, data []byte) *copyRig {
	t.Helper()
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	r := &copyRig{t: t, loop: l, net: sock.New(l), group: stream.NewGroup(l)}
	t.Cleanup(func() {
		l.Close()
		r.group.Close()
		r.net.Close()
	})
	if from == "file" {
		path := filepath.Join(t.TempDir(), "source")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		r.source = r.open(path, unix.O_RDONLY)
	} else {
		r.source, r.feed = r.connect(from)
	}
	if to == "file" {
		r.path = filepath.Join(t.TempDir(), "target")
		r.target = r.open(r.path, unix.O_CREAT|unix.O_WRONLY)
	} else {
		r.drain, r.target = r.connect(to)
	}
	if r.feed != nil && data != nil {
		l.Go("feed", func() {
			r.feed.Write(data)
			r.feed.Close()
		})
	}
	return r
}

// connect makes a reader and a writer.
func (r *copyRig) connect(kind string) (reads, writes *stream.Stream) {
	r.t.Helper()
	if kind == "pipe" {
		var fds [2]int
		if err := unix.Pipe(fds[:]); err != nil {
			r.t.Fatal(err)
		}
		file := func(fd int) *stream.Stream { return r.group.New(stream.NewFile(r.loop, fd, true, "pipe"), false) }
		return file(fds[0]), file(fds[1])
	}
	var a, b *sock.Sock
	var err error
	if kind == "unix" {
		a, b, err = r.net.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	} else {
		a, b, err = r.tcp()
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return r.group.New(a, false), r.group.New(b, false)
}

func (r *copyRig) tcp() (a, b *sock.Sock, err error) {
	l, err := r.net.ListenAll(0, 1)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	at, err := l.Getsockname()
	if err != nil {
		return nil, nil, err
	}
	at = addr.Inet(netip.MustParseAddr("127.0.0.1"), at.Port)
	if a, err = r.net.Dial([]addr.Addr{at}, unix.SOCK_STREAM, time.Time{}, nil); err != nil {
		return nil, nil, err
	}
	b, err = l.Accept()
	return a, b, err
}

func (r *copyRig) open(path string, flags int) *stream.Stream {
	r.t.Helper()
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.group.New(stream.NewFile(r.loop, fd, true, path), false)
}

// numbered is n bytes in lines that count, so that what is lost or doubled shows.
func numbered(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.Bytes()[:n]
}

// differ is where two texts differ first.
func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

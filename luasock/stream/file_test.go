package stream_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
	"sockscript/luasock/stream"
)

// files is a loop with streams over files.
type files struct {
	t     *testing.T
	loop  *loop.Loop
	group *stream.Group
}

func newFiles(t *testing.T) *files {
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &files{t, l, stream.NewGroup(l)}
}

func (f *files) open(fd int, owned bool) *stream.Stream {
	s := f.group.New(stream.NewFile(f.loop, fd, owned, "test"), false)
	s.SetTimeout(stream.Forever)
	return s
}

func (f *files) pipe() (r, w int) {
	f.t.Helper()
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil {
		f.t.Fatal(err)
	}
	return fds[0], fds[1]
}

func TestPipe(t *testing.T) {
	f := newFiles(t)
	in, out := f.pipe()
	r, w := f.open(in, true), f.open(out, true)
	f.loop.Go("writer", func() {
		for _, part := range []string{"on", "e\ntw", "o\ntail"} {
			if _, err := w.Write([]byte(part)); err != nil {
				t.Error(err)
			}
			f.loop.Sleep(time.Millisecond)
		}
		w.Close()
	})
	for _, want := range []string{"one\n", "two\n", "tail"} {
		if got, err := r.Gets(100); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := r.Gets(100); err != io.EOF || !r.EOF() {
		t.Errorf("got %v, EOF %v", err, r.EOF())
	}
	if flags, err := unix.FcntlInt(uintptr(in), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("the pipe has become non-blocking: %#x, %v", flags, err)
	}
}

// A megabyte through a pipe, which is a blocking descriptor, while other tasks
// run.
func TestPipeWriteWaits(t *testing.T) {
	f := newFiles(t)
	in, out := f.pipe()
	r, w := f.open(in, true), f.open(out, true)
	data := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	f.loop.Go("writer", func() {
		if n, err := w.Write(data); n != len(data) || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
		w.Close()
	})
	if got, err := r.Contents(-1); err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
}

func TestPipeWithoutReader(t *testing.T) {
	f := newFiles(t)
	in, out := f.pipe()
	unix.Close(in)
	if _, err := f.open(out, true).Write([]byte("x")); !errors.Is(err, unix.EPIPE) {
		t.Errorf("got %v, want EPIPE", err)
	}
}

func TestPipeTimeoutAndClose(t *testing.T) {
	f := newFiles(t)
	in, out := f.pipe()
	defer unix.Close(out)
	r := f.open(in, true)
	r.SetTimeout(5 * time.Millisecond)
	if _, err := r.Read(1); err != loop.ErrTimeout {
		t.Errorf("got %v, want a time-out", err)
	}
	r.SetBlocking(false)
	if _, err := r.Read(1); !errors.Is(err, unix.EAGAIN) {
		t.Errorf("got %v, want EAGAIN", err)
	}
	r.SetBlocking(true)
	r.SetTimeout(stream.Forever)
	f.loop.Go("closer", func() { r.Close() })
	if _, err := r.Read(1); err != io.EOF {
		t.Errorf("got %v, want io.EOF", err)
	}
	if _, err := r.Read(1); err != stream.ErrClosed {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestRegularFile(t *testing.T) {
	f := newFiles(t)
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("one\ntwo"), 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := f.open(fd, true)
	for _, want := range []string{"one\n", "two"} {
		if got, err := s.Gets(100); err != nil || string(got) != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
	if _, err := s.Gets(100); err != io.EOF {
		t.Errorf("got %v, want io.EOF", err)
	}
	if n, err := s.Write([]byte("more")); n != 4 || err != nil {
		t.Errorf("wrote %d, %v", n, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if got, _ := os.ReadFile(path); string(got) != "one\ntwomore" {
		t.Errorf("the file holds %q", got)
	}
}

// A file goes through a socket whole.
func TestCopyFileToSocket(t *testing.T) {
	p := newPeer(t)
	defer p.close()
	path := filepath.Join(t.TempDir(), "file")
	data := bytes.Repeat([]byte("0123456789abcdef"), 32<<10)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := stream.NewGroup(p.loop).New(stream.NewFile(p.loop, fd, true, path), false)
	p.loop.Go("copy", func() {
		if n, err := file.CopyTo(p.s, -1); n != len(data) || err != nil {
			t.Errorf("copied %d, %v", n, err)
		}
		p.s.Close()
	})
	other := stream.NewGroup(p.loop).New(p.other, false)
	if got, err := other.Contents(-1); err != nil || !bytes.Equal(got, data) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
}

func TestWrongDescriptor(t *testing.T) {
	f := newFiles(t)
	if _, err := f.open(987, false).Read(1); !errors.Is(err, unix.EBADF) {
		t.Errorf("got %v, want EBADF", err)
	}
}

package lualib

import (
	"bufio"
	"errors"
	"io"
	"syscall"

	lua "github.com/yuin/gopher-lua"
)

// source is a file that may keep its reader waiting: a terminal, a pipe. Only
// the waiting is another goroutine's; when it is cut short, what arrives later
// is kept for the next read.
type source struct {
	m     *machine
	L     *lua.LState // that reads now
	r     io.Reader
	ahead *arrival
}

// arrival is a read that is under way, or has come.
type arrival struct {
	buf  []byte
	err  error
	done chan struct{}
}

// newReader gives the reader of a file. A regular file does not keep anyone
// waiting, and is read as it is.
func (f *file) newReader() *bufio.Reader {
	if f.from != nil {
		f.source = &source{m: f.m, r: f.from}
		return bufio.NewReader(f.source)
	}
	if info, err := f.f.Stat(); err == nil && info.Mode().IsRegular() {
		return bufio.NewReader(f.f)
	}
	f.source = &source{m: f.m, r: f.f}
	return bufio.NewReader(f.source)
}

// Read implements io.Reader. It raises a Lua error when the wait is cut short.
func (s *source) Read(p []byte) (int, error) {
	if s.ahead == nil {
		s.ahead = s.begin(len(p))
	}
	a := s.ahead
	s.m.await(s.L, func() { <-a.done })
	if errors.Is(a.err, syscall.EAGAIN) {
		s.ahead = nil
		return s.Read(p)
	}
	n := copy(p, a.buf)
	if a.buf = a.buf[n:]; len(a.buf) > 0 {
		return n, nil
	}
	s.ahead = nil
	return n, a.err
}

func (s *source) begin(size int) *arrival {
	a := &arrival{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		buf := make([]byte, size)
		n, err := s.r.Read(buf)
		a.buf, a.err = buf[:n], err
	}()
	return a
}

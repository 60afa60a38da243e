package lualib

import (
	"bufio"
	"errors"
	"io"
	"strings"
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

// Input is what files read from. At the end every method gives io.EOF, once there
// is nothing else left to give.
type Input interface {
	// Peek gives n bytes without taking them, fewer at the end.
	Peek(n int) ([]byte, error)
	// Discard takes n bytes that are held.
	Discard(n int) (int, error)
	// Line gives a line with its "\n".
	Line() (string, error)
	// Contents gives n bytes, fewer at the end; negative: all up to it, and no
	// io.EOF.
	Contents(n int) (string, error)
	// Buffered is how many bytes are held.
	Buffered() int
	// Forget drops the bytes that are held, and an end that was met.
	Forget()
}

// newInput gives what reads a file. A regular file does not keep anyone waiting,
// and is read as it is.
func (f *file) newInput() Input {
	if info, err := f.f.Stat(); err == nil && info.Mode().IsRegular() {
		return input{bufio.NewReader(f.f)}
	}
	f.source = &source{m: f.m, r: f.f}
	return input{bufio.NewReader(f.source)}
}

// input is an Input over a reader.
type input struct{ *bufio.Reader }

// Line implements Input.
func (r input) Line() (string, error) {
	line, err := r.ReadString('\n')
	if line != "" && err == io.EOF {
		err = nil
	}
	return line, err
}

// Contents implements Input.
func (r input) Contents(n int) (string, error) {
	if n < 0 {
		text, err := io.ReadAll(r)
		return string(text), err
	}
	var text strings.Builder
	_, err := io.CopyN(&text, r, int64(n))
	if text.Len() > 0 && err == io.EOF {
		err = nil
	}
	return text.String(), err
}

// Forget implements Input.
func (r input) Forget() { r.Discard(r.Buffered()) }

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

package stream

import (
	"errors"
	"io"
	"math"

	"golang.org/x/sys/unix"
)

// A Descriptor is a transport whose bytes the kernel can move by itself, past
// TryRead and TryWrite: splice(2), sendfile(2).
type Descriptor interface {
	Transport
	// Raw is the descriptor; -1 as long as bytes have to go through TryRead and
	// TryWrite, because some are kept or an observer wants to see them.
	Raw() int
	// MovedIn notes that the kernel has taken n bytes from the transport, or why
	// it has not. The error is what TryRead returns in that case.
	MovedIn(n int, errno unix.Errno) error
	// MovedOut is MovedIn for bytes that were put into the transport.
	MovedOut(n int, errno unix.Errno) error
}

// CopyTo copies up to max bytes (negative: everything up to the end) to another
// stream, in constant memory, and returns how many were written. Where it can,
// the kernel moves them. What was taken and could not be written stays readable.
// No other task can read from the stream meanwhile.
func (s *Stream) CopyTo(to *Stream, max int) (int, error) {
	if max == 0 && !s.IsClosed() {
		return 0, nil
	}
	if err := s.begin(&s.reading, ErrReading); err != nil {
		return 0, err
	}
	s.timedOut = false
	defer s.finish()
	if max < 0 {
		max = math.MaxInt
	}
	c := copying{from: s, to: to, left: max, kernel: !s.datagrams && !to.datagrams}
	err := c.run()
	if err == ErrClosed { // meanwhile
		err = io.EOF
	}
	if !c.stuck && (atEnd(err) && !s.IsClosed() || c.done > 0 && errors.Is(err, unix.EAGAIN)) {
		err = nil
	}
	return c.done, err
}

// copying is a CopyTo under way.
type copying struct {
	from, to   *Stream
	left, done int    // bytes
	kernel     bool   // the kernel has not refused to move them
	stuck      bool   // it is the writing that failed
	buf        []byte // for what the kernel does not move
}

func (c *copying) run() error {
	for c.left > 0 {
		if c.from.IsClosed() {
			return io.EOF
		}
		moved, err := c.move()
		if !moved && err == nil {
			err = c.piece()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// piece copies what is buffered, or what comes first.
func (c *copying) piece() error {
	s := c.from
	s.fetch()
	if len(s.buf) == 0 && !s.whole {
		if s.pending == nil {
			if err := s.fill(min(c.left, most)); err != nil {
				return err
			}
		}
		if err := s.pending; err != nil {
			s.pending = nil
			return err
		}
	}
	if c.buf == nil {
		c.buf = make([]byte, 0, most)
	}
	p := append(c.buf, s.give(min(c.left, most, len(s.buf)), 0)...) // the write may wait, and others read meanwhile
	s.putBack()
	n, err := c.to.Write(p)
	return c.wrote(n, p[n:], err)
}

// wrote counts n bytes, and puts back the rest of those that were taken.
func (c *copying) wrote(n int, rest []byte, err error) error {
	c.done += n
	c.left -= n
	if len(rest) > 0 && !c.from.IsClosed() {
		c.from.restore(rest)
		c.from.in -= min(c.from.in, uint64(len(rest)))
	}
	if err == nil && len(rest) > 0 {
		err = unix.EAGAIN // of a non-blocking stream
	}
	c.stuck = err != nil
	return err
}

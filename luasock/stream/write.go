package stream

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// Write writes all of p; of a non-blocking stream what the transport takes. It
// returns how many bytes were written, with an error when that is not all. p is
// not written to.
func (s *Stream) Write(p []byte) (int, error) {
	if len(p) == 0 && !s.IsClosed() {
		return 0, nil
	}
	return s.WriteDirect(p, s.transport.TryWrite)
}

func (s *Stream) write(p []byte, try func([]byte) (int, error)) (int, error) {
	done := 0
	for {
		if s.IsClosed() {
			return done, io.EOF
		}
		n, err := try(p[done:])
		done += n
		switch {
		case err == nil && done == len(p):
			return done, nil
		case err != nil && !errors.Is(err, unix.EAGAIN):
			return done, err
		case s.transport.Nonblock() && done > 0:
			return done, nil
		case s.transport.Nonblock():
			return 0, unix.EAGAIN
		}
		if err := s.transport.WaitWrite(s.deadline()); err != nil {
			return done, s.interrupted(err)
		}
	}
}

// CopyTo copies up to max bytes (negative: everything up to the end) to another
// stream, in constant memory, and returns how many were written. What was read
// and could not be written stays readable.
func (s *Stream) CopyTo(to *Stream, max int) (int, error) {
	buf, done := make([]byte, 0, most), 0
	for max < 0 || done < max {
		size := most
		if max >= 0 {
			size = min(size, max-done)
		}
		p, err := s.Read(size)
		if err != nil {
			return done, s.copied(done, err)
		}
		p = append(buf, p...) // the write may wait, and others read meanwhile
		n, err := to.Write(p)
		done += n
		if n < len(p) {
			s.Unread(p[n:])
			if err == nil {
				err = unix.EAGAIN
			}
			return done, err
		}
	}
	return done, nil
}

// copied says how a copy ends whose source gives no more.
func (s *Stream) copied(done int, err error) error {
	if atEnd(err) && !s.IsClosed() || done > 0 && errors.Is(err, unix.EAGAIN) {
		return nil
	}
	return err
}

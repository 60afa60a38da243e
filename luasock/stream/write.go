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
	return s.push(len(p), func(done int) (int, error) { return try(p[done:]) })
}

// push has try, which is told how many bytes are done, write until n are.
func (s *Stream) push(n int, try func(done int) (int, error)) (int, error) {
	done := 0
	for {
		if s.IsClosed() {
			return done, io.EOF
		}
		more, err := try(done)
		done += more
		switch {
		case err == nil && done == n:
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

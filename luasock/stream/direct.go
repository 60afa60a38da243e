package stream

import (
	"bytes"
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// ReadDirect gives up to n bytes that are buffered or, when none are, what try
// reads, which is a TryRead of another kind. With urgent the buffer is passed
// by; with peek what it holds stays there.
func (s *Stream) ReadDirect(n int, urgent, peek bool, try func(p []byte) (int, error)) ([]byte, error) {
	if err := s.begin(&s.reading, ErrReading); err != nil {
		return nil, err
	}
	s.timedOut = false
	s.fetch()
	defer s.finish()
	switch {
	case urgent:
	case len(s.buf) > 0 && peek:
		return bytes.Clone(s.buf[:min(n, len(s.buf))]), nil
	case len(s.buf) > 0:
		return s.give(min(n, len(s.buf)), 0), nil
	case s.whole:
		s.drop()
		return []byte{}, nil
	case s.pending != nil:
		err := s.pending
		s.pending = nil
		return nil, err
	}
	wait := s.transport.WaitRead
	if t, ok := s.transport.(interface{ WaitUrgent(time.Time) error }); ok && urgent {
		wait = t.WaitUrgent
	}
	return s.readDirect(n, try, wait)
}

func (s *Stream) readDirect(n int, try func([]byte) (int, error), wait func(time.Time) error) ([]byte, error) {
	p := s.group.scratch.Bytes()
	if n > len(p) && s.datagrams {
		p = make([]byte, max(len(p), len(s.datagramRoom())))
	}
	p = p[:min(n, len(p))]
	for waited := error(nil); ; {
		if s.IsClosed() {
			return nil, io.EOF
		}
		got, err := try(p)
		switch {
		case err == nil:
			s.in += uint64(got)
			return p[:got], nil
		case !errors.Is(err, unix.EAGAIN):
			return nil, err
		case s.transport.Nonblock():
			return nil, unix.EAGAIN
		case waited != nil: // and nothing came with the time-out
			return nil, s.interrupted(waited)
		}
		if waited = wait(s.deadline()); waited != nil && waited != loop.ErrTimeout {
			return nil, s.interrupted(waited)
		}
	}
}

// WriteDirect is Write through try, which is a TryWrite of another kind. It
// calls try for no bytes too: an empty datagram is one.
func (s *Stream) WriteDirect(p []byte, try func(p []byte) (int, error)) (int, error) {
	if err := s.begin(&s.writing, ErrWriting); err != nil {
		return 0, err
	}
	defer func() { s.writing = false }()
	n, err := s.write(p, try)
	s.out += uint64(n)
	return n, err
}

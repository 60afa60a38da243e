package stream

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// EarlyError says that the peer has sent bytes before TLS began. They might be
// somebody else's, who wants them to be taken for the peer's (RFC 3207, section
// 6; CVE-2011-0411). They stay readable.
type EarlyError struct{ Bytes []byte }

func (e *EarlyError) Error() string {
	return fmt.Sprintf("%d bytes have come before TLS (%q…): they may be an attacker's (command injection)", len(e.Bytes), e.Bytes[:min(len(e.Bytes), 20)])
}

// StartTLS puts TLS in the place of the stream's transport, over it. Nothing is
// sent yet: the first read, write or Handshake does. It returns an *EarlyError
// when bytes are buffered, io.EOF when the peer has closed.
func (s *Stream) StartTLS(config *tls.Config, server bool) (*TLS, error) {
	switch {
	case s.IsClosed():
		return nil, ErrClosed
	case s.reading:
		return nil, ErrReading
	case s.writing:
		return nil, ErrWriting
	}
	s.fetch()
	defer s.putBack()
	if len(s.buf) > s.peeked || s.pending != nil {
		return nil, s.early()
	}
	s.drop()
	s.keeper, s.exact, s.ended = nil, false, false
	t := s.group.NewTLS(s.transport, config, server)
	s.transport = t
	return t, nil
}

// early is why TLS cannot begin.
func (s *Stream) early() error {
	if len(s.buf) > 0 {
		return &EarlyError{bytes.Clone(s.buf)}
	}
	return s.pending
}

// Handshake runs the handshake of a stream on which TLS has been started, within
// the stream's time-out. On a non-blocking stream the error is unix.EAGAIN until
// it is over.
func (s *Stream) Handshake(deadline time.Time) error {
	t, ok := s.transport.(*TLS)
	if !ok {
		return nil
	}
	err := t.Handshake(deadline)
	if err != nil && err != loop.ErrTimeout && s.IsClosed() {
		return io.EOF
	}
	return err
}

// mostAfterStop is how many bytes the peer may send before it answers that TLS
// ends.
const mostAfterStop = 1 << 20

// StopTLS ends TLS and goes on in plain text: it sends close_notify, waits for
// the peer's, and puts the transport beneath back in place. What the peer has
// sent before its close_notify stays readable.
func (s *Stream) StopTLS() (err error) {
	t, ok := s.transport.(*TLS)
	if !ok {
		return nil
	}
	if err := s.begin(&s.reading, ErrReading); err != nil {
		return err
	}
	defer func() { s.reading = false }()
	if s.writing {
		return ErrWriting
	}
	if err := s.Handshake(s.deadline()); err != nil {
		return err
	}
	t.CloseWrite()
	if err := s.untilCloseNotify(t); err != nil {
		return s.interrupted(err)
	}
	s.own()
	s.buf = append(s.buf, t.wire.in...)
	s.transport, s.pending, s.ended = t.inner, nil, false
	return nil
}

// untilCloseNotify buffers what comes before the peer's close_notify.
func (s *Stream) untilCloseNotify(t *TLS) error {
	for waited := error(nil); ; {
		s.own()
		switch took := s.pending != nil || s.take(chunk); {
		case s.pending == io.EOF || s.pending == ErrTruncated:
			return t.sent(s.deadline())
		case s.pending != nil:
			return s.pending
		case len(s.buf) > mostAfterStop:
			return errors.New("the peer goes on sending through TLS instead of ending it")
		case took:
			continue
		}
		if t.Nonblock() {
			return unix.EAGAIN
		}
		if waited != nil {
			return waited
		}
		if waited = t.WaitRead(s.deadline()); waited != nil && waited != loop.ErrTimeout {
			return waited
		}
	}
}

// sent waits until all that was encrypted has been sent.
func (t *TLS) sent(deadline time.Time) error {
	for {
		err := t.flush()
		if !errors.Is(err, unix.EAGAIN) || t.Nonblock() {
			return err
		}
		if err := t.inner.WaitWrite(deadline); err != nil {
			return err
		}
	}
}

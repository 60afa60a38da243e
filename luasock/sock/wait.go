package sock

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// do makes a call that may block: it tries, and where the kernel says EAGAIN it
// waits for the event and tries again. All waiting of this package stands here.
//
// It does not wait on a non-blocking socket, nor with MSG_DONTWAIT among the
// flags, nor where no event announces anything (e is 0); then, and when timeo has
// passed, the error is EAGAIN. A blocking call for which the event has not come
// does not ask the kernel first.
func (s *Sock) do(op string, e loop.Event, flags int, timeo time.Duration, try func() unix.Errno) error {
	return s.attempt(op, e, flags, timeo, false, try)
}

// attempt is do. With leave, and without timeo, it returns loop.ErrLeft where the
// loop would rather have the call made again than wait.
func (s *Sock) attempt(op string, e loop.Event, flags int, timeo time.Duration, leave bool, try func() unix.Errno) error {
	if err := s.net.Loop.Spend(); err != nil {
		return err
	}
	if s.closed {
		return ErrClosed
	}
	wait := s.waits(flags) && e != 0
	var deadline time.Time
	for {
		if !wait || s.fd.May(e) || s.state == Listening && op != "accept" { // the kernel refuses: no event announces that
			errno := try()
			if errno != unix.EAGAIN {
				return s.checked(op, errno)
			}
			s.fd.Blocked(e)
			if !wait {
				return s.fail(op, errno)
			}
		}
		if timeo > 0 && deadline.IsZero() {
			deadline = s.net.Loop.Deadline(timeo)
		}
		if leave && timeo <= 0 {
			if err := s.fd.Leave(e, loop.Why{Op: op, On: s}); err != nil {
				return s.waited(op, err)
			}
		} else if err := s.wait(op, e, deadline); err != nil {
			return err
		}
	}
}

func (s *Sock) checked(op string, errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return s.fail(op, errno)
}

// wait parks until the event may have come. A deadline that has passed is
// EAGAIN, as SO_RCVTIMEO and SO_SNDTIMEO have it.
func (s *Sock) wait(op string, e loop.Event, deadline time.Time) error {
	return s.waited(op, s.fd.Wait(e, loop.Why{Op: op, On: s}, deadline))
}

// waited is the error of a call whose wait has ended with err.
func (s *Sock) waited(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case err == loop.ErrTimeout:
		return s.fail(op, unix.EAGAIN)
	case err == loop.ErrClosed:
		return s.closedUnder()
	}
	if errno, ok := err.(unix.Errno); ok { // the poller refused the descriptor
		return s.fail(op, errno)
	}
	return err
}

// closedUnder notes and returns the error of a call on which the socket was
// closed.
func (o *open) closedUnder() error {
	o.lastErr, o.net.LastErr = int(unix.EBADF), int(unix.EBADF)
	return ErrClosedUnder
}

func toErrno(err error) unix.Errno {
	var errno unix.Errno
	errors.As(err, &errno)
	return errno
}

package sock

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// call is a call that may block: it tries, and where the kernel says EAGAIN it
// waits for the event and tries again. All waiting of this package stands here.
//
//	for err = c.begin(); err == nil; err = c.tried(errno) {
//		the system call, which may return
//	}
//
// It does not wait on a non-blocking socket, nor with MSG_DONTWAIT among the
// flags, nor where no event announces anything (e is 0); then, and when timeo has
// passed, the error is EAGAIN. A blocking call for which the event has not come
// does not ask the kernel first.
type call struct {
	s     *Sock
	op    string
	e     loop.Event
	flags int
	timeo time.Duration // 0 for none
	// leave says that where the loop would rather have the call made again than wait,
	// the error is to be loop.ErrLeft.
	leave bool

	blocks   bool
	deadline time.Time // by timeo, since the first wait
}

func (s *Sock) do(op string, e loop.Event, flags int, timeo time.Duration, try func() unix.Errno) error {
	c := call{s: s, op: op, e: e, flags: flags, timeo: timeo}
	err := c.begin()
	for err == nil {
		errno := try()
		if errno == 0 {
			return nil
		}
		err = c.tried(errno)
	}
	return err
}

func (c *call) begin() error {
	if err := c.s.net.Loop.Spend(); err != nil {
		return err
	}
	if c.s.closed {
		return ErrClosed
	}
	c.blocks = c.s.waits(c.flags) && c.e != 0
	if c.s.fd.May(c.e) || !c.blocks {
		return nil
	}
	if c.s.state == Listening && c.op != "accept" {
		return nil // the kernel refuses: no event announces that
	}
	return c.wait()
}

// tried takes the kernel's answer, which is an error.
func (c *call) tried(errno unix.Errno) error {
	if errno != unix.EAGAIN {
		return c.s.fail(c.op, errno)
	}
	c.s.fd.Blocked(c.e)
	if !c.blocks {
		return c.s.fail(c.op, errno)
	}
	return c.wait()
}

// wait waits until the event may have come.
func (c *call) wait() error {
	s := c.s
	if c.timeo > 0 && c.deadline.IsZero() {
		c.deadline = s.net.Loop.Deadline(c.timeo)
	}
	for {
		var err error
		if c.leave {
			err = s.waited(c.op, s.fd.Leave(c.e, loop.Why{Op: c.op, On: s}, c.deadline))
		} else {
			err = s.wait(c.op, c.e, c.deadline)
		}
		if err != nil || s.fd.May(c.e) {
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

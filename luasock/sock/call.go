package sock

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// Bind wraps bind(2).
func (s *Sock) Bind(a addr.Addr) error {
	if s.closed {
		return ErrClosed
	}
	errno := sysBind(s.n, a)
	if errno == 0 && s.state == Fresh {
		s.state = Bound
	}
	err := s.checked("bind", errno)
	s.observe("bind", nil, a, err)
	return err
}

// Listen wraps listen(2).
func (s *Sock) Listen(backlog int) error {
	if s.closed {
		return ErrClosed
	}
	errno := sysListen(s.n, backlog)
	if errno == 0 {
		s.state = Listening
		s.fd.Level()
	}
	err := s.checked("listen", errno)
	s.observe("listen", nil, addr.Addr{}, err)
	return err
}

// Accept wraps accept(2). The new socket is blocking; it inherits the options
// of the listener, as on Linux.
func (s *Sock) Accept() (*Sock, error) {
	fd := -1
	err := s.do("accept", loop.In, 0, s.rtimeo, func() (errno unix.Errno) {
		if fd, errno = s.tryAccept(); errno == unix.EAGAIN && !s.nonblock && s.isShut() {
			errno = unix.EINVAL
		}
		return errno
	})
	return s.accepted(fd, err)
}

// AcceptBy is Accept that waits, whatever SetNonblock says, until a deadline:
// then the error is loop.ErrTimeout. SO_RCVTIMEO does not count.
func (s *Sock) AcceptBy(deadline time.Time) (*Sock, error) {
	if err := s.net.Loop.Spend(); err != nil {
		return nil, err
	}
	for waited := error(nil); ; {
		if s.closed {
			return nil, ErrClosedUnder
		}
		fd, errno := s.tryAccept()
		if errno == unix.EAGAIN && s.isShut() {
			errno = unix.EINVAL
		}
		if errno != unix.EAGAIN {
			return s.accepted(fd, s.checked("accept", errno))
		}
		s.fd.Blocked(loop.In)
		if waited != nil { // and nobody came with the time-out
			return nil, waited
		}
		if waited = s.waitFor("accept", loop.In, deadline); waited != nil && waited != loop.ErrTimeout {
			return nil, waited
		}
	}
}

// tryAccept is accept(2) without waiting.
func (s *Sock) tryAccept() (fd int, errno unix.Errno) {
	if s.foreign {
		if !readable(s.n) {
			return -1, unix.EAGAIN
		}
		defer s.unblocked()() // another process may be faster
	}
	errno = s.net.short(func() (e unix.Errno) {
		fd, e = sysAccept(s.n)
		return e
	})
	if errno == 0 {
		s.fd.Taken()
	}
	return fd, errno
}

// isShut tells of an AF_UNIX socket from which nothing can be accepted whether it
// was shut down. The kernel says so, with EINVAL, only to who sleeps in accept(2).
func (o *open) isShut() bool { return o.family == unix.AF_UNIX && sysIsShut(o.n) }

// accepted makes a Sock of an accepted descriptor, if there is no error.
func (s *Sock) accepted(fd int, err error) (*Sock, error) {
	if err != nil {
		s.observe("accept", nil, addr.Addr{}, err)
		return nil, err
	}
	c := s.net.handle(fd, s.family, s.typ, s.proto)
	c.state = Connected
	c.linger, c.rtimeo, c.wtimeo = s.linger, s.rtimeo, s.wtimeo
	if s.net.Observe != nil {
		peer, _ := sysGetpeername(fd)
		c.observe("accept", nil, peer, nil)
	}
	return c, nil
}

// readable asks poll(2) whether the descriptor can be read at once.
func readable(fd int) bool { return polled(fd, unix.POLLIN) }

// writable asks poll(2) whether the descriptor can be written at once.
func writable(fd int) bool { return polled(fd, unix.POLLOUT) }

func polled(fd int, events int16) bool {
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: events}}, 0)
	return n > 0 && err == nil
}

// Connect wraps connect(2). A blocking socket waits until it is connected, or
// for SO_SNDTIMEO: then the error is EINPROGRESS, as on a non-blocking one.
func (s *Sock) Connect(a addr.Addr) error {
	err := s.connect(a)
	if err == nil {
		s.state = Connected
	}
	s.observe("connect", nil, a, err)
	return err
}

func (s *Sock) connect(a addr.Addr) error {
	if err := s.net.Loop.Spend(); err != nil {
		return err
	}
	if s.closed {
		return ErrClosed
	}
	errno := s.tryConnect(a)
	switch {
	case (errno == unix.EINPROGRESS || errno == unix.EALREADY) && s.state != Listening:
		s.state = Connecting
		if s.nonblock {
			return s.fail("connect", errno)
		}
		if err := s.awaitConnected(); err != nil {
			return err
		}
		sysConnect(s.n, a) // tells the kernel's socket what its protocol knows: connected
		return nil
	case errno == unix.EAGAIN && s.family == unix.AF_UNIX && !s.nonblock:
		return s.retry("connect", func() unix.Errno { return s.tryConnect(a) })
	}
	return s.checked("connect", errno)
}

func (s *Sock) tryConnect(a addr.Addr) unix.Errno {
	if s.foreign && s.typ != unix.SOCK_DGRAM {
		defer s.unblocked()()
	}
	return sysConnect(s.n, a)
}

// unblocked makes an open file that another process may share, and that may be
// blocking, non-blocking until the function that it returns is called: accept(2)
// and connect(2) cannot be told by a flag that they must not wait.
func (o *open) unblocked() (restore func()) {
	flags, err := unix.FcntlInt(uintptr(o.n), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK != 0 {
		return func() {}
	}
	unix.SetNonblock(o.n, true)
	return func() { unix.SetNonblock(o.n, false) }
}

// awaitConnected waits until a connect under way has ended, and says how.
func (s *Sock) awaitConnected() error {
	deadline := time.Time{}
	if s.wtimeo > 0 {
		deadline = s.net.Loop.Deadline(s.wtimeo)
	}
	for {
		s.fd.Blocked(loop.Out)
		err := s.wait("connect", loop.Out, deadline)
		if err != nil {
			if errors.Is(err, unix.EAGAIN) {
				return s.fail("connect", unix.EINPROGRESS)
			}
			return err
		}
		code, err := unix.GetsockoptInt(s.n, unix.SOL_SOCKET, unix.SO_ERROR)
		if err != nil || code != 0 {
			return s.notConnected(max(toErrno(err), unix.Errno(code)))
		}
		if _, errno := sysGetpeername(s.n); errno != unix.ENOTCONN {
			return nil
		}
		if writable(s.n) { // over, and the error was taken by another call
			return s.notConnected(unix.ECONNABORTED)
		}
	}
}

// notConnected ends a connect that has failed, so that the next begins anew.
func (s *Sock) notConnected(errno unix.Errno) error {
	s.state = Fresh
	sysUnconnect(s.n)
	return s.fail("connect", errno)
}

// doRetrying is do for a call whose success no event announces.
func (s *Sock) doRetrying(op string, try func() unix.Errno) error {
	if err := s.net.Loop.Spend(); err != nil {
		return err
	}
	if s.closed {
		return ErrClosed
	}
	if errno := try(); errno != unix.EAGAIN {
		return s.checked(op, errno)
	}
	return s.retry(op, try)
}

// retry makes a call again until it does not answer EAGAIN, ever more seldom:
// the kernel announces room in another AF_UNIX socket's queue by no event. It
// ends with EAGAIN when SO_SNDTIMEO has passed.
func (s *Sock) retry(op string, try func() unix.Errno) error {
	const longest = 20 * time.Millisecond
	l, left := s.net.Loop, s.wtimeo
	for pause := time.Millisecond; ; pause = min(2*pause, longest) {
		if s.wtimeo > 0 {
			pause = min(pause, left)
		}
		began := time.Now()
		err := l.Park(loop.Why{Op: op, On: s}, l.Deadline(pause))
		if err != nil && err != loop.ErrTimeout {
			return err
		}
		if s.closed {
			return s.closedUnder()
		}
		errno := try()
		left -= time.Since(began)
		if errno != unix.EAGAIN || s.wtimeo > 0 && left <= 0 {
			return s.checked(op, errno)
		}
	}
}

// Shutdown wraps shutdown(2): how is 0 to stop reading, 1 writing, 2 both.
func (s *Sock) Shutdown(how int) error {
	if s.closed {
		return ErrClosed
	}
	err := s.checked("shutdown", sysShutdown(s.n, how))
	s.observe("shutdown", nil, addr.Addr{}, err)
	return err
}

// Getsockname wraps getsockname(2).
func (s *Sock) Getsockname() (addr.Addr, error) {
	if s.closed {
		return addr.Addr{}, ErrClosed
	}
	a, errno := sysGetsockname(s.n)
	return named(a), s.checked("getsockname", errno)
}

// Getpeername wraps getpeername(2).
func (s *Sock) Getpeername() (addr.Addr, error) {
	if s.closed {
		return addr.Addr{}, ErrClosed
	}
	a, errno := sysGetpeername(s.n)
	return named(a), s.checked("getpeername", errno)
}

// lingeringClose closes on a goroutine, because close(2) waits there.
func (s *Sock) lingeringClose() error {
	s.forget()
	why := loop.Why{Op: "close", On: s}
	_, err := loop.Await(s.net.Loop, why, time.Time{}, func(context.Context) (struct{}, error) {
		sysCloseLingering(s.n)
		return struct{}{}, nil
	})
	if err == loop.ErrOutside {
		go unix.Close(s.n)
		return nil
	}
	return err
}

// ListenAll makes a TCP socket that listens on a port of every IPv4 address.
func (n *Net) ListenAll(port, backlog int) (*Sock, error) {
	s, err := n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	if err = s.Bind(addr.Inet(netip.IPv4Unspecified(), port)); err == nil {
		err = s.Listen(backlog)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Atmark tells whether the next byte to be received is behind the out-of-band
// mark (sockatmark(3)).
func (s *Sock) Atmark() (bool, error) {
	if s.closed {
		return false, ErrClosed
	}
	at, err := unix.IoctlGetInt(s.n, unix.SIOCATMARK)
	return at != 0, s.checked("ioctl", toErrno(err))
}

// Ready is the socket in a Select.
func (s *Sock) Ready(want loop.Event) Ready {
	return Ready{FD: s.fd, N: s.n, Want: want, Buffered: s.held(), sock: s}
}

package sock

import (
	"io"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// These methods make a Sock the transport of a stream: tries that never wait,
// and waits with deadlines of their own. SO_RCVTIMEO, SO_SNDTIMEO and
// SetNonblock do not count here.

// TryRead receives into p what is there. unix.EAGAIN says that nothing is; at
// the end of a stream the error is io.EOF.
func (s *Sock) TryRead(p []byte) (int, error) {
	n, _, err := s.TryRecvfrom(p, 0)
	return n, err
}

// TryRecvfrom is TryRead with recvfrom(2)'s flags and sender: the zero Addr
// where the kernel gives none, as on TCP.
func (s *Sock) TryRecvfrom(p []byte, flags int) (int, addr.Addr, error) {
	if s.closed {
		return 0, addr.Addr{}, io.EOF
	}
	if s.held() && flags&unix.MSG_OOB == 0 {
		from := s.heldFrom()
		data, err := s.takeBack(len(p), flags)
		return copy(p, data), from, err
	}
	n, from, errno := s.recvInto(p, flags)
	if errno == unix.ECONNREFUSED && s.serves {
		n, from, errno = s.recvInto(p, flags)
	}
	if errno == unix.EAGAIN {
		s.fd.Blocked(event(flags))
		return 0, addr.Addr{}, errno
	}
	s.settle(int(errno))
	var data []byte
	var err error
	if errno != 0 {
		err = s.fail("recv", errno)
	} else {
		data, err = s.received(p, n, len(p), flags)
	}
	from = named(from)
	s.observe("recv", data, from, err)
	return len(data), from, err
}

// recvInto asks for the sender only where there may be one.
func (s *Sock) recvInto(p []byte, flags int) (int, addr.Addr, unix.Errno) {
	if s.isStream() {
		n, errno := sysRecv(s.n, p, flags)
		return n, addr.Addr{}, errno
	}
	return sysRecvfrom(s.n, p, flags)
}

// TryWrite sends what the kernel takes of p. When that is not all, the error is
// unix.EAGAIN.
func (s *Sock) TryWrite(p []byte) (int, error) { return s.TrySendto(p, 0, addr.Addr{}) }

// TrySendto is TryWrite with sendto(2)'s flags, to an address or, when that is
// zero, to the peer.
func (s *Sock) TrySendto(p []byte, flags int, to addr.Addr) (int, error) {
	if s.closed {
		return 0, unix.EPIPE
	}
	n, errno := sysSend(s.n, p, flags, &to)
	if errno == unix.ECONNREFUSED && s.serves {
		n, errno = sysSend(s.n, p, flags, &to)
	}
	if errno == 0 && n < len(p) {
		errno = unix.EAGAIN
	}
	s.out += uint64(n)
	if errno == unix.EAGAIN {
		s.fd.Blocked(loop.Out)
		if n > 0 {
			s.observe("send", p[:n], to, nil)
		}
		return n, errno
	}
	s.settle(int(errno))
	err := s.checked("send", errno)
	s.observe("send", p[:n], to, err)
	return n, err
}

// MayRead tells whether a TryRead could succeed as far as the loop knows: the
// last one left something, or an event has come since. A listening socket refuses
// it at once.
func (s *Sock) MayRead() bool { return s.held() || s.fd.May(loop.In) || s.state == Listening }

// Pending is how many bytes the next datagram has, where that may be more than
// 64 KB; elsewhere 0.
func (s *Sock) Pending() int {
	if s.family != unix.AF_UNIX || s.closed {
		return 0
	}
	return sysPending(s.n)
}

// WaitRead waits until a TryRead is worth it.
func (s *Sock) WaitRead(deadline time.Time) error {
	return s.waitFor("read", loop.In, deadline)
}

// WaitUrgent waits until a TryRecvfrom with MSG_OOB is worth it.
func (s *Sock) WaitUrgent(deadline time.Time) error {
	return s.waitFor("read", loop.Pri, deadline)
}

// WaitWrite waits until a TryWrite is worth it.
func (s *Sock) WaitWrite(deadline time.Time) error {
	return s.waitFor("write", loop.Out, deadline)
}

func (s *Sock) waitFor(op string, e loop.Event, deadline time.Time) error {
	err := s.fd.Wait(e, loop.Why{Op: op, On: s}, deadline)
	if err == loop.ErrClosed {
		return ErrClosedUnder
	}
	return err
}

// Keep puts bytes, which are the socket's from then on, before those that are
// still to be received, and an error behind them.
func (s *Sock) Keep(p []byte, err error) {
	if s.closed {
		return
	}
	if len(p) > 0 {
		s.back = append(p[:len(p):len(p)], s.back...)
	}
	if errno := toErrno(err); errno != 0 {
		s.later = errno
	}
}

// TryPeek is TryRead that takes nothing. Observers are not told.
func (s *Sock) TryPeek(p []byte) (int, error) {
	if s.closed {
		return 0, io.EOF
	}
	if s.held() {
		data, err := s.takeBack(len(p), unix.MSG_PEEK)
		return copy(p, data), err
	}
	n, errno := sysRecv(s.n, p, unix.MSG_PEEK)
	switch {
	case errno == unix.EAGAIN:
		s.fd.Blocked(loop.In)
		return 0, errno
	case errno != 0:
		return 0, s.fail("recv", errno)
	case n == 0 && s.zeroIsEnd():
		return 0, io.EOF
	}
	return n, nil
}

// TakeKept takes the bytes that were put back, all of them.
func (s *Sock) TakeKept() []byte {
	kept := s.back
	s.back = nil
	return kept
}

// AtEnd tells without waiting, and without taking a byte or an error, whether
// the peer has closed and all was received, or the connection is broken. What
// was never connected is not at its end.
func (s *Sock) AtEnd() bool {
	if s.closed || s.held() {
		return s.closed || s.back == nil && s.later != 0
	}
	var p [1]byte
	n, errno := sysRecv(s.n, p[:], unix.MSG_PEEK)
	switch errno {
	case 0:
		return n == 0 && s.zeroIsEnd()
	case unix.EAGAIN, unix.ENOTCONN, unix.EINVAL: // of AF_UNIX that is not connected
		return false
	}
	s.later = errno // the kernel tells it once
	return true
}

// Claim notes that a task reads, through a stream, until Release; false if one
// does already. It does not keep Recv from being called.
func (s *Sock) Claim() bool {
	if s.claimed {
		return false
	}
	s.claimed = true
	return true
}

// Release ends what Claim began.
func (s *Sock) Release() { s.claimed = false }

// Raw is the descriptor of a stream socket as long as the kernel may move its
// bytes past TryRead and TryWrite; else -1: where an observer wants to see them,
// some were put back, or another process may have made the open file blocking.
func (s *Sock) Raw() int {
	if s.closed || s.foreign || !s.isStream() || s.held() || s.net.Observe != nil {
		return -1
	}
	return s.n
}

// MovedIn notes that the kernel has taken n bytes from the socket, or why not:
// then the error is TryRead's.
func (s *Sock) MovedIn(n int, errno unix.Errno) error {
	s.in += uint64(n)
	return s.moved(loop.In, errno)
}

// MovedOut is MovedIn for bytes that were put into the socket.
func (s *Sock) MovedOut(n int, errno unix.Errno) error {
	s.out += uint64(n)
	return s.moved(loop.Out, errno)
}

func (s *Sock) moved(e loop.Event, errno unix.Errno) error {
	if errno == unix.EAGAIN {
		s.fd.Blocked(e)
		return errno
	}
	s.settle(int(errno))
	return s.checked("splice", errno)
}

// ID tells the socket from every other that its Net has or had.
func (o *open) ID() uint64 { return o.id }

// ReadTimeout is SO_RCVTIMEO; 0 for none.
func (o *open) ReadTimeout() time.Duration { return o.rtimeo }

// WriteTimeout is SO_SNDTIMEO; 0 for none.
func (o *open) WriteTimeout() time.Duration { return o.wtimeo }

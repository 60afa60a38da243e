package sock

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// attemptDelay is how long a connect has before the next address is tried
// beside it: RFC 8305, section 5, in its words the Connection Attempt Delay.
const attemptDelay = 250 * time.Millisecond

// Dial makes a socket of a type that is connected to one of the addresses,
// which are tried in the order of RFC 8305: families alternate, an attempt
// begins when the one before it has failed or has taken 250 ms, the first that
// connects wins and the others are closed. setup, if not nil, is given each
// socket before it connects; what it refuses counts as a failed attempt.
//
// At the deadline (the zero Time: none) the error is loop.ErrTimeout, when all
// have failed that of the last attempt.
func (n *Net) Dial(list []addr.Addr, typ int, deadline time.Time, setup func(*Sock, addr.Addr) error) (*Sock, error) {
	if err := n.Loop.Spend(); err != nil {
		return nil, err
	}
	r := &race{net: n, typ: typ, list: alternate(list), setup: setup, deadline: deadline}
	won, err := r.run()
	for _, a := range r.running {
		if a.s != won {
			a.s.Close()
		}
	}
	return won, err
}

// DialAsync makes a socket of a type and begins to connect it to the first of the
// addresses for which that does not fail at once; who writes to it waits until it
// is connected. setup and the error are as in Dial.
func (n *Net) DialAsync(list []addr.Addr, typ int, setup func(*Sock, addr.Addr) error) (*Sock, error) {
	var err error
	for _, to := range list {
		var s *Sock
		if s, err = n.Socket(to.Family, typ, 0); err != nil {
			continue
		}
		if setup != nil {
			err = setup(s, to)
		}
		if err == nil {
			s.SetNonblock(true)
			err = s.Connect(to)
			s.SetNonblock(false)
		}
		if err == nil || errors.Is(err, unix.EINPROGRESS) {
			return s, nil
		}
		s.Close()
	}
	return nil, err
}

// race is a Dial under way.
type race struct {
	net      *Net
	typ      int
	list     []addr.Addr // not yet tried
	setup    func(*Sock, addr.Addr) error
	deadline time.Time

	running []attempt
	next    time.Time // when the next one starts, whatever the others do
	err     error     // of the last that failed
}

type attempt struct {
	s  *Sock
	to addr.Addr
}

func (r *race) run() (*Sock, error) {
	for {
		for len(r.list) > 0 && (len(r.running) == 0 || !time.Now().Before(r.next)) {
			won, err := r.start()
			if won != nil || err != nil {
				return won, err
			}
		}
		if won := r.settled(); won != nil {
			return won, nil
		}
		if len(r.running) == 0 && len(r.list) == 0 {
			return nil, r.err
		}
		if len(r.running) == 0 {
			continue
		}
		if err := r.wait(); err != nil {
			return nil, err
		}
	}
}

// start begins the next attempt. It returns the socket if that is connected at
// once; the error is the loop's.
func (r *race) start() (*Sock, error) {
	to := r.list[0]
	r.list = r.list[1:]
	s, err := r.net.Socket(to.Family, r.typ, 0)
	if err == nil && r.setup != nil {
		if err = r.setup(s, to); err != nil {
			s.Close()
		}
	}
	if err != nil {
		r.err = err
		return nil, nil
	}
	if to.Family == unix.AF_UNIX {
		return r.connectUnix(s, to)
	}
	errno := sysConnect(s.n, to)
	if errno == unix.EINPROGRESS {
		s.state = Connecting
		r.running = append(r.running, attempt{s, to})
		r.next = r.net.Loop.Deadline(attemptDelay)
		return nil, nil
	}
	return r.over(s, to, errno), nil
}

// over notes how an attempt has ended, and returns its socket if it has won.
func (r *race) over(s *Sock, to addr.Addr, errno unix.Errno) *Sock {
	err := s.checked("connect", errno)
	s.observe("connect", nil, to, err)
	if err != nil {
		r.err = err
		s.Close()
		return nil
	}
	s.state = Connected
	return s
}

// connectUnix waits inside connect(2)'s wrapper, which knows how: no event
// announces room in a listener's queue.
func (r *race) connectUnix(s *Sock, to addr.Addr) (*Sock, error) {
	if !r.deadline.IsZero() {
		s.wtimeo = max(time.Until(r.deadline), 1)
	}
	err := s.Connect(to)
	s.wtimeo = 0
	if err == nil {
		return s, nil
	}
	s.Close()
	switch errno := toErrno(err); {
	case errno == unix.EAGAIN:
		return nil, loop.ErrTimeout
	case errno == 0 || err == ErrClosedUnder: // the wait was cut short
		return nil, err
	}
	r.err = err
	return nil, nil
}

// settled looks which attempts have ended, and returns the first that has won.
func (r *race) settled() *Sock {
	still := r.running[:0]
	var won *Sock
	for _, a := range r.running {
		if won != nil || !writable(a.s.n) {
			still = append(still, a)
			continue
		}
		code, err := unix.GetsockoptInt(a.s.n, unix.SOL_SOCKET, unix.SO_ERROR)
		won = r.over(a.s, a.to, max(toErrno(err), unix.Errno(code)))
	}
	r.running = still
	return won
}

// wait waits until one of the attempts may have ended, or the next is due.
func (r *race) wait() error {
	interests := make([]loop.Interest, len(r.running))
	for i, a := range r.running {
		a.s.fd.Blocked(loop.Out)
		interests[i] = loop.Interest{FD: a.s.fd, Mask: loop.Out}
	}
	until := r.deadline
	if len(r.list) > 0 && (until.IsZero() || r.next.Before(until)) {
		until = r.next
	}
	why := loop.Why{Op: "connect", On: r.running[0].s}
	err := r.net.Loop.WaitAny(interests, why, until)
	if err == loop.ErrTimeout && (r.deadline.IsZero() || time.Now().Before(r.deadline)) {
		return nil
	}
	return err
}

// alternate orders addresses so that families take turns, beginning with the
// first one's (RFC 8305, section 4).
func alternate(list []addr.Addr) []addr.Addr {
	var same, other []addr.Addr
	for _, a := range list {
		if a.Family == list[0].Family {
			same = append(same, a)
		} else {
			other = append(other, a)
		}
	}
	var mixed []addr.Addr
	for len(same) > 0 || len(other) > 0 {
		if len(same) > 0 {
			mixed, same = append(mixed, same[0]), same[1:]
		}
		if len(other) > 0 {
			mixed, other = append(mixed, other[0]), other[1:]
		}
	}
	return mixed
}

package sock

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// Ready is one descriptor in a Select: what is asked of it, and what was found.
type Ready struct {
	FD       *loop.FD
	N        int        // the descriptor's number
	Want     loop.Event // In, Out, Pri
	Got      loop.Event // of those
	Buffered bool       // has bytes that were read before: In at once
	// Probe, if set, tells of a descriptor that can be read whether that gives
	// anything: part of a record of TLS does not. It must not wait.
	Probe func() bool

	sock *Sock // if it is one's; also keeps it open
}

func (r *Ready) closed() bool { return r.sock != nil && r.sock.closed }

// Select waits until one of the descriptors is ready for what is wanted of it,
// as select(2) with any number of them, or until the deadline (the zero Time:
// none), and fills in what each is ready for. When the deadline passes there is
// no error and nothing is ready. It returns ErrClosedUnder when one is closed
// meanwhile.
func (n *Net) Select(list []Ready, deadline time.Time) error {
	if err := n.Loop.Spend(); err != nil {
		return err
	}
	interests := make([]loop.Interest, len(list))
	for i, r := range list {
		interests[i] = loop.Interest{FD: r.FD, Mask: r.Want}
	}
	for {
		found, err := n.poll(list)
		if found || err != nil {
			return err
		}
		err = n.Loop.WaitAny(interests, loop.Why{Op: "select"}, deadline)
		if err == loop.ErrTimeout {
			_, err = n.poll(list)
			return err
		}
		if err == loop.ErrClosed {
			return n.closedUnder()
		}
		if err != nil {
			return err
		}
	}
}

func (n *Net) closedUnder() error {
	n.LastErr = int(unix.EBADF)
	return ErrClosedUnder
}

// poll asks poll(2) without waiting.
func (n *Net) poll(list []Ready) (found bool, err error) {
	fds := make([]unix.PollFd, len(list))
	for i, r := range list {
		if r.closed() {
			return false, n.closedUnder()
		}
		fds[i] = unix.PollFd{Fd: int32(r.N), Events: loop.ToPoll(r.Want)}
	}
	for {
		_, err = unix.Poll(fds, 0)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return false, n.failed("poll", toErrno(err))
	}
	for i := range list {
		r := &list[i]
		r.Got = selected(loop.FromPoll(fds[i].Revents)) & r.Want
		if r.Buffered {
			r.Got |= loop.In & r.Want
		} else if r.Probe != nil && r.Got&loop.In != 0 && !r.Probe() {
			r.Got &^= loop.In
		}
		found = found || r.Got != 0
	}
	return found, nil
}

// selected is what select(2) makes of an event: a hang-up can be read, an error
// can be read and written.
func selected(e loop.Event) loop.Event {
	if e&loop.Hup != 0 {
		e |= loop.In
	}
	if e&loop.Err != 0 {
		e |= loop.In | loop.Out
	}
	return e
}

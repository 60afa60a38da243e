//go:build unix

package loop

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// pollPoller is poll(2), the plain one that every system has. It asks for what
// tasks wait for at each wait; that costs time for each descriptor.
type pollPoller struct {
	fds  map[int]*FD
	pipe [2]int
}

func newPollPoller() (*pollPoller, error) {
	pipe, err := newPipe()
	if err != nil {
		return nil, err
	}
	return &pollPoller{fds: map[int]*FD{}, pipe: pipe}, nil
}

func (p *pollPoller) add(f *FD) (always bool, err error) {
	p.fds[f.n] = f
	return false, nil
}

func (p *pollPoller) edges(*FD) {} // nothing is reported for which no task waits

func (p *pollPoller) remove(f *FD) { delete(p.fds, f.n) }

func (p *pollPoller) wait(l *Loop, timeout time.Duration) error {
	asked := []unix.PollFd{{Fd: int32(p.pipe[0]), Events: unix.POLLIN}}
	for n, f := range p.fds {
		if mask := f.wanted(); mask != 0 {
			asked = append(asked, unix.PollFd{Fd: int32(n), Events: ToPoll(mask)})
		}
	}
	_, err := unix.Poll(asked, milliseconds(timeout))
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	if err != nil {
		return err
	}
	if asked[0].Revents != 0 {
		drainPipe(p.pipe[0])
	}
	for _, a := range asked[1:] {
		if f := p.fds[int(a.Fd)]; a.Revents != 0 && f != nil {
			l.event(f.n, f.gen, FromPoll(a.Revents))
		}
	}
	return nil
}

// ToPoll converts what is asked of poll(2).
func ToPoll(e Event) int16 {
	var bits int16
	if e&In != 0 {
		bits |= unix.POLLIN
	}
	if e&Out != 0 {
		bits |= unix.POLLOUT
	}
	if e&Pri != 0 {
		bits |= unix.POLLPRI
	}
	return bits
}

// FromPoll converts what poll(2) found.
func FromPoll(bits int16) Event {
	var e Event
	if bits&unix.POLLIN != 0 {
		e |= In
	}
	if bits&unix.POLLOUT != 0 {
		e |= Out
	}
	if bits&unix.POLLPRI != 0 {
		e |= Pri
	}
	if bits&unix.POLLHUP != 0 {
		e |= Hup
	}
	if bits&(unix.POLLERR|unix.POLLNVAL) != 0 {
		e |= Err
	}
	return e
}

func (p *pollPoller) wake() { ringPipe(p.pipe[1]) }

func (p *pollPoller) close() error {
	closePipe(p.pipe)
	return nil
}

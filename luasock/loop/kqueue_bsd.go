//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package loop

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

func newPoller() (poller, error) { return newKqueue() }

// kqueue reports by edges (EV_CLEAR): each descriptor is added once, for reading
// and for writing. close(2) ends both.
type kqueue struct {
	fd     int
	pipe   [2]int // wake writes to it
	events [512]unix.Kevent_t
}

func newKqueue() (*kqueue, error) {
	fd, err := unix.Kqueue()
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(fd)
	p := &kqueue{fd: fd}
	if p.pipe, err = newPipe(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err := p.change(p.pipe[0], unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// change makes one change to what the kernel reports.
func (p *kqueue) change(fd, filter, flags int) error {
	var ev [1]unix.Kevent_t
	unix.SetKevent(&ev[0], fd, filter, flags)
	_, err := unix.Kevent(p.fd, ev[:], nil, nil)
	return err
}

func (p *kqueue) add(f *FD) (always bool, err error) {
	f.level = false
	var st unix.Stat_t
	if unix.Fstat(f.n, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFREG {
		return true, nil
	}
	if err := p.change(f.n, unix.EVFILT_READ, unix.EV_ADD|unix.EV_CLEAR); err != nil {
		return false, err
	}
	err = p.change(f.n, unix.EVFILT_WRITE, unix.EV_ADD|unix.EV_CLEAR)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EPIPE) {
		return false, nil // one end of a pipe, which is only read
	}
	return false, err
}

func (p *kqueue) edges(*FD) {} // as all are reported

// remove leaves it to close(2), unless the open file lives on.
func (p *kqueue) remove(f *FD) {
	if f.kept {
		p.change(f.n, unix.EVFILT_READ, unix.EV_DELETE)
		p.change(f.n, unix.EVFILT_WRITE, unix.EV_DELETE)
	}
}

func (p *kqueue) wait(l *Loop, timeout time.Duration) error {
	var limit *unix.Timespec
	if timeout >= 0 {
		ts := unix.NsecToTimespec(int64(timeout))
		limit = &ts
	}
	n, err := unix.Kevent(p.fd, nil, p.events[:], limit)
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	if err != nil {
		return err
	}
	for i := range p.events[:n] {
		ev := &p.events[i]
		fd := int(ev.Ident)
		if fd == p.pipe[0] {
			drainPipe(fd)
			continue
		}
		if fd < len(l.fds) && l.fds[fd] != nil {
			// Each filter tells of its own half only; what is over stays over.
			f := l.fds[fd]
			f.happened(fromKevent(ev) | f.last&(RdHup|Hup|Err))
		}
	}
	return nil
}

func fromKevent(ev *unix.Kevent_t) Event {
	var e Event
	gone := ev.Flags&unix.EV_EOF != 0
	switch ev.Filter {
	case unix.EVFILT_READ:
		e = In
		if gone {
			e |= RdHup
		}
	case unix.EVFILT_WRITE:
		e = Out
		if gone {
			e |= Hup
		}
	}
	if ev.Flags&unix.EV_ERROR != 0 || gone && ev.Fflags != 0 {
		e |= Err
	}
	return e
}

func (p *kqueue) wake() { ringPipe(p.pipe[1]) }

func (p *kqueue) close() error {
	closePipe(p.pipe)
	return unix.Close(p.fd)
}

package loop

import (
	"errors"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

func newPoller() (poller, error) { return newEpoll() }

// epoll reports by edges, unless a descriptor has level: each is added once, for
// everything.
type epoll struct {
	fd     int
	bell   int // eventfd that wake writes to
	events [512]unix.EpollEvent
}

func newEpoll() (*epoll, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	bell, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		unix.Close(fd)
		return nil, err
	}
	p := &epoll{fd: fd, bell: bell}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(bell)}
	if err := unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, bell, &ev); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *epoll) add(f *FD) (always bool, err error) {
	err = p.control(unix.EPOLL_CTL_ADD, f)
	if errors.Is(err, unix.EPERM) {
		return true, nil
	}
	return false, err
}

func (p *epoll) edges(f *FD) { p.control(unix.EPOLL_CTL_MOD, f) }

func (p *epoll) control(op int, f *FD) error {
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(f.n), Pad: int32(f.gen)}
	if !f.level {
		ev.Events |= unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET
	}
	return unix.EpollCtl(p.fd, op, f.n, &ev)
}

// remove leaves it to close(2), which ends the registration, unless the open
// file lives on. One with level would report for ever if it did unexpectedly.
func (p *epoll) remove(f *FD) {
	if f.kept || f.level {
		unix.EpollCtl(p.fd, unix.EPOLL_CTL_DEL, f.n, nil)
	}
}

// wait asks without sleeping first: under load that is the only call, and it
// costs less because Go's scheduler need not be told.
func (p *epoll) wait(l *Loop, timeout time.Duration) error {
	n, errno := p.ask()
	if n == 0 && errno == 0 && timeout != 0 {
		var err error
		n, err = unix.EpollWait(p.fd, p.events[:], milliseconds(timeout))
		errno, _ = err.(unix.Errno)
	}
	if errno == unix.EINTR {
		return nil
	}
	if errno != 0 {
		return errno
	}
	for i := range p.events[:n] {
		ev := &p.events[i]
		if int(ev.Fd) == p.bell {
			var count [8]byte
			unix.Read(p.bell, count[:])
			continue
		}
		l.event(int(ev.Fd), uint32(ev.Pad), fromEpoll(ev.Events))
	}
	return nil
}

// ask is epoll_wait with a timeout of 0.
func (p *epoll) ask() (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd),
		uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}

func fromEpoll(bits uint32) Event {
	var e Event
	if bits&unix.EPOLLIN != 0 {
		e |= In
	}
	if bits&unix.EPOLLOUT != 0 {
		e |= Out
	}
	if bits&unix.EPOLLPRI != 0 {
		e |= Pri
	}
	if bits&unix.EPOLLRDHUP != 0 {
		e |= RdHup
	}
	if bits&unix.EPOLLHUP != 0 {
		e |= Hup
	}
	if bits&unix.EPOLLERR != 0 {
		e |= Err
	}
	return e
}

func (p *epoll) wake() {
	one := [8]byte{0: 1}
	unix.Write(p.bell, one[:]) // fails only when it is rung already
}

func (p *epoll) close() error {
	unix.Close(p.bell)
	return unix.Close(p.fd)
}

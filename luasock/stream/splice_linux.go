package stream

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"
)

const (
	// atOnce is how many bytes the kernel is asked to move in one call, and what a
	// pipe holds if the system allows so much.
	atOnce = 1 << 20
	// idlePipes is how many pipes a Group keeps for the next time.
	idlePipes = 4
)

// errRefused says that the kernel does not move these bytes, and has moved none:
// they have to be copied.
var errRefused = errors.New("the kernel does not move these bytes")

// move has the kernel move what is there, and waits when nothing is. It reports
// false when the bytes have to be copied.
func (c *copying) move() (bool, error) {
	in, reads := c.from.transport.(Descriptor)
	out, writes := c.to.transport.(Descriptor)
	if !c.kernel || !reads || !writes || c.from.Readable() || in.Raw() < 0 || out.Raw() < 0 {
		return false, nil
	}
	var err error
	source, fromFile := in.(*File)
	target, toFile := out.(*File)
	switch {
	case !fromFile || !source.IsRegular(), toFile && !target.IsRegular(): // sendfile(2) would wait for a pipe
		err = c.splice(in, out)
	case toFile:
		err = c.fromFile(in, out, copyFileRange)
	default:
		err = c.fromFile(in, out, sendfile)
	}
	if err == errRefused {
		return false, nil
	}
	return true, err
}

// fromFile moves a piece of a file by one call of the kernel's.
func (c *copying) fromFile(in, out Descriptor, call func(out, in, n int) (int, unix.Errno)) error {
	to := c.to
	if err := to.begin(&to.writing, ErrWriting); err != nil {
		c.stuck = true
		return err
	}
	defer func() { to.writing = false }()
	n, errno := call(out.Raw(), in.Raw(), min(c.left, atOnce))
	if c.refused(n, errno) {
		return errRefused
	}
	in.MovedIn(n, 0)
	err := out.MovedOut(n, errno)
	c.count(n)
	to.out += uint64(n)
	if err = c.wrote(n, nil, err); errno != unix.EAGAIN || to.transport.Nonblock() {
		return err
	}
	if err = to.transport.WaitWrite(to.deadline()); err != nil {
		err = to.interrupted(err)
	}
	return c.wrote(0, nil, err)
}

// refused tells whether a call has moved nothing and copying has to find out
// why: there is no more, or the kernel cannot do it between these two.
func (c *copying) refused(n int, errno unix.Errno) bool {
	if n > 0 {
		return false
	}
	no := slices.Contains([]unix.Errno{
		unix.EINVAL, unix.ENOSYS, unix.EOPNOTSUPP, unix.EXDEV, unix.EBADF, unix.EPERM, unix.ESPIPE, unix.ETXTBSY, unix.EOVERFLOW,
	}, errno)
	if no {
		c.kernel = false
	}
	return no || errno == 0
}

// count notes n bytes that the kernel has taken.
func (c *copying) count(n int) {
	c.from.in += uint64(n)
	c.from.group.moved += uint64(n)
}

// splice moves what is there through a pipe, or waits.
func (c *copying) splice(in, out Descriptor) error {
	s := c.from
	if err := s.group.loop.Spend(); err != nil {
		return err
	}
	p, err := s.group.pipes.take()
	if err != nil {
		return errRefused // there are too many, and copying needs none
	}
	defer s.group.pipes.put(p)
	n, errno := splice(in.Raw(), p.w, min(c.left, atOnce))
	if c.refused(n, errno) {
		return errRefused
	}
	if err := in.MovedIn(n, errno); n == 0 {
		return c.nothing(errno, err)
	}
	c.count(n)
	p.holds = n
	return c.empty(p, out)
}

// nothing waits for bytes that are not there yet, or returns the error that there
// is instead. The kernel does not move what is behind an out-of-band mark: it is
// taken.
func (c *copying) nothing(errno unix.Errno, err error) error {
	s := c.from
	switch {
	case errno != unix.EAGAIN:
		s.ended = true
		return err
	case s.take(most):
		return nil
	case s.transport.Nonblock():
		return unix.EAGAIN
	}
	_, err = s.pause(most)
	return err
}

// empty moves to the other stream what the pipe holds. What does not get there
// is put back.
func (c *copying) empty(p *pipe, out Descriptor) error {
	to, held := c.to, p.holds
	err := to.begin(&to.writing, ErrWriting)
	if err == nil {
		_, err = to.push(held, func(int) (int, error) { return p.into(out) })
		to.writing = false
	}
	n := held - p.holds
	to.out += uint64(n)
	rest := p.rest()
	if err == errRefused {
		c.kernel = false
		c.wrote(n, rest, nil)
		c.stuck = false
		return nil
	}
	return c.wrote(n, rest, err)
}

// pipe is where bytes are on their way. It is empty but during a splice.
type pipe struct {
	r, w  int
	holds int // bytes
}

// pipes are the empty ones that a Group keeps.
type pipes struct {
	kept   []*pipe
	closed bool
}

// take gives an empty pipe.
func (k *pipes) take() (*pipe, error) {
	if n := len(k.kept); n > 0 {
		p := k.kept[n-1]
		k.kept = k.kept[:n-1]
		return p, nil
	}
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	p := &pipe{r: fds[0], w: fds[1]}
	if unix.FcntlInt(uintptr(p.w), unix.F_SETPIPE_SZ, atOnce); p.size() < most {
		p.close() // who has many pipes gets tiny ones: pipe(7), pipe-user-pages-soft
		return nil, unix.EPERM
	}
	return p, nil
}

// size is how many bytes the pipe can hold.
func (p *pipe) size() int {
	n, _ := unix.FcntlInt(uintptr(p.w), unix.F_GETPIPE_SZ, 0)
	return n
}

func (p *pipe) close() {
	unix.Close(p.r)
	unix.Close(p.w)
}

// put keeps a pipe for the next time, if it is empty and few are kept.
func (k *pipes) put(p *pipe) {
	if p.holds == 0 && len(k.kept) < idlePipes && !k.closed {
		k.kept = append(k.kept, p)
		return
	}
	p.close()
}

// close closes the pipes that are kept, and those that come back later.
func (k *pipes) close() {
	kept := k.kept
	k.kept, k.closed = nil, true
	for _, p := range kept {
		k.put(p)
	}
}

// into moves what the pipe holds into a descriptor, as far as that takes it: a
// TryWrite.
func (p *pipe) into(out Descriptor) (moved int, err error) {
	for p.holds > 0 && err == nil {
		fd := out.Raw()
		if fd < 0 {
			return moved, errRefused
		}
		n, errno := splice(p.r, fd, p.holds)
		if n == 0 && (errno == 0 || errno == unix.EINVAL) {
			return moved, errRefused
		}
		p.holds -= n
		moved += n
		err = out.MovedOut(n, errno)
	}
	return moved, err
}

// rest takes out what the pipe still holds.
func (p *pipe) rest() []byte {
	rest := make([]byte, p.holds)
	for at := 0; at < len(rest); {
		n, err := unix.Read(p.r, rest[at:])
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return rest[:at] // cannot be: they are in it
		}
		at += n
		p.holds -= n
	}
	return rest
}

func splice(in, out, n int) (int, unix.Errno) {
	return again(func() (int, error) {
		n, err := unix.Splice(in, nil, out, nil, n, unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		return int(n), err
	})
}

func sendfile(out, in, n int) (int, unix.Errno) {
	return again(func() (int, error) { return unix.Sendfile(out, in, nil, n) })
}

func copyFileRange(out, in, n int) (int, unix.Errno) {
	return again(func() (int, error) { return unix.CopyFileRange(in, nil, out, nil, n, 0) })
}

// again makes a call until no signal interrupts it.
func again(call func() (int, error)) (int, unix.Errno) {
	for {
		n, err := call()
		if err == nil {
			return n, 0
		}
		var errno unix.Errno
		if errors.As(err, &errno); errno != unix.EINTR {
			return 0, errno
		}
	}
}

package stream

import (
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// File is a descriptor that is no socket: a pipe, a terminal, a regular file.
// It may be another process's too, and so its O_NONBLOCK is left as it is:
// poll(2) tells first whether a call would wait.
type File struct {
	fd       *loop.FD
	n        int
	owned    bool // Close closes the descriptor
	closed   bool
	nonblock bool
	mode     uint32 // its kind, as stat(2) has it; 0 if not yet asked
	name     label
	to       io.Writer // takes what is written, instead of the descriptor; nil for that
	cleanup  runtime.Cleanup
}

type label string

func (l label) String() string { return string(l) }

// NewFile takes a descriptor into the loop. owned says that Close closes it,
// and the collector when nothing refers to the File any more. name is for
// reports. The system is not asked anything about the descriptor before it is
// used.
func NewFile(l *loop.Loop, n int, owned bool, name string) *File {
	f := &File{fd: l.FD(n), n: n, owned: owned, name: label(name)}
	f.fd.Kept()
	if owned {
		f.cleanup = runtime.AddCleanup(f, func(fd *loop.FD) {
			posted := l.Post(func() {
				fd.Close()
				unix.Close(n)
			})
			if !posted { // the loop is gone, and the descriptor is in it no more
				unix.Close(n)
			}
		}, f.fd)
	}
	return f
}

// Redirect has what is written go to w, which does not keep the caller waiting for
// long, in place of the descriptor itself. Nil and the descriptor's own os.File
// change nothing.
func (f *File) Redirect(w io.Writer) {
	if own, ok := w.(*os.File); ok && own.Fd() == uintptr(f.n) {
		w = nil
	}
	f.to = w
}

// FD is the descriptor's number; -1 once closed.
func (f *File) FD() int {
	if f.closed {
		return -1
	}
	return f.n
}

// LoopFD is the descriptor as the loop knows it.
func (f *File) LoopFD() *loop.FD { return f.fd }

// IsRegular tells whether it is a file on a disk, on which no call waits.
func (f *File) IsRegular() bool { return f.kind() == unix.S_IFREG }

// kind is what stat(2) calls the type of the file; 0 of a wrong descriptor.
func (f *File) kind() uint32 {
	if f.mode == 0 && !f.closed {
		var st unix.Stat_t
		if unix.Fstat(f.n, &st) == nil {
			f.mode = uint32(st.Mode) & unix.S_IFMT
		}
	}
	return f.mode
}

// Kind says what it is: "file", "pipe", "device" (a terminal, say) or, of a wrong
// descriptor and of what is rare, "other".
func (f *File) Kind() string {
	switch f.kind() {
	case unix.S_IFREG:
		return "file"
	case unix.S_IFIFO:
		return "pipe"
	case unix.S_IFCHR, unix.S_IFBLK:
		return "device"
	}
	return "other"
}

// Raw implements Descriptor for regular files and pipes: calls on others may
// wait, terminals among them.
func (f *File) Raw() int {
	if f.closed || f.to != nil || f.kind() != unix.S_IFREG && f.kind() != unix.S_IFIFO {
		return -1
	}
	return f.n
}

// MovedIn implements Descriptor.
func (f *File) MovedIn(_ int, errno unix.Errno) error { return f.moved(loop.In, errno) }

// MovedOut implements Descriptor.
func (f *File) MovedOut(_ int, errno unix.Errno) error { return f.moved(loop.Out, errno) }

func (f *File) moved(e loop.Event, errno unix.Errno) error {
	switch errno {
	case 0:
		return nil
	case unix.EAGAIN:
		f.fd.Blocked(e)
	}
	return errno
}

// can asks poll(2) whether a call would not wait; of a regular file it never
// does, and of a wrong descriptor the call tells.
func (f *File) can(event int16) bool {
	fds := []unix.PollFd{{Fd: int32(f.n), Events: event}}
	for {
		n, err := unix.Poll(fds, 0)
		if err != unix.EINTR {
			return n > 0 || err != nil
		}
	}
}

// TryRead implements Transport.
func (f *File) TryRead(p []byte) (int, error) {
	if f.closed {
		return 0, io.EOF
	}
	if !f.can(unix.POLLIN) {
		f.fd.Blocked(loop.In)
		return 0, unix.EAGAIN
	}
	for {
		n, err := unix.Read(f.n, p)
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN: // the other owner made it non-blocking, and was faster
			f.fd.Blocked(loop.In)
			return 0, unix.EAGAIN
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// TryWrite implements Transport. A pipe that poll(2) calls writable takes
// PIPE_BUF bytes without waiting, so no more is written at once.
func (f *File) TryWrite(p []byte) (int, error) {
	const pipeBuf = 4096
	if f.to != nil && !f.closed {
		return f.to.Write(p)
	}
	for done := 0; done < len(p); {
		if f.closed {
			return done, unix.EPIPE
		}
		if !f.can(unix.POLLOUT) {
			f.fd.Blocked(loop.Out)
			return done, unix.EAGAIN
		}
		n, err := unix.Write(f.n, p[done:min(len(p), done+pipeBuf)])
		switch {
		case err == unix.EINTR:
		case err == unix.EAGAIN:
			f.fd.Blocked(loop.Out)
			return done, unix.EAGAIN
		case err != nil:
			return done, err
		default:
			done += n
		}
	}
	return len(p), nil
}

// WaitRead implements Transport.
func (f *File) WaitRead(deadline time.Time) error {
	return f.fd.Wait(loop.In, loop.Why{Op: "read", On: f.name}, deadline)
}

// WaitWrite implements Transport.
func (f *File) WaitWrite(deadline time.Time) error {
	return f.fd.Wait(loop.Out, loop.Why{Op: "write", On: f.name}, deadline)
}

// Nonblock implements Transport.
func (f *File) Nonblock() bool { return f.nonblock }

// SetNonblock implements Transport. The open file itself stays as it is.
func (f *File) SetNonblock(on bool) { f.nonblock = on }

// IsClosed implements Transport.
func (f *File) IsClosed() bool { return f.closed }

// Close implements Transport.
func (f *File) Close() error {
	if f.closed {
		return ErrClosed
	}
	f.closed = true
	f.fd.Close()
	if !f.owned {
		return nil
	}
	f.cleanup.Stop()
	return unix.Close(f.n)
}

package sock

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// Descriptor is an open file that came with a message. It owns its descriptor,
// which is closed when the last reference to the Descriptor is gone.
type Descriptor struct {
	n       int // -1 when closed or taken
	cleanup runtime.Cleanup
}

func newDescriptor(fd int) *Descriptor {
	unix.CloseOnExec(fd) // where recvmsg has not done it
	d := &Descriptor{n: fd}
	d.cleanup = runtime.AddCleanup(d, sysClose, fd)
	return d
}

// Descriptor gives the number of the descriptor, which stays d's.
func (d *Descriptor) Descriptor() (int, error) {
	if d.n < 0 {
		return -1, ErrClosed
	}
	return d.n, nil
}

// Take takes the descriptor out of d, which is closed by that, and gives it to
// the caller; -1 if d was closed before.
func (d *Descriptor) Take() int {
	fd := d.n
	d.n = -1
	d.cleanup.Stop()
	return fd
}

// Close closes the descriptor.
func (d *Descriptor) Close() error {
	fd := d.Take()
	if fd < 0 {
		return ErrClosed
	}
	unix.Close(fd)
	return nil
}

// IsSocket tells whether it is a socket's.
func (d *Descriptor) IsSocket() bool {
	var st unix.Stat_t
	return d.n >= 0 && unix.Fstat(d.n, &st) == nil && st.Mode&unix.S_IFMT == unix.S_IFSOCK
}

// AdoptDescriptor is Adopt for a socket that came with a message. When it
// fails, d keeps its descriptor.
func (n *Net) AdoptDescriptor(d *Descriptor) (*Sock, error) {
	fd, err := d.Descriptor()
	if err != nil {
		return nil, err
	}
	s, err := n.Adopt(fd)
	if err == nil {
		d.Take()
	}
	return s, err
}

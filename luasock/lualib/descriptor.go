package lualib

import "os"

// Descriptor gives the number of the file's descriptor, which stays the file's,
// so that it can be passed to another process. The error is os.ErrClosed.
func (f *file) Descriptor() (fd int, err error) {
	if f.closed {
		return -1, os.ErrClosed
	}
	f.unread() // the receiver reads where the script would; what cannot seek stays
	raw, err := f.f.SyscallConn()
	if err != nil {
		return -1, err
	}
	err = raw.Control(func(n uintptr) { fd = int(n) })
	return fd, err
}

package stream

import "golang.org/x/sys/unix"

// IsTerminal tells whether the file is a terminal.
func (f *File) IsTerminal() bool {
	_, err := unix.IoctlGetTermios(f.n, getTermios)
	return err == nil && !f.closed
}

// Keys makes a terminal give each key at once, Ctrl-C and the like too, which
// then end or stop nothing. What is typed still shows, and what is printed is
// printed as before. The function that it returns undoes that; for what is no
// terminal both do nothing.
func (f *File) Keys() (restore func()) {
	was, err := unix.IoctlGetTermios(f.n, getTermios)
	if err != nil {
		return func() {}
	}
	keys := *was
	keys.Lflag &^= unix.ICANON | unix.ISIG | unix.IEXTEN
	keys.Iflag &^= unix.IXON
	keys.Cc[unix.VMIN], keys.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(f.n, setTermios, &keys) != nil {
		return func() {}
	}
	return func() { unix.IoctlSetTermios(f.n, setTermios, was) }
}

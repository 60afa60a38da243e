//go:build unix && !linux

package repl

import "golang.org/x/sys/unix"

const (
	getTermios = unix.TIOCGETA
	setTermios = unix.TIOCSETA
	queued     = 0x4004667f // FIONREAD, which package unix lacks
)

package repl

import (
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// terminal is the person's terminal: its modes and its size. Any goroutine may
// use it.
type terminal struct {
	in, out *os.File

	mu   sync.Mutex
	kept *unix.Termios // guarded by mu: the modes to go back to; nil while they hold

	lines      *unix.Termios // guarded by mu: as kept, of endLinesAt
	signalling bool          // guarded by mu: signals(true)
}

// Bracketed paste: the terminal marks what is pasted, so that its newlines are
// not taken for the Enter key.
const (
	pasteOn  = "\x1b[?2004h"
	pasteOff = "\x1b[?2004l"
)

// raw has the terminal give each key at once and show none. Enter stays a
// newline, as scripts have it: what is typed ahead of the prompt's end is theirs
// to read. changed is false when it did so already.
func (t *terminal) raw() (changed bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept != nil {
		return false, nil
	}
	was, err := unix.IoctlGetTermios(int(t.in.Fd()), getTermios)
	if err != nil {
		return false, err
	}
	raw := rawModes(was)
	if err := unix.IoctlSetTermios(int(t.in.Fd()), setTermios, &raw); err != nil {
		return false, err
	}
	t.kept, t.signalling = was, false
	t.out.WriteString(pasteOn)
	return true, nil
}

// signals has Ctrl-C and the like send signals, or be keys again, while the modes
// are those of raw.
func (t *terminal) signals(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil {
		return
	}
	t.signalling = on
	modes := rawModes(t.kept)
	if on {
		modes.Lflag |= t.kept.Lflag & unix.ISIG
	}
	unix.IoctlSetTermios(int(t.in.Fd()), setTermios, &modes)
}

// endLinesAt has the terminal, in its own mode, give a line at a key too, until
// restore.
func (t *terminal) endLinesAt(key byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was, err := unix.IoctlGetTermios(int(t.in.Fd()), getTermios)
	if err != nil || t.lines != nil {
		return
	}
	modes := *was
	modes.Cc[unix.VEOL] = key
	unix.IoctlSetTermios(int(t.in.Fd()), setTermios, &modes)
	t.lines = was
}

// rawModes are the modes of raw.
func rawModes(was *unix.Termios) unix.Termios {
	raw := *was
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.IXON
	raw.Iflag |= unix.ICRNL
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag = raw.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	return raw
}

// restore undoes raw and endLinesAt. Doing it twice does nothing.
func (t *terminal) restore() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines != nil {
		unix.IoctlSetTermios(int(t.in.Fd()), setTermios, t.lines)
		t.lines = nil
	}
	if t.kept == nil {
		return nil
	}
	err := unix.IoctlSetTermios(int(t.in.Fd()), setTermios, t.kept)
	t.out.WriteString(pasteOff)
	t.kept = nil
	return err
}

// queued is how many bytes were typed and not read.
func (t *terminal) queued() int {
	n, err := unix.IoctlGetInt(int(t.in.Fd()), queued)
	if err != nil {
		return 0
	}
	return n
}

// size is the width and the height in cells; 80 to 24 when the terminal does not
// know.
func (t *terminal) size() (columns, rows int) {
	columns, rows = 80, 24
	size, err := unix.IoctlGetWinsize(int(t.out.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return columns, rows
	}
	if size.Col > 1 {
		columns = int(size.Col)
	}
	if size.Row > 1 {
		rows = int(size.Row)
	}
	return columns, rows
}

// suspend stops the program as Ctrl-Z does, until it is continued. Where there is
// no shell that could do that, it does not stop.
func (t *terminal) suspend() {
	const stopping = 100 * time.Millisecond // it stops a moment after kill(2) has returned
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, unix.SIGCONT)
	defer signal.Stop(continued)
	t.restore()
	unix.Kill(0, unix.SIGTSTP)
	select {
	case <-continued:
	case <-time.After(stopping):
	}
	t.raw()
}

// continued sets the modes anew: a shell had its own while the program stood.
func (t *terminal) continued() {
	t.mu.Lock()
	on := t.signalling
	t.mu.Unlock()
	t.signals(on)
}

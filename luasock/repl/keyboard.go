package repl

import (
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chzyer/readline"
	"golang.org/x/sys/unix"
)

// The keys for which readline has no character of its own. They are not
// characters that anyone types: those of this range come as U+FFFD.
const (
	keyUp rune = 0x10ff00 + iota
	keyDown
	keyHome
	keyEnd
	keyDelete
	keyTab
	keyNewline
	keyPaste
	keyEscape
	keyHangUp // nobody waits for what is typed any more
	lastKey
)

func isKey(r rune) bool { return r >= keyUp && r < lastKey }

// keyboard is the one reader of standard input while a prompt waits. It takes
// bytes only when the next key is asked for, and no more than that key: what is
// typed ahead stays in the kernel, for the script that reads next. It stands
// before readline, which would take all there is, and knows no paste.
type keyboard struct {
	in   *os.File
	wake [2]*os.File // a pipe; closing its second end ends every wait
	hung [2]*os.File // a pipe in which something is while keyHangUp is the next key

	mu     sync.Mutex // guards what follows
	turn   *sync.Cond
	isOpen bool
	closed bool
	lent   bool        // scripts may read
	turned [2]*os.File // a pipe whose second end is closed when their turn ends; nil while none waits
	given  []byte      // to be read before what is typed
	pasted string      // what keyPaste stands for
	hangs  bool        // something is in hung
	before int         // how many of the bytes to be typed the terminal took in its own mode
}

func newKeyboard(in *os.File) (*keyboard, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	hungR, hungW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	k := &keyboard{in: in, wake: [2]*os.File{r, w}, hung: [2]*os.File{hungR, hungW}}
	k.turn = sync.NewCond(&k.mu)
	return k, nil
}

// open lets one more key be read.
func (k *keyboard) open() {
	k.mu.Lock()
	k.isOpen = true
	k.mu.Unlock()
	k.turn.Broadcast() // a script may wait for its turn too
}

// early says how many bytes wait that the terminal took in its own mode, in which
// it makes Ctrl-D the end of a line and, on Linux, a zero byte of that.
func (k *keyboard) early(n int) {
	k.mu.Lock()
	k.before = n
	k.mu.Unlock()
}

// hangUp makes keyHangUp the next key, or no longer so.
func (k *keyboard) hangUp(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case on && !k.hangs:
		k.hung[1].Write([]byte{0})
	case !on && k.hangs:
		k.hung[0].Read(make([]byte, 1))
	}
	k.hangs = on
}

// give has bytes read before what is typed.
func (k *keyboard) give(p []byte) {
	k.mu.Lock()
	k.given = append(k.given, p...)
	k.mu.Unlock()
}

// paste takes what keyPaste stands for.
func (k *keyboard) paste() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.pasted
}

// Close ends every Read with io.EOF. It does not close standard input.
func (k *keyboard) Close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closed {
		k.closed = true
		k.wake[1].Close()
		k.turn.Broadcast()
	}
	return nil
}

// Read gives one key, as readline has it, after each open.
func (k *keyboard) Read(p []byte) (int, error) {
	k.mu.Lock()
	for !k.isOpen && !k.closed {
		k.turn.Wait()
	}
	closed := k.closed
	k.isOpen = false
	k.mu.Unlock()
	if closed {
		return 0, io.EOF
	}
	for {
		key, err := k.key()
		if err != nil {
			return 0, err
		}
		if len(key) > 0 && len(key) <= len(p) {
			return copy(p, key), nil
		}
	}
}

// typing is how long the bytes of one key may be apart.
const typing = 100 * time.Millisecond

// forever is a wait without end.
const forever = time.Duration(-1)

// key reads one key; "" for one that means nothing here.
func (k *keyboard) key() (string, error) {
	k.mu.Lock()
	early := k.before > 0
	k.mu.Unlock()
	b, err := k.byte(forever, k.hung[0])
	switch {
	case err == errHungUp:
		return string(keyHangUp), nil
	case err != nil:
		return "", err
	case b == 0x1b:
		return k.escape()
	case b == 0 && early:
		return string(rune(readline.CharDelete)), nil // Ctrl-D
	case b == 0:
		return "", nil // to readline it is the end
	case b < utf8.RuneSelf:
		return string(rune(b)), nil
	}
	char := []byte{b}
	for !utf8.FullRune(char) {
		b, err := k.byte(typing)
		if err != nil {
			break
		}
		char = append(char, b)
	}
	return harmless(string(char)), nil
}

// harmless replaces what is no text, and what stands for a key.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if isKey(r) || r == 0 {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// escape reads the rest of a key that begins with ESC.
func (k *keyboard) escape() (string, error) {
	b, err := k.byte(typing)
	switch {
	case err == errNothing:
		return string(keyEscape), nil
	case err != nil:
		return "", err
	case b == '[':
		return k.control()
	case b == 'O':
		b, err = k.byte(typing)
		return cursorKeys[b], ignored(err)
	case b == '\n' || b == '\r':
		return string(keyNewline), nil
	case b == 'b', b == 'f', b == 'd', b == 0x7f:
		return "\x1b" + string(rune(b)), nil
	case b == '\b':
		return "\x1b\x7f", nil
	}
	return "", nil
}

// cursorKeys are the keys by the last byte of their sequence.
var cursorKeys = map[byte]string{
	'A': string(keyUp), 'B': string(keyDown), 'C': "\x06", 'D': "\x02",
	'H': string(keyHome), 'F': string(keyEnd), 'Z': string(keyTab),
}

// numberedKeys are those that end in ~, by their number.
var numberedKeys = map[string]string{
	"1": string(keyHome), "7": string(keyHome), "4": string(keyEnd), "8": string(keyEnd), "3": string(keyDelete),
}

// control reads the rest of a sequence that begins with ESC [.
func (k *keyboard) control() (string, error) {
	var numbers []byte
	for {
		b, err := k.byte(typing)
		if err != nil {
			return "", ignored(err)
		}
		if b < 0x40 {
			if numbers = append(numbers, b); len(numbers) < 32 {
				continue
			}
			return "", nil
		}
		first, modifier, _ := strings.Cut(string(numbers), ";")
		switch {
		case b == '~' && first == "200":
			return k.bracketed()
		case b == '~':
			return numberedKeys[first], nil
		case modifier != "" && b == 'C': // with Ctrl or Alt: by words
			return "\x1bf", nil
		case modifier != "" && b == 'D':
			return "\x1bb", nil
		}
		return cursorKeys[b], nil
	}
}

// mostPasted is how many bytes a paste may have.
const mostPasted = 16 << 20

// bracketed reads what is pasted, up to the mark of its end.
func (k *keyboard) bracketed() (string, error) {
	const end = "\x1b[201~"
	var text []byte
	for len(text) < mostPasted {
		b, err := k.byte(forever, k.hung[0])
		if err == errHungUp { // the mark may never come
			return string(keyHangUp), nil
		}
		if err != nil {
			return "", err
		}
		text = append(text, b)
		if b == '~' && strings.HasSuffix(string(text[max(0, len(text)-len(end)):]), end) {
			text = text[:len(text)-len(end)]
			break
		}
	}
	clean := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(harmless(string(text)))
	clean = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, clean)
	k.mu.Lock()
	k.pasted = clean
	k.mu.Unlock()
	return string(keyPaste), nil
}

// errNothing ends a wait for a byte whose time is over.
var errNothing = os.ErrDeadlineExceeded

// errHungUp ends a wait for a key.
var errHungUp = errors.New("nobody waits for a key")

// ignored is err, or nil for a key that did not come whole.
func ignored(err error) error {
	if err == errNothing {
		return nil
	}
	return err
}

// byte reads one byte, waiting for it that long, or until one of the pipes has
// something: errHungUp.
func (k *keyboard) byte(wait time.Duration, pipes ...*os.File) (byte, error) {
	k.mu.Lock()
	if len(k.given) > 0 {
		b := k.given[0]
		k.given = k.given[1:]
		k.mu.Unlock()
		return b, nil
	}
	k.mu.Unlock()
	for {
		if err := k.wait(wait, append(pipes, k.wake[0])...); err != nil {
			if err == io.EOF && !k.isClosed() {
				err = errHungUp
			}
			return 0, err
		}
		var b [1]byte
		n, err := unix.Read(int(k.in.Fd()), b[:])
		switch {
		case err == unix.EINTR || err == unix.EAGAIN:
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.EOF
		default:
			k.mu.Lock()
			k.before = max(0, k.before-1)
			k.mu.Unlock()
			return b[0], nil
		}
	}
}

// wait waits until there is a byte: nil, or one of the pipes is closed: io.EOF.
func (k *keyboard) wait(d time.Duration, pipes ...*os.File) error {
	timeout := -1
	if d >= 0 {
		timeout = int(d / time.Millisecond)
	}
	fds := []unix.PollFd{{Fd: int32(k.in.Fd()), Events: unix.POLLIN}}
	for _, pipe := range pipes {
		fds = append(fds, unix.PollFd{Fd: int32(pipe.Fd()), Events: unix.POLLIN})
	}
	defer runtime.KeepAlive(pipes)
	for {
		n, err := unix.Poll(fds, timeout)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return err
		case n == 0:
			return errNothing
		case slices.ContainsFunc(fds[1:], func(fd unix.PollFd) bool { return fd.Revents != 0 }):
			return io.EOF
		default:
			return nil
		}
	}
}

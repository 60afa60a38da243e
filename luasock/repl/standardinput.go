package repl

import (
	"io"
	"os"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
)

// Standard input is the prompt's and the scripts', by turns: while an entry runs
// it is the script's. What one has taken and not used, the other gets.

// scriptInput is standard input as io.read has it.
type scriptInput struct{ k func() *keyboard }

// Read implements io.Reader. It waits for the scripts' turn, and takes what is
// there, but no more than a line. When their turn ends meanwhile, the error is
// EAGAIN: whoever has given up waiting must not take what comes in the next.
func (s scriptInput) Read(p []byte) (int, error) {
	k := s.k()
	if k == nil {
		return 0, io.EOF
	}
	b, err := k.lentByte()
	if err != nil {
		return 0, err
	}
	n := 0
	for p[n], n = b, n+1; n < len(p) && b != '\n'; n++ {
		var ok bool
		if b, ok, _ = k.tryLent(); !ok {
			break // an error comes again
		}
		p[n] = b
	}
	return n, nil
}

// lend gives standard input to the scripts, or takes it back.
func (k *keyboard) lend(lent bool) {
	k.mu.Lock()
	if k.lent = lent; !lent && k.turned[1] != nil {
		k.turned[1].Close() // its other end is closed with the last who waits
		k.turned = [2]*os.File{}
	}
	k.mu.Unlock()
	k.turn.Broadcast()
}

// lentByte waits for a byte for a script.
func (k *keyboard) lentByte() (byte, error) {
	turned, err := k.awaitTurn()
	if err != nil {
		return 0, err
	}
	for {
		if b, ok, err := k.tryLent(); ok || err != nil {
			return b, err
		}
		switch err := k.wait(forever, turned, k.wake[0]); {
		case err == nil:
		case err == io.EOF && !k.isClosed():
			return 0, unix.EAGAIN
		default:
			return 0, err
		}
	}
}

func (k *keyboard) isClosed() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.closed
}

// awaitTurn waits for the scripts' turn, and gives what is closed at its end.
func (k *keyboard) awaitTurn() (turned *os.File, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for !k.lent && !k.closed {
		k.turn.Wait()
	}
	if k.closed {
		return nil, io.EOF
	}
	if k.turned[0] == nil {
		k.turned[0], k.turned[1], err = os.Pipe()
	}
	return k.turned[0], err
}

// tryLent reads a byte if there is one and it is the scripts' turn.
func (k *keyboard) tryLent() (b byte, ok bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.lent {
		return 0, false, nil
	}
	if len(k.given) > 0 {
		b, k.given = k.given[0], k.given[1:]
		return b, true, nil
	}
	fds := []unix.PollFd{{Fd: int32(k.in.Fd()), Events: unix.POLLIN}}
	if n, _ := unix.Poll(fds, 0); n <= 0 {
		return 0, false, nil
	}
	var p [1]byte
	n, err := unix.Read(int(k.in.Fd()), p[:])
	switch {
	case err == unix.EINTR || err == unix.EAGAIN:
		return 0, false, nil
	case err != nil:
		return 0, false, err
	case n == 0:
		return 0, false, io.EOF
	}
	return p[0], true, nil
}

// standardStream is socket.STDIN, nil if a script has replaced it.
func (c *Console) standardStream() *luasock.Stream {
	if module, ok := c.vm.L.G.Global.RawGetString("socket").(*lua.LTable); ok {
		if ud, ok := module.RawGetString("STDIN").(*lua.LUserData); ok {
			fp, _ := ud.Value.(*luasock.Stream)
			return fp
		}
	}
	return nil
}

// takeKeys takes standard input back, with what socket.STDIN has read ahead, or
// what has come for a read that was given up before it began.
func (c *Console) takeKeys() {
	c.keys.lend(false)
	fp := c.standardStream()
	if fp == nil || fp.IsClosed() || fp.Stream.Ended() {
		return
	}
	for !fp.Stream.EOF() { // which takes what has come
		ahead := fp.Stream.Take(fp.Stream.Buffered())
		if len(ahead) == 0 {
			return
		}
		c.keys.give(ahead)
	}
	fp.Stream.Forget() // the end that a script has not asked for
}

package luasock

import (
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
	"sockscript/luasock/stream"
)

// hostInput is standard input as a host gives it (Options.Stdin). A goroutine
// reads; what comes when nobody waits any more is kept for the next who reads.
type hostInput struct {
	*stream.File
	loop *loop.Loop
	from io.Reader

	reading bool       // the goroutine reads
	came    []byte     // and what it has read
	err     error      // that is behind came
	waiter  *loop.Task // nil for none
}

// Raw implements stream.Descriptor: the bytes are the host's to give.
func (h *hostInput) Raw() int { return -1 }

// TryRead implements stream.Transport.
func (h *hostInput) TryRead(p []byte) (int, error) {
	if h.IsClosed() {
		return 0, io.EOF
	}
	if len(h.came) == 0 {
		err := h.err
		if h.err = nil; err == nil || errors.Is(err, unix.EAGAIN) {
			err = unix.EAGAIN
		}
		return 0, err
	}
	n := copy(p, h.came)
	h.came = h.came[n:]
	return n, nil
}

// WaitRead implements stream.Transport.
func (h *hostInput) WaitRead(deadline time.Time) error {
	h.read()
	h.waiter = h.loop.Current()
	h.loop.Ref() // the host may still give something
	defer func() {
		h.loop.Unref()
		h.waiter = nil
	}()
	return h.loop.Park(loop.Why{Op: "read", On: h}, deadline)
}

// Close implements stream.Transport. The host's reader stays open.
func (h *hostInput) Close() error {
	if h.waiter != nil {
		h.loop.Wake(h.waiter, loop.ErrClosed)
	}
	return h.File.Close()
}

// String names the input in reports.
func (h *hostInput) String() string { return "STDIN" }

// read has the goroutine read, if it does not.
func (h *hostInput) read() {
	if h.reading || len(h.came) > 0 || h.err != nil {
		return
	}
	h.reading = true
	go func() {
		const most = 8 << 10
		buf := make([]byte, most)
		n, err := h.from.Read(buf)
		h.loop.Post(func() {
			h.reading, h.came, h.err = false, buf[:n], err
			if h.waiter != nil {
				h.loop.Wake(h.waiter, nil)
			}
		})
	}()
}

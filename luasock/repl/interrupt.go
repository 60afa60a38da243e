package repl

import (
	"errors"
	"os"
	"sync/atomic"
	"time"
)

// breaker is the context of the VM's Lua state. It never ends: when it is armed,
// the Lua code that runs at that moment raises "interrupted", once, and everything
// else goes on as before. Held, every Lua code raises, again and again, so that no
// pcall is in the way.
type breaker struct {
	never, always chan struct{} // always is closed
	armed, held   atomic.Bool
}

var errInterrupted = errors.New("interrupted")

func newBreaker() *breaker {
	b := &breaker{never: make(chan struct{}), always: make(chan struct{})}
	close(b.always)
	return b
}

// Done implements context.Context.
func (b *breaker) Done() <-chan struct{} {
	if b.armed.Load() || b.held.Load() {
		return b.always
	}
	return b.never
}

// Err implements context.Context. Only the goroutine that runs Lua disarms, so
// that after Done it is never nil.
func (b *breaker) Err() error {
	if b.armed.Swap(false) || b.held.Load() {
		return errInterrupted
	}
	return nil
}

// Deadline implements context.Context.
func (b *breaker) Deadline() (time.Time, bool) { return time.Time{}, false }

// Value implements context.Context.
func (b *breaker) Value(any) any { return nil }

// release is called by the goroutine that runs Lua when nothing is to be
// interrupted any more.
func (b *breaker) release() {
	b.held.Store(false)
	b.armed.Store(false)
}

// answering is how long the VM may take to come to a function that was posted
// before a loop of Lua is thought to be in the way.
const answering = 200 * time.Millisecond

// interrupt ends what the person waits for. The first time, the call in which the
// entry waits raises, or the loop in which Lua runs; the second time no pcall
// helps; the fourth time the program ends.
func (c *Console) interrupt() {
	const last = 4
	strike, entry := c.strikes.Add(1), c.entries.Load()
	c.show.Write([]byte("\n")) // behind the ^C of the terminal's
	if strike >= last {
		c.leave()
		os.Exit(statusInterrupted)
	}
	c.unblock(func() {
		if c.entries.Load() == entry {
			c.dropped = !c.running
			c.vm.Cancel(c.task, errInterrupted.Error())
		}
	}, func() {
		switch {
		case c.entries.Load() != entry:
		case strike > 1:
			c.breaker.held.Store(true)
		default:
			c.breaker.armed.Store(true)
		}
	})
}

// stuck implements questions.
func (c *Console) stuck() {
	c.unblock(func() {}, func() { c.breaker.armed.Store(true) })
}

// unblock has fn called on the VM's goroutine or, when that does not come to it
// because a loop of Lua runs, has busy called here.
func (c *Console) unblock(fn, busy func()) {
	var came atomic.Bool
	c.vm.Post(func() {
		if came.CompareAndSwap(false, true) {
			fn()
			return
		}
		c.breaker.armed.Store(false) // it was no Lua after all
	})
	time.AfterFunc(answering, func() {
		if came.CompareAndSwap(false, true) {
			busy()
		}
	})
}

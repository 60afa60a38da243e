package luatest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"sockscript/luasock/loop"
)

// errBusy ends a task that computes without waiting beyond its time limit.
var errBusy = errors.New("the time limit is over")

// guard is the context of a file's Lua state. It ends, when it is tripped, the
// one task that runs then, as often as that goes on.
type guard struct {
	loop    *loop.Loop
	tripped atomic.Bool
	victim  *loop.Task // owned by the loop's goroutine
}

var _ context.Context = (*guard)(nil)

// closedChan is what Done gives to a task that is to end.
func closedChan() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// trip ends what runs now. Any goroutine may call it.
func (g *guard) trip() { g.tripped.Store(true) }

// ends tells whether the current task is to end. It is asked before every
// instruction. When another task runs than the one that was found first, that one
// has ended.
func (g *guard) ends() bool {
	if !g.tripped.Load() {
		return false
	}
	now := g.loop.Current()
	if g.victim == nil {
		g.victim = now
	}
	if g.victim == now {
		return true
	}
	g.reset()
	return false
}

// reset lets Lua run again.
func (g *guard) reset() {
	g.tripped.Store(false)
	g.victim = nil
}

// Done is nil, which never ends a thing, until the guard is tripped.
func (g *guard) Done() <-chan struct{} {
	if g.ends() {
		return closedChan()
	}
	return nil
}

// Err is errBusy in the task that is to end.
func (g *guard) Err() error {
	if g.ends() {
		return errBusy
	}
	return nil
}

func (g *guard) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }
func (g *guard) Value(any) any                           { return nil }

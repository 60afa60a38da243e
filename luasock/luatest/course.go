package luatest

import (
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// course is the way of one test.
type course struct {
	f             *file
	u             *unit
	s             *scope
	before, after []lua.LValue
	cleaning      bool // the test is over, what comes after it has begun
	failures      []Failure
	pending       *pendingError
}

// run calls the hooks and the test in one task; what comes after it in another
// one when that was ended early.
func (c *course) run() {
	limit := c.u.limit(c.f.suite.timeout())
	ended := c.f.stretch(c.s, "the test", limit, func(L *lua.LState) {
		c.body(L, limit)
		if c.f.suite.Pause == nil {
			c.cleanUp(L, limit)
		}
	})
	c.ended(ended)
	if pause := c.f.suite.Pause; pause != nil && len(c.failures) > 0 {
		r := c.result()
		c.f.paused = true
		pause(c.f.vm, r)
		c.f.paused = false
		c.f.vm.L.SetContext(c.f.guard) // a prompt has one of its own
	}
	for len(c.after) > 0 || len(c.s.finally) > 0 {
		c.ended(c.f.stretch(c.s, "after the test", limit, func(L *lua.LState) { c.cleanUp(L, limit) }))
	}
	left := c.f.closeScope(c.s, c.failures == nil && c.pending == nil)
	c.failures = append(c.failures, left...)
}

// ended notes what ended a stretch of the test. What computed without end is known
// already.
func (c *course) ended(failure *Failure) {
	known := func(f Failure) bool {
		return f.Kind == failure.Kind && firstLine(f.Message) == firstLine(failure.Message)
	}
	if failure == nil || slices.ContainsFunc(c.failures, known) {
		return
	}
	c.failures = append([]Failure{*failure}, c.failures...)
}

func (c *course) body(L *lua.LState, limit time.Duration) {
	for _, fn := range append(slices.Clip(c.before), c.u.fn) {
		if !c.call(L, fn, limit) {
			return
		}
	}
}

// cleanUp calls finally and the hooks after the test. Each is called once, also
// when the one before it failed, or was ended with the task.
func (c *course) cleanUp(L *lua.LState, limit time.Duration) {
	c.cleaning = true
	for len(c.s.finally) > 0 {
		fn := c.s.finally[0]
		c.s.finally = c.s.finally[1:]
		c.call(L, fn, limit)
	}
	for len(c.after) > 0 {
		fn := c.after[0]
		c.after = c.after[1:]
		c.call(L, fn, limit)
	}
}

// call calls a function and notes how it failed. It reports false when it did.
func (c *course) call(L *lua.LState, fn lua.LValue, limit time.Duration) bool {
	_, err := c.f.vm.Call(L, fn)
	if err == nil {
		return true
	}
	switch p, pending := bind.To[*pendingError](errorValue(err)); {
	case errorValue(err) == bind.Kill: // whoever killed it says why
	case pending && !c.cleaning:
		c.pending = p
	default:
		c.failures = append(c.failures, *c.f.failure(L, err, limit))
	}
	return false
}

// result is what has happened so far.
func (c *course) result() *Result {
	switch {
	case len(c.failures) > 0:
		r := c.u.result(c.f, Failed, "")
		r.Failures, r.Notes = c.failures, c.s.texts(c.f)
		return r
	case c.pending != nil:
		return c.u.result(c.f, Skipped, c.pending.reason)
	}
	return c.u.result(c.f, Passed, "")
}

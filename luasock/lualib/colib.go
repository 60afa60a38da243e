package lualib

import (
	"runtime"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openCoroutine(m *machine, L *lua.LState) {
	m.global(L, &bind.Module{
		Name: "coroutine",
		Doc:  "Functions that stop in the middle and go on later. They may yield wherever Lua code can run.",
		Rows: []bind.Row{
			{Name: "create", Sig: "create(fn)", Returns: "thread", Doc: "Makes a coroutine with body fn, which does not start yet.", Fn: m.coCreate},
			{Name: "resume", Sig: "resume(co, ...)", Returns: "boolean ok, any ...", Doc: "Runs co until it yields or ends: true and what it gave, or false and its error.", Fn: m.coResume},
			{Name: "wrap", Sig: "wrap(fn)", Returns: "function", Doc: "Makes a coroutine and gives a function that resumes it, and raises its errors.", Fn: m.coWrap},
			{Name: "yield", Sig: "yield(...)", Returns: "any ...", Doc: "Gives the values to whoever resumed this coroutine; returns what the next resume passes.", Fn: m.coYield},
			{Name: "status", Sig: "status(co)", Returns: "string", Doc: "suspended, running, normal or dead.", Fn: m.coStatus},
			{Name: "running", Sig: "running()", Returns: "thread?", Doc: "The coroutine that runs; nil outside of any.", Fn: m.coRunning},
			{Name: "isyieldable", Sig: "isyieldable()", Returns: "boolean", Doc: "Whether the code runs in a coroutine.", Fn: m.coIsYieldable},
			{Name: "close", Sig: "close(co)", Returns: "boolean ok, any problem", Doc: "Ends a suspended coroutine: true; or false and the error that had ended it.", Fn: m.coClose},
		},
	})
}

// checkCoroutine reads a coroutine.
func checkCoroutine(c bind.Call, i int) (*lua.LState, *coroutine) {
	h, ok := c.Arg(i).(*lua.LState)
	if ok {
		if co := coroutineOf(h); co != nil {
			return h, co
		}
	}
	c.Bad(i, "coroutine expected")
	return nil, nil
}

func (m *machine) coCreate(c bind.Call) int {
	h, _ := m.newCoroutine(c.L, checkFunction(c, 1))
	c.L.Push(h)
	return 1
}

func (m *machine) coResume(c bind.Call) int {
	h, co := checkCoroutine(c, 1)
	n, failed := co.resume(c.L, h, c.N()-1)
	if failed == nil {
		c.L.Replace(1, lua.LTrue) // where co was: what is above came now
		return n + 1
	}
	if failed == bind.Kill {
		c.L.Error(failed, 0)
	}
	return c.Return(lua.LFalse, failed)
}

func (m *machine) coWrap(c bind.Call) int {
	h, co := m.newCoroutine(c.L, checkFunction(c, 1))
	c.L.Push(c.L.NewFunction(func(L *lua.LState) int {
		n, failed := co.resume(L, h, L.GetTop())
		if failed == nil {
			return n
		}
		if text, ok := failed.(lua.LString); ok {
			failed = lua.LString(where(L, 1)) + text
		}
		L.Error(failed, 0)
		return 0
	}))
	return 1
}

func (m *machine) coYield(c bind.Call) int {
	co := m.current(c.L)
	if co == nil {
		c.Raise("attempt to yield from outside a coroutine")
	}
	co.yield(c.L, c.N())
	return c.N()
}

// coStatusOf is the status as L sees it.
func (m *machine) coStatusOf(L *lua.LState, co *coroutine) string {
	switch {
	case co.state == suspended:
		return "suspended"
	case co.state == dead:
		return "dead"
	case m.current(L) == co:
		return "running"
	}
	return "normal"
}

func (m *machine) coStatus(c bind.Call) int {
	_, co := checkCoroutine(c, 1)
	return c.Text(m.coStatusOf(c.L, co))
}

func (m *machine) coRunning(c bind.Call) int {
	co := m.current(c.L)
	if co == nil {
		return c.Return(lua.LNil)
	}
	return c.Return(co.handle.Value())
}

func (m *machine) coIsYieldable(c bind.Call) int { return c.Boolean(m.current(c.L) != nil) }

func (m *machine) coClose(c bind.Call) int {
	h, co := checkCoroutine(c, 1)
	if co.state == active {
		c.Raise("cannot close a %s coroutine", m.coStatusOf(c.L, co))
	}
	co.end()
	runtime.KeepAlive(h)
	if failed := co.failed; failed != nil {
		co.failed = nil
		return c.Return(lua.LFalse, failed)
	}
	return c.True()
}

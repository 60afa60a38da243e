package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openDebug(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenDebug))
	L.Push(lua.LString("debug"))
	L.Call(1, 0)
	m := machineOf(L)
	t := L.G.Global.RawGetString("debug").(*lua.LTable)
	for _, row := range []bind.Row{
		{Name: "traceback", Sig: "traceback([co, ] [message [, level=1]])", Doc: "The call stack as text, under the message.", Fn: m.traceback},
	} {
		t.RawSetString(row.Name, env.Function(L, "debug", &row))
	}
}

// thread reads the coroutine that a function of debug may get first: the thread
// on which it waits, and how many arguments that took. The level of the function
// itself is 0 without one.
func (m *machine) threadArg(c bind.Call) (L *lua.LState, taken int) {
	h, ok := c.Arg(1).(*lua.LState)
	if !ok {
		return c.L, 0
	}
	if co := coroutineOf(h); co != nil && co != m.current(c.L) {
		return co.top, 1
	}
	return c.L, 1
}

func (m *machine) traceback(c bind.Call) int {
	L, n := m.threadArg(c)
	message := c.Arg(n + 1)
	if c.N() > n && !lua.LVCanConvToString(message) {
		return c.Return(message)
	}
	level := 1
	if L != c.L {
		level = 0
	}
	if v, ok := toNumber(c.Arg(n + 2)); ok {
		level = int(v)
	}
	if L == nil { // it has ended, or not begun
		return c.Text(lua.LVAsString(message) + "\nstack traceback:")
	}
	return c.Text(Traceback(L, lua.LVAsString(message), level))
}

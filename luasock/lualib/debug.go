package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openDebug(m *machine, L *lua.LState) {
	m.global(L, &bind.Module{
		Name: "debug",
		Doc:  "Looks into functions and the call stack.",
		Rows: []bind.Row{
			{Name: "getfenv", Sig: "getfenv(v)", Returns: "table", Doc: "The environment of a function, userdata or thread.", Fn: debugGetfenv},
			{Name: "getinfo", Sig: `getinfo([co, ] f [, what="flnSu"])`, Returns: "table?", Doc: "What is known of a function, or of the function at a level.", Fn: m.getinfo},
			{Name: "getlocal", Sig: "getlocal([co, ] level, n)", Returns: "string? name, any value", Doc: "The name and value of a local variable; nil beyond the last.", Fn: m.getlocal},
			{Name: "getmetatable", Sig: "getmetatable(v)", Returns: "table?", Doc: "The metatable, whatever its __metatable says.", Fn: debugGetmetatable},
			{Name: "getregistry", Sig: "getregistry()", Returns: "table", Doc: "The table of what Go code keeps.", Fn: debugGetregistry},
			{Name: "getupvalue", Sig: "getupvalue(fn, n)", Returns: "string? name, any value", Doc: "The name and value of an upvalue; nothing beyond the last.", Fn: debugGetupvalue},
			{Name: "setfenv", Sig: "setfenv(v, env)", Returns: "any", Doc: "Sets the environment of a function, userdata or thread, which it returns.", Fn: debugSetfenv},
			{Name: "setlocal", Sig: "setlocal([co, ] level, n, value)", Returns: "string? name", Doc: "Sets a local variable; gives its name.", Fn: m.setlocal},
			{Name: "setmetatable", Sig: "setmetatable(v, mt)", Returns: "boolean", Doc: "Sets the metatable of any value, or of its type; returns true.", Fn: debugSetmetatable},
			{Name: "setupvalue", Sig: "setupvalue(fn, n, value)", Returns: "string? name", Doc: "Sets an upvalue; gives its name, nothing beyond the last.", Fn: debugSetupvalue},
			{Name: "traceback", Sig: "traceback([co, ] [message [, level=1]])", Returns: "string", Doc: "The call stack as text, under the message.", Fn: m.traceback},
		},
	})
}

func debugGetfenv(c bind.Call) int { return c.Return(c.L.GetFEnv(checkAny(c, 1))) }

func debugSetfenv(c bind.Call) int {
	env := checkTable(c, 2)
	switch v := c.Arg(1).(type) {
	case *lua.LFunction, *lua.LUserData, *lua.LState:
		c.L.SetFEnv(v, env)
	default:
		c.Raise("'setfenv' cannot change environment of given object")
	}
	return c.Return(c.Arg(1))
}

// debugGetmetatable looks behind __metatable where a value has a metatable of
// its own.
func debugGetmetatable(c bind.Call) int {
	switch v := checkAny(c, 1).(type) {
	case *lua.LTable:
		return c.Return(v.Metatable)
	case *lua.LUserData:
		return c.Return(v.Metatable)
	default:
		return c.Return(c.L.GetMetatable(v))
	}
}

func debugSetmetatable(c bind.Call) int {
	mt := c.Arg(2)
	if mt.Type() != lua.LTNil && mt.Type() != lua.LTTable {
		c.Bad(2, "nil or table expected")
	}
	c.L.SetMetatable(c.Arg(1), mt)
	return c.True()
}

func debugGetregistry(c bind.Call) int { return c.Return(c.L.G.Registry) }

func debugGetupvalue(c bind.Call) int {
	name, value := c.L.GetUpvalue(checkFunction(c, 1), checkInt(c, 2))
	if name == "" {
		return 0
	}
	return c.Return(lua.LString(name), value)
}

func debugSetupvalue(c bind.Call) int {
	name := c.L.SetUpvalue(checkFunction(c, 1), checkInt(c, 2), checkAny(c, 3))
	if name == "" {
		return 0
	}
	return c.Text(name)
}

// threadArg reads the coroutine that a function of debug may get first: the thread
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

func (m *machine) getinfo(c bind.Call) int {
	L, n := m.threadArg(c)
	what := optString(c, n+2, "flnSu")
	if i := strings.IndexFunc(what, func(r rune) bool { return !strings.ContainsRune("flnSuL", r) }); i >= 0 {
		c.Bad(n+2, "invalid option")
	}
	t := c.L.NewTable()
	if fn, ok := c.Arg(n + 1).(*lua.LFunction); ok {
		level{callFrame: &callFrame{Fn: fn, Pc: -1}}.info(t, what)
		return c.Return(t)
	}
	at, ok := toNumber(c.Arg(n + 1))
	if !ok {
		c.Bad(n+1, "function or level expected")
	}
	l, ok := levelAt(L, clampInt(at))
	if !ok {
		return c.Return(lua.LNil)
	}
	l.info(t, what)
	return c.Return(t)
}

// info fills the table of getinfo.
func (l level) info(t *lua.LTable, what string) {
	set := func(letter, name string, v lua.LValue) {
		if strings.Contains(what, letter) {
			t.RawSetString(name, v)
		}
	}
	kind, source, short, first, last, line := "C", "=[C]", "[C]", -1, -1, -1
	if l.tail {
		kind, source, short = "tail", "=(tail call)", "(tail call)"
	} else if p := l.Fn.Proto; p != nil {
		kind, first, last = "Lua", p.LineDefined, p.LastLineDefined
		if first == 0 {
			kind = "main"
		}
		source, short = sourceName(p.SourceName), p.SourceName
		if l.Pc > 0 {
			line = l.line()
		}
	}
	set("S", "what", lua.LString(kind))
	set("S", "source", lua.LString(source))
	set("S", "short_src", lua.LString(short))
	set("S", "linedefined", lua.LNumber(first))
	set("S", "lastlinedefined", lua.LNumber(last))
	set("l", "currentline", lua.LNumber(line))
	nameWhat, name := "", ""
	if !l.tail {
		nameWhat, name = l.callName()
	}
	set("n", "namewhat", lua.LString(nameWhat))
	if name != "" {
		set("n", "name", lua.LString(name))
	}
	if l.tail {
		return
	}
	set("u", "nups", lua.LNumber(len(l.Fn.Upvalues)))
	set("f", "func", l.Fn)
	if p := l.Fn.Proto; p != nil {
		set("L", "activelines", activeLines(p))
	}
}

// activeLines is the set of the lines that have code.
func activeLines(p *lua.FunctionProto) *lua.LTable {
	lines := &lua.LTable{Metatable: lua.LNil}
	for _, line := range p.DbgSourcePositions {
		lines.RawSetInt(line, lua.LTrue)
	}
	return lines
}

// sourceName is the chunk's name, of which the functions keep only what messages
// show: a long string's is cut.
func sourceName(short string) string {
	if text, ok := strings.CutPrefix(short, `[string "`); ok {
		return strings.TrimSuffix(text, `"]`)
	}
	return "@" + short
}

// local finds local variable n of a level, whose arguments begin after taken.
func (m *machine) local(c bind.Call) (l level, d *lua.Debug, taken int) {
	L, taken := m.threadArg(c)
	at := checkInt(c, taken+1)
	l, ok := levelAt(L, at)
	if at < 0 || !ok {
		c.Bad(taken+1, "level out of range")
	}
	for i := 0; ok; i++ {
		if d, ok = l.L.GetStack(i); ok && frameOf(d) == l.callFrame {
			return l, d, taken
		}
	}
	return l, nil, taken
}

func (m *machine) getlocal(c bind.Call) int {
	l, d, taken := m.local(c)
	n := checkInt(c, taken+2)
	if d == nil || l.tail || n < 1 {
		return c.Return(lua.LNil)
	}
	name, value := l.L.GetLocal(d, n)
	if name == "" {
		return c.Return(lua.LNil)
	}
	return c.Return(lua.LString(name), value)
}

func (m *machine) setlocal(c bind.Call) int {
	l, d, taken := m.local(c)
	n, value := checkInt(c, taken+2), checkAny(c, taken+3)
	if d == nil || l.tail || n < 1 {
		return c.Return(lua.LNil)
	}
	if name := l.L.SetLocal(d, n, value); name != "" {
		return c.Text(name)
	}
	return c.Return(lua.LNil)
}

package lualib

import (
	"io"
	"os"
	"runtime/metrics"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openBase(m *machine, L *lua.LState) {
	G := L.G.Global
	G.RawSetString("_G", G)
	G.RawSetString("_VERSION", lua.LString("Lua 5.1"))
	for _, row := range append(m.baseRows(), m.loadRows()...) {
		G.RawSetString(row.Name, m.env.Function(L, bind.Globals, &row))
	}
	m.raise = G.RawGetString("error").(*lua.LFunction)
	m.next = G.RawGetString("next").(*lua.LFunction)
	m.step = m.env.Function(L, bind.Globals, &bind.Row{Name: "ipairs_step", Sig: "ipairs_step(t, i)", Doc: "What the loop over ipairs calls.", Fn: ipairsStep})
}

func (m *machine) baseRows() []bind.Row {
	return []bind.Row{
		{Name: "assert", Sig: "assert(v [, message, ...])", Returns: "any ...", Doc: "Raises the message if v is false or nil; else returns all its arguments.", Fn: assert},
		{Name: "collectgarbage", Sig: `collectgarbage([option="collect" [, n]])`, Returns: "any", Doc: `Collects garbage; "count" gives the KB that are in use.`, Fn: m.collectgarbage},
		{Name: "error", Sig: "error(message [, level=1])", Returns: "nothing", Doc: "Raises an error. A text gets the position of the function at the level before it.", Fn: raise},
		{Name: "getfenv", Sig: "getfenv([f=1])", Returns: "table", Doc: "The environment of a function or level; 0 is the thread's.", Fn: m.getfenv},
		{Name: "getmetatable", Sig: "getmetatable(v)", Returns: "any", Doc: "The metatable, or its __metatable field.", Fn: getmetatable},
		{Name: "ipairs", Sig: "ipairs(t)", Returns: "function, table, integer", Doc: "Iterates over 1, t[1], 2, t[2] … up to the first nil.", Fn: m.ipairs},
		{Name: "next", Sig: "next(t [, key])", Returns: "any key, any value", Doc: "The key after key, and its value; nil after the last.", Fn: next},
		{Name: "newproxy", Sig: "newproxy([v])", Returns: "userdata", Doc: "An empty userdata, with a metatable if v says so.", Fn: newproxy},
		{Name: "pairs", Sig: "pairs(t)", Returns: "function, table", Doc: "Iterates over all keys and values.", Fn: m.pairs},
		{Name: "pcall", Sig: "pcall(fn, ...)", Returns: "boolean ok, any ...", Doc: "Calls fn: true and its results, or false and the error.", Fn: m.pcall},
		{Name: "print", Sig: "print(...)", Returns: "nothing", Doc: "Writes the arguments to standard output, with tabs between.", Fn: m.print},
		{Name: "rawequal", Sig: "rawequal(a, b)", Returns: "boolean", Doc: "Whether two values are the same, without metamethods.", Fn: rawequal},
		{Name: "rawget", Sig: "rawget(t, key)", Returns: "any", Doc: "t[key] without metamethods.", Fn: rawget},
		{Name: "rawlen", Sig: "rawlen(v)", Returns: "integer", Doc: "The length of a table or string, without metamethods.", Fn: rawlen},
		{Name: "rawset", Sig: "rawset(t, key, value)", Returns: "table", Doc: "t[key] = value without metamethods; returns t.", Fn: rawset},
		{Name: "select", Sig: `select(n, ...)`, Returns: "any ...", Doc: `The arguments from the n-th on, from the end for a negative n; their number for "#".`, Fn: selectArgs},
		{Name: "setfenv", Sig: "setfenv(f, env)", Returns: "any", Doc: "Sets the environment of a Lua function or level; 0 is the thread's.", Fn: m.setfenv},
		{Name: "setmetatable", Sig: "setmetatable(t, mt)", Returns: "table", Doc: "Sets or removes the metatable of t, which it returns.", Fn: setmetatable},
		{Name: "tonumber", Sig: "tonumber(v [, base=10])", Returns: "number?", Doc: "v as a number; nil if it is none.", Fn: tonumber},
		{Name: "tostring", Sig: "tostring(v)", Returns: "string", Doc: "v as text, by its metamethod __tostring if it has one.", Fn: tostring},
		{Name: "type", Sig: "type(v)", Returns: "string", Doc: "The name of the type of v.", Fn: typeOf},
		{Name: "unpack", Sig: "unpack(t [, i=1 [, j=#t]])", Returns: "any ...", Doc: "t[i] to t[j] as results.", Fn: unpack},
		{Name: "xpcall", Sig: "xpcall(fn, handler, ...)", Returns: "boolean ok, any ...", Doc: "pcall that passes an error through handler, which still sees the stack of the error.", Fn: m.xpcall},
	}
}

func assert(c bind.Call) int {
	if lua.LVAsBool(checkAny(c, 1)) {
		return c.N()
	}
	message := c.Arg(2)
	if message == lua.LNil {
		message = lua.LString("assertion failed!")
	}
	raiseAt(c.L, message, 1)
	return 0
}

// raiseAt raises a value, before which the position of the level stands if it is
// a text.
func raiseAt(L *lua.LState, value lua.LValue, n int) {
	if text, ok := bind.Text(value); ok && n > 0 {
		value = lua.LString(where(L, n) + text)
	}
	L.Error(value, 0)
}

func raise(c bind.Call) int {
	raiseAt(c.L, c.Arg(1), optInt(c, 2, 1))
	return 0
}

func (m *machine) collectgarbage(c bind.Call) int {
	option := optString(c, 1, "collect")
	switch option {
	case "collect":
		m.collect(c.L)
		return c.Return(lua.LNumber(0))
	case "step":
		m.collect(c.L)
		return c.True()
	case "count":
		return c.Return(lua.LNumber(heapInUse() / 1024))
	case "stop", "restart", "setpause", "setstepmul":
		return c.Return(lua.LNumber(0)) // Go's collector is not Lua's to set
	}
	c.Bad(1, "invalid option '%s'", option)
	return 0
}

// heapInUse is what live objects, and those not yet swept, take in bytes.
func heapInUse() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64())
}

// function finds what getfenv and setfenv are about: a function, or that of a
// level; nil for level 0.
func (m *machine) function(c bind.Call) *lua.LFunction {
	if fn, ok := c.Arg(1).(*lua.LFunction); ok {
		return fn
	}
	n := optInt(c, 1, 1)
	if n < 0 {
		c.Bad(1, "level must be non-negative")
	}
	if n == 0 {
		return nil
	}
	l, ok := levelAt(c.L, n)
	if !ok {
		c.Bad(1, "invalid level")
	}
	if l.tail {
		c.Raise("no function environment for tail call at level %d", n)
	}
	return l.Fn
}

func (m *machine) getfenv(c bind.Call) int {
	switch fn := m.function(c); {
	case fn == nil:
		return c.Return(c.L.Env)
	case fn.IsG:
		return c.Return(c.L.G.Global)
	default:
		return c.Return(fn.Env)
	}
}

func (m *machine) setfenv(c bind.Call) int {
	env := checkTable(c, 2)
	fn := m.function(c)
	if fn == nil {
		for L := c.L; L != nil; L = L.Parent {
			L.Env = env
		}
		return 0
	}
	if fn.IsG {
		c.Raise("'setfenv' cannot change environment of given object")
	}
	fn.Env = env
	return c.Return(fn)
}

func getmetatable(c bind.Call) int {
	return c.Return(c.L.GetMetatable(checkAny(c, 1)))
}

func setmetatable(c bind.Call) int {
	t := checkTable(c, 1)
	mt, isTable := c.Arg(2).(*lua.LTable)
	if c.N() < 2 || !isTable && c.Arg(2) != lua.LNil {
		c.Bad(2, "nil or table expected")
	}
	if old, ok := t.Metatable.(*lua.LTable); ok && old.RawGetString("__metatable") != lua.LNil {
		c.Raise("cannot change a protected metatable")
	}
	t.Metatable = lua.LNil
	if isTable {
		t.Metatable = mt
	}
	return c.Return(t)
}

func (m *machine) ipairs(c bind.Call) int {
	return c.Return(m.step, checkTable(c, 1), lua.LNumber(0))
}

func ipairsStep(c bind.Call) int {
	t, i := checkTable(c, 1), checkInt(c, 2)+1
	v := t.RawGetInt(i)
	if v == lua.LNil {
		return c.Return(lua.LNil)
	}
	return c.Return(bind.Int(i), v)
}

func (m *machine) pairs(c bind.Call) int {
	return c.Return(m.next, checkTable(c, 1), lua.LNil)
}

func next(c bind.Call) int {
	k, v := checkTable(c, 1).Next(c.Arg(2))
	if k == lua.LNil {
		return c.Return(lua.LNil)
	}
	return c.Return(k, v)
}

func newproxy(c bind.Call) int {
	proxy := &lua.LUserData{Env: c.L.Env, Metatable: lua.LNil}
	switch v := c.Arg(1).(type) {
	case *lua.LNilType:
	case lua.LBool:
		if v {
			proxy.Metatable = c.L.NewTable()
		}
	case *lua.LUserData:
		proxy.Metatable = v.Metatable
	default:
		c.Bad(1, "boolean or proxy expected")
	}
	return c.Return(proxy)
}

func (m *machine) print(c bind.Call) int {
	var line strings.Builder
	for i := 1; i <= c.N(); i++ {
		if i > 1 {
			line.WriteByte('\t')
		}
		text, ok := toText(c.L, c.Arg(i)).(lua.LString)
		if !ok {
			c.Raise("'tostring' must return a string to 'print'")
		}
		line.WriteString(string(text))
	}
	line.WriteByte('\n')
	out := m.o.Stdout
	if out == nil {
		out = os.Stdout
	}
	io.WriteString(out, line.String())
	return 0
}

// toText is tostring: what the metamethod gives need not be a text.
func toText(L *lua.LState, v lua.LValue) lua.LValue {
	switch n := v.(type) {
	case lua.LString:
		return v
	case lua.LNumber:
		return lua.LString(bind.NumberText(n))
	}
	if fn := L.GetMetaField(v, "__tostring"); fn != lua.LNil {
		L.Push(fn)
		L.Push(v)
		L.Call(1, 1)
		text := L.Get(-1)
		L.Pop(1)
		if n, ok := text.(lua.LNumber); ok {
			return lua.LString(bind.NumberText(n))
		}
		return text
	}
	return lua.LString(v.String())
}

func tostring(c bind.Call) int { return c.Return(toText(c.L, checkAny(c, 1))) }

func typeOf(c bind.Call) int { return c.Text(checkAny(c, 1).Type().String()) }

func rawequal(c bind.Call) int {
	return c.Boolean(c.L.RawEqual(checkAny(c, 1), checkAny(c, 2)))
}

func rawget(c bind.Call) int {
	return c.Return(checkTable(c, 1).RawGet(checkAny(c, 2)))
}

func rawlen(c bind.Call) int {
	switch v := c.Arg(1).(type) {
	case *lua.LTable:
		return c.Integer(v.Len())
	case lua.LString:
		return c.Integer(len(v))
	}
	c.Bad(1, "table or string expected")
	return 0
}

func rawset(c bind.Call) int {
	t := checkTable(c, 1)
	c.L.RawSet(t, checkAny(c, 2), checkAny(c, 3))
	return c.Return(t)
}

func selectArgs(c bind.Call) int {
	if c.Arg(1) == lua.LString("#") {
		return c.Integer(c.N() - 1)
	}
	n := checkInt(c, 1)
	if n < 0 {
		n += c.N()
	}
	if n < 1 {
		c.Bad(1, "index out of range")
	}
	return max(c.N()-n, 0)
}

func tonumber(c bind.Call) int {
	v := checkAny(c, 1)
	n, ok := toNumber(v)
	if base := optInt(c, 2, 10); base != 10 {
		s := checkString(c, 1)
		if base < 2 || base > 36 {
			c.Bad(2, "base out of range")
		}
		n, ok = parseBase(s, base)
	}
	if !ok {
		return c.Return(lua.LNil)
	}
	return c.Return(lua.LNumber(n))
}

// maxResults bounds what unpack gives.
const maxResults = 1000000

func unpack(c bind.Call) int {
	t := checkTable(c, 1)
	from, to := optInt(c, 2, 1), optInt(c, 3, t.Len())
	if from > to {
		return 0
	}
	n := to - from + 1
	if n <= 0 || n > maxResults {
		c.Raise("too many results to unpack")
	}
	room(c.L, n)
	for i := from; i <= to; i++ {
		c.L.Push(t.RawGet(lua.LNumber(i)))
	}
	return n
}

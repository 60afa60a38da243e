package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// What Lua's own functions read their arguments with. Conversions and words are
// those of PUC Lua's lauxlib: "bad argument #1 to 'rep' (string expected, got no
// value)".

// expected raises "bad argument #i to 'name' (want expected, got what came)".
func expected(c bind.Call, i int, want string) {
	c.Bad(i, "%s expected, got %s", want, typeName(c, i))
}

func typeName(c bind.Call, i int) string {
	if i > c.N() {
		return "no value"
	}
	v := c.Arg(i)
	if name, ok := c.L.GetMetaField(v, "__name").(lua.LString); ok {
		return string(name)
	}
	return v.Type().String()
}

// checkAny reads a value, which must have come.
func checkAny(c bind.Call, i int) lua.LValue {
	if i > c.N() {
		c.Bad(i, "value expected")
	}
	return c.Arg(i)
}

func checkFunction(c bind.Call, i int) *lua.LFunction {
	f, ok := c.Arg(i).(*lua.LFunction)
	if !ok {
		expected(c, i, "function")
	}
	return f
}

func checkTable(c bind.Call, i int) *lua.LTable {
	t, ok := c.Arg(i).(*lua.LTable)
	if !ok {
		expected(c, i, "table")
	}
	return t
}

// checkString reads a string. A number is taken as its text.
func checkString(c bind.Call, i int) string {
	s, ok := bind.Text(c.Arg(i))
	if !ok {
		expected(c, i, "string")
	}
	return s
}

// optString is checkString with a default for nil.
func optString(c bind.Call, i int, def string) string {
	if !c.Has(i) {
		return def
	}
	return checkString(c, i)
}

// checkNumber reads a number, or a string that is one.
func checkNumber(c bind.Call, i int) float64 {
	n, ok := toNumber(c.Arg(i))
	if !ok {
		expected(c, i, "number")
	}
	return n
}

// checkInt reads a number and drops its fraction, as Lua 5.1 does, and what is
// beyond 2^53, so that sums do not overflow.
func checkInt(c bind.Call, i int) int { return clampInt(checkNumber(c, i)) }

// optInt is checkInt with a default for nil.
func optInt(c bind.Call, i, def int) int {
	if !c.Has(i) {
		return def
	}
	return checkInt(c, i)
}

// checkWhole is checkInt as Lua 5.3 has it: there must be no fraction.
func checkWhole(c bind.Call, i int) int {
	n := checkNumber(c, i)
	if float64(truncate(n)) != n {
		c.Bad(i, "number has no integer representation")
	}
	return clampInt(n)
}

// optWhole is checkWhole with a default for nil.
func optWhole(c bind.Call, i, def int) int {
	if !c.Has(i) {
		return def
	}
	return checkWhole(c, i)
}

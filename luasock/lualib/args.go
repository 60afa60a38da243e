package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// The libraries of the manual complain in PUC Lua's words: "bad argument #1 to
// 'insert' (table expected, got nil)".

// typeName is the type of argument i, or that none came.
func typeName(c bind.Call, i int) string {
	if i > c.N() {
		return "no value"
	}
	return c.Arg(i).Type().String()
}

// expected complains about the type of argument i.
func expected(c bind.Call, i int, want string) {
	c.Bad(i, "%s expected, got %s", want, typeName(c, i))
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

// checkString reads a string; a number is taken as its text.
func checkString(c bind.Call, i int) string {
	switch v := c.Arg(i).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return formatNumber(v)
	}
	expected(c, i, "string")
	return ""
}

// checkNumber reads a number, or a string that is one.
func checkNumber(c bind.Call, i int) lua.LNumber {
	n, ok := toNumber(c.Arg(i))
	if !ok {
		expected(c, i, "number")
	}
	return n
}

// checkInt reads a number and drops its fraction.
func checkInt(c bind.Call, i int) int { return clampInt(checkNumber(c, i)) }

// optInt is checkInt with a default for nil.
func optInt(c bind.Call, i, def int) int {
	if !c.Has(i) {
		return def
	}
	return checkInt(c, i)
}

// optString is checkString with a default for nil.
func optString(c bind.Call, i int, def string) string {
	if !c.Has(i) {
		return def
	}
	return checkString(c, i)
}

// clampInt drops the fraction, and what is beyond an int.
func clampInt(n lua.LNumber) int {
	const most = 1 << 53
	switch {
	case n != n:
		return 0
	case n > most:
		return most
	case n < -most:
		return -most
	}
	return int(n)
}

package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// What the libraries of the base part read their arguments with. The words are
// PUC Lua's: see puc.

// expected complains about the type of argument i.
func expected(c bind.Call, i int, want string) { puc{c}.typeError(i, want) }

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

func checkString(c bind.Call, i int) string { return puc{c}.checkString(i) }

func checkNumber(c bind.Call, i int) lua.LNumber { return lua.LNumber(puc{c}.checkNumber(i)) }

// checkInt reads a number and drops its fraction, and what is beyond 2^53.
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

// clampInt drops the fraction, and what is beyond 2^53, so that sums do not
// overflow.
func clampInt(n lua.LNumber) int {
	const most = 1 << 53
	return min(max(truncate(float64(n)), -most), most)
}

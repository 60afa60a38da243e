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

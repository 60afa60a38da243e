package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openTable(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenTable))
	L.Push(lua.LString("table"))
	L.Call(1, 0)
}

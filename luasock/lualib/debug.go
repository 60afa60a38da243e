package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openDebug(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenDebug))
	L.Push(lua.LString("debug"))
	L.Call(1, 0)
}

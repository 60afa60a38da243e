package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openString(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenString))
	L.Push(lua.LString("string"))
	L.Call(1, 0)
}

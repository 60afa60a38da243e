package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openBase(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenBase))
	L.Push(lua.LString(""))
	L.Call(1, 0)
}

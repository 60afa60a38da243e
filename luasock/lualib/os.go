package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openOS(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenOs))
	L.Push(lua.LString("os"))
	L.Call(1, 0)
}

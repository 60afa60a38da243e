package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openPackage(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenPackage))
	L.Push(lua.LString("package"))
	L.Call(1, 0)
}

package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openMath(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenMath))
	L.Push(lua.LString("math"))
	L.Call(1, 0)
}

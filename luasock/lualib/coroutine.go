package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openCoroutine(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenCoroutine))
	L.Push(lua.LString("coroutine"))
	L.Call(1, 0)
}

package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openIO(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenIo))
	L.Push(lua.LString("io"))
	L.Call(1, 0)
}

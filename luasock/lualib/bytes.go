package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openBytes(L *lua.LState, env *bind.Env, o Options) {

}

package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openBit(L *lua.LState, env *bind.Env, o Options) {

}

package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

type coroutine struct {
	nesting int
	resumer *lua.LState
}
type lostCoroutines struct{}

func openCoroutine(L *lua.LState, env *bind.Env, o Options) {
}

package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openBase(L *lua.LState, env *bind.Env, o Options) {
	L.Push(L.NewFunction(lua.OpenBase))
	L.Push(lua.LString(""))
	L.Call(1, 0)
	m := machineOf(L)
	L.G.Global.RawSetString("collectgarbage", L.NewFunction(func(L *lua.LState) int { m.collect(L); return 0 }))
	for i := range m.baseRows() {
		row := &m.baseRows()[i]
		L.G.Global.RawSetString(row.Name, env.Function(L, "_G", row))
	}
}

func (m *machine) baseRows() []bind.Row {
	return []bind.Row{
		{Name: "pcall", Sig: "pcall(fn, ...)", Doc: "x", Fn: m.pcall},
		{Name: "xpcall", Sig: "xpcall(fn, handler, ...)", Doc: "x", Fn: m.xpcall},
	}
}

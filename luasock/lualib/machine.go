package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// machine is what the libraries of one VM share. All of it belongs to the
// goroutine that runs Lua, but for what lost says.
type machine struct {
	env *bind.Env
	o   Options

	spare map[int][]*thread          // threads that wait for their next use, by depth
	cos   map[*lua.LState]*coroutine // by the thread that the body runs on
	alive map[*coroutine]struct{}    // those that were started and have not ended
	idle  []*coroutine               // workers without a body
	lost  lostCoroutines
	raise *lua.LFunction // the global error
}

// machineKey is where the Lua registry keeps the machine.
const machineKey = "lualib.machine"

// machineOf finds the machine of the VM that L belongs to. A state in which the
// libraries were not opened gets one without options.
func machineOf(L *lua.LState) *machine {
	if ud, ok := L.G.Registry.RawGetString(machineKey).(*lua.LUserData); ok {
		return ud.Value.(*machine)
	}
	return newMachine(L, nil, Options{})
}

func newMachine(L *lua.LState, env *bind.Env, o Options) *machine {
	m := &machine{
		env:   env,
		o:     o,
		spare: map[int][]*thread{},
		cos:   map[*lua.LState]*coroutine{},
		alive: map[*coroutine]struct{}{},
	}
	L.G.Registry.RawSetString(machineKey, &lua.LUserData{Value: m, Metatable: lua.LNil})
	return m
}

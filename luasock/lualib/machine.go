package lualib

import (
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// machine is what the libraries of one VM share. All of it belongs to the
// goroutine that runs Lua, but for what lost says.
type machine struct {
	env *bind.Env
	o   Options

	pools   []*pool                 // of threads to run protected on
	workers map[*lua.LState]*worker // all, by their thread
	idle    []*worker               // those without a body
	lost    lost

	random        *rand.Rand  // math.random's
	input, output *file       // io's default files
	packages      *lua.LTable // the global package

	// Functions of the base library that others refer to.
	raise, next, step *lua.LFunction // error, next, what ipairs gives
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
		env:     env,
		o:       o,
		workers: map[*lua.LState]*worker{},
	}
	L.G.Registry.RawSetString(machineKey, &lua.LUserData{Value: m, Metatable: lua.LNil})
	return m
}

// global opens a module, which is a global and what require gives of it.
func (m *machine) global(L *lua.LState, module *bind.Module) *lua.LTable {
	t := m.env.Open(L, module)
	L.G.Global.RawSetString(module.Name, t)
	if loaded, ok := L.G.Registry.RawGetString("_LOADED").(*lua.LTable); ok {
		loaded.RawSetString(module.Name, t)
	}
	return t
}

// await calls fn, which may block. When the wait is cut short it raises, and fn
// goes on: what it sets then is nobody's any more.
func (m *machine) await(L *lua.LState, fn func()) {
	if m.o.Await == nil {
		fn()
		return
	}
	m.o.Await(L, fn)
}

// poll raises when the VM is to be interrupted.
func (m *machine) poll(L *lua.LState) {
	if m.o.Interrupt != nil && m.o.Interrupt.Load() {
		bind.Raise(L, "interrupted!")
	}
	if ctx := L.Context(); ctx != nil {
		if err := ctx.Err(); err != nil {
			bind.Raise(L, err.Error())
		}
	}
}

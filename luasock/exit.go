package luasock

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var exitRow = bind.Row{
	Name: "exit", Sig: "exit([code=0])", Returns: "nothing",
	Doc: "Ends the program at once with an exit status; true is 0, false 1.",
	Fn:  exit,
}

// replaceExit makes os.exit of gopher-lua's own library do what the host wants.
func (vm *VM) replaceExit() {
	if os, ok := vm.L.GetGlobal("os").(*lua.LTable); ok {
		os.RawSetString("exit", vm.env.Function(vm.L, "os", &exitRow))
	}
}

func exit(c bind.Call) int {
	code := 0
	switch v := c.Arg(1).(type) {
	case lua.LBool:
		if !v {
			code = 1
		}
	default:
		code = c.OptInt(1, 0, math.MinInt32, math.MaxInt32)
	}
	hostOf(c).exit(c.L, code)
	return 0
}

// exit does what the host wants. If the host lives on, the script and its tasks
// do not: each of their waits, from now on, ends them.
func (vm *VM) exit(L *lua.LState, code int) {
	vm.options.Exit(code)
	vm.kill()
	L.Error(bind.Kill, 0)
}

// kill has each wait of the script and its tasks, from now on, end them.
func (vm *VM) kill() {
	for _, t := range vm.loop.Tasks() {
		t.Kill()
	}
	vm.loop.Main().Kill()
}

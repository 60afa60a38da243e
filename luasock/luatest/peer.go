package luatest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
)

// Module is the Lua module test: peers for the program under test. Open or
// Preload put it into a VM.
var Module = &bind.Module{
	Name: "test",
	Doc:  "Peers for tests: servers, proxies that misbehave, the program under test. What is made belongs to the test or describe that made it, else to the VM, and is closed with it.",
	Rows: slices.Concat(serverRows, scriptRows, proxyRows, processRows, certificateRows, placeRows),
	Classes: []bind.Methods{
		{Class: serverClass},
		{Class: proxyClass},
		{Class: processClass, Rows: processMethods},
	},
}

// Open makes the module test a global of the VM. What scripts make with it
// outside any test is closed with the VM.
func Open(vm *luasock.VM) {
	ownByVM(vm)
	vm.OpenModule(Module)
}

// Preload has require "test" give the module.
func Preload(vm *luasock.VM) {
	vm.PreloadModule(Module, func(t *lua.LTable) lua.LValue {
		ownByVM(vm)
		return t
	})
}

// ownByVM gives the VM a scope, if it has none.
func ownByVM(vm *luasock.VM) {
	main := vm.Loop().Main()
	if main.Group != nil {
		return
	}
	s := newScope("the script", &file{suiteSeed: rand.Int64N(maxSeed), vm: vm}, nil)
	s.tell = func(message string) { fmt.Fprintln(vm.Stderr(), message) }
	main.Group = s
	vm.AtClose(s.closeResources)
}

// maxSeed is the end of the seeds: what a Lua number holds, and people type.
const maxSeed = 1 << 31

// serve starts a task that works for the scope's peers and needs no Lua. It ends
// when what it waits for is closed.
func (s *scope) serve(vm *luasock.VM, name string, fn func()) *loop.Task {
	var t *loop.Task
	t = vm.Loop().Background(name, func() {
		defer delete(s.spared, t)
		fn()
	})
	t.Group = s
	s.spared[t] = true
	return t
}

// handle starts a task that calls a function of the script for the scope's
// peers.
func (s *scope) handle(vm *luasock.VM, name string, fn func(L *lua.LState)) *loop.Task {
	start := vm.Go
	if s.tell != nil {
		start = vm.Background // a script ends without its peers
	}
	var t *loop.Task
	t = start(name, func(L *lua.LState) {
		defer delete(s.spared, t)
		fn(L)
	})
	t.Group = s
	s.spared[t] = true
	return t
}

// settle lets what has arrived be taken in: connections accepted, messages read.
// It does not take a cancel from the task.
func settle(l *loop.Loop) {
	const rounds = 3 // the event, the accept, the handler
	l.Shielded(func() {
		for range rounds {
			if l.Yield() != nil {
				return
			}
		}
	})
}

// member is a function of one object, called as object:name(…) or
// object.name(…).
func member(c bind.Call, object any, row *bind.Row) *lua.LFunction {
	env := c.Env()
	return c.L.NewFunction(func(L *lua.LState) int {
		env.Running = L
		if ud, ok := L.Get(1).(*lua.LUserData); ok && ud.Value == object {
			L.Remove(1)
		}
		return row.Fn(env.Call(L, row))
	})
}

// Package php is the module socket.php: PHP's socket and stream functions with
// PHP's own names, results, warnings and exceptions, so that a PHP program
// ports line by line. It stands on packages sock and stream through luasock.
//
// A function is a row made of PHP's own declaration (see [row]): the parameters'
// names, types and defaults in it give the checks and coercions, with PHP's texts,
// and by-reference results leave the list of the Lua parameters. Its Fn, a
// function of [call], numbers the parameters as PHP does.
//
// A PHP null is Lua's nil, an array a table, int and float are numbers, a Socket
// and an AddressInfo are luasock's, and so is a stream, which PHP has as a
// resource.
//
// The reference is PHP 8.2. What is a defect there is not copied: see defects.
package php

import (
	"slices"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// rows are the functions of every file.
func rows() []bind.Row {
	return slices.Concat(errorRows, socketRows, selectRows, optionRows, messageRows, addrinfoRows, shareRows,
		streamRows, stateRows, dialRows, serverRows, contextRows, cryptoRows, nameRows, noopRows,
		dumpRows, formatRows, stringRows, arrayRows, packRows, timeRows, fileRows, curlRows)
}

// newModule is the module. It is made for each VM, because a VM lists its own.
func newModule() *bind.Module {
	return &bind.Module{
		Name:    "socket.php",
		Doc:     "PHP's functions with PHP's own names, results, warnings and exceptions. Called as a function it puts them into the global table: require \"socket.php\" ().",
		Rows:    rows(),
		Consts:  constants(),
		Classes: []bind.Methods{{Class: contextClass}, {Class: curlClass}},
	}
}

// Open makes the module what require "socket.php" returns in a VM. Called, the
// module puts its names into the global table.
func Open(vm *luasock.VM) {
	m := newModule()
	vm.PreloadModule(m, func(t *lua.LTable) lua.LValue { return finish(vm, t) })
}

// finish completes the module's table.
func finish(vm *luasock.VM, t *lua.LTable) lua.LValue {
	L := vm.L
	// The classes of its values are registered with module socket.
	L.Push(L.GetGlobal("require"))
	L.Push(lua.LString("socket"))
	L.Call(1, 0)
	newState(vm)
	setTexts(vm, t)
	shareUnpack(L, t)
	mt := L.NewTable()
	mt.RawSetString("__call", L.NewFunction(func(L *lua.LState) int {
		t.ForEach(func(name, v lua.LValue) { L.G.Global.RawSet(name, v) })
		L.Push(t)
		return 1
	}))
	t.Metatable = mt
	return t
}

// shareUnpack has unpack of a table be Lua's, because both have that name.
func shareUnpack(L *lua.LState, t *lua.LTable) {
	ofPHP, ofLua := t.RawGetString("unpack"), L.GetGlobal("unpack")
	if ofLua.Type() != lua.LTFunction {
		return
	}
	t.RawSetString("unpack", L.NewFunction(func(L *lua.LState) int {
		fn := ofPHP
		if L.Get(1).Type() == lua.LTTable {
			fn = ofLua
		}
		L.Insert(fn, 1)
		L.Call(L.GetTop()-1, lua.MultRet)
		return L.GetTop()
	}))
}

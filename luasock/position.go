package luasock

import lua "github.com/yuin/gopher-lua"

// Position is the line of Lua that called a row of the VM last: where a socket
// is being made, to whoever observes it. "", 0 when there is none.
func (vm *VM) Position() (source string, line int) { return position(vm.env.Running) }

// position is the line of Lua at which a thread stands: that of the innermost
// function that is written in Lua, on this thread or one that waits for it. "",
// 0 when there is none.
func position(L *lua.LState) (source string, line int) {
	for level := 0; L != nil; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			L, level = L.Parent, -1
			continue
		}
		if _, err := L.GetInfo("Sl", dbg, lua.LNil); err == nil && dbg.CurrentLine > 0 {
			return dbg.Source, dbg.CurrentLine
		}
	}
	return "", 0
}

package luasock

import "sockscript/luasock/lualib"

// Position is the line of Lua that called a row of the VM last: where a socket
// is being made, to whoever observes it. "", 0 when there is none.
func (vm *VM) Position() (source string, line int) { return lualib.Position(vm.env.Running) }

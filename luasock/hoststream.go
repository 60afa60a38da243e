package luasock

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/sock"
)

// NewStream makes a socket a Stream as scripts have it, which owns the socket.
func (vm *VM) NewStream(s *sock.Sock) *lua.LUserData { return vm.opened(s, "", nil) }

// AtClose has fn called when the VM is closed, while its tasks still run, so
// that fn may wait. What was given last is called first.
func (vm *VM) AtClose(fn func()) { vm.atClose = append(vm.atClose, fn) }

// runAtClose calls what AtClose was given.
func (vm *VM) runAtClose() {
	for n := len(vm.atClose); n > 0; n = len(vm.atClose) {
		fn := vm.atClose[n-1]
		vm.atClose = vm.atClose[:n-1]
		fn()
	}
}

package luasock

import (
	"io"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

// NewStream makes a socket a Stream as scripts have it, which owns the socket.
func (vm *VM) NewStream(s *sock.Sock) *lua.LUserData { return vm.opened(s, "", nil) }

// ServerTLS reads the key ssl of a table, the options of a TLS server as
// stream_context has them, and returns a function that makes an accepted Stream
// the server of TLS. The handshake is left to the first read or write.
func ServerTLS(f bind.Fields) func(object *lua.LUserData) error {
	ssl := f.Sub("ssl")
	options := readTLSOptions(ssl)
	if !options.hasIdentity() {
		ssl.Wrong("local_cert", "a path")
	}
	listener := &Stream{serves: options.server(0)}
	return func(object *lua.LUserData) error { return object.Value.(*Stream).acceptedBy(listener) }
}

// Stderr is where the VM prints the errors that nobody gets.
func (vm *VM) Stderr() io.Writer { return vm.options.Stderr }

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

package luasock

import (
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// AdoptDescriptor makes a descriptor that came with a message a value: a Socket
// if it is one's, else a Stream.
func (vm *VM) AdoptDescriptor(d *sock.Descriptor) *lua.LUserData {
	if d.IsSocket() {
		if s, err := vm.net.AdoptDescriptor(d); err == nil {
			return vm.NewSocket(s)
		}
	}
	fd := d.Take()
	return vm.NewFileStream(fd, "", openMode(fd))
}

// openMode is how a descriptor was opened, as fopen(3) names it.
func openMode(fd int) string {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return "r"
	}
	switch flags & unix.O_ACCMODE {
	case unix.O_WRONLY:
		return "w"
	case unix.O_RDWR:
		return "r+"
	}
	return "r"
}

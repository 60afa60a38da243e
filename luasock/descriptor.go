package luasock

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var descriptorClass = &bind.Class{
	Name: "Descriptor",
	Doc:  "An open file, other than a socket, that came with a message. Unreachable ones are closed in the end.",
	String: func(v any) string {
		if fd, err := v.(*sock.Descriptor).Descriptor(); err == nil {
			return fmt.Sprintf("descriptor: %d", fd)
		}
		return "descriptor: closed"
	},
}

var descriptorMethods = []bind.Row{
	{Name: "fd", Sig: "d:fd()", Doc: "Returns the number of the descriptor.", Fn: descriptorFD},
	{Name: "close", Sig: "d:close()", Doc: "Closes the descriptor.", Fn: descriptorClose},
}

// adoptDescriptor makes a descriptor that came with a message a value: a
// Socket if it is one's, else a Descriptor.
func (vm *VM) adoptDescriptor(c bind.Call, d *sock.Descriptor) lua.LValue {
	if d.IsSocket() {
		if s, err := vm.net.AdoptDescriptor(d); err == nil {
			return vm.push(c, s)
		}
	}
	return vm.env.New(descriptorClass, d)
}

func descriptorArg(c bind.Call) (*sock.Descriptor, int) {
	d := bind.Object[*sock.Descriptor](c, 1, descriptorClass)
	fd, err := d.Descriptor()
	if err != nil {
		c.Bad(1, "descriptor is closed")
	}
	return d, fd
}

func descriptorFD(c bind.Call) int {
	_, fd := descriptorArg(c)
	return c.Integer(fd)
}

func descriptorClose(c bind.Call) int {
	d, _ := descriptorArg(c)
	return c.Done(d.Close())
}

package sock

import (
	"net"
	"strconv"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// scoped gives an address the number of the interface that its zone names, for
// the kernel.
func scoped(a addr.Addr) addr.Addr {
	if a.Family != unix.AF_INET6 { // the most of them
		return a
	}
	_, name := a.ScopeID()
	if name == "" {
		return a
	}
	if i, err := net.InterfaceByName(name); err == nil {
		a.IP = a.IP.WithZone(strconv.Itoa(i.Index))
	}
	return a
}

// named gives an address the name of the interface that its zone numbers, for
// people.
func named(a addr.Addr) addr.Addr {
	id, _ := a.ScopeID()
	if id == 0 {
		return a
	}
	if i, err := net.InterfaceByIndex(int(id)); err == nil {
		a.IP = a.IP.WithZone(i.Name)
	}
	return a
}

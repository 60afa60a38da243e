package luasock

import (
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
)

// constants are PHP's, with the values that this system gives them.
var constants = []bind.Const{
	{Name: "AF_UNIX", Value: unix.AF_UNIX},
	{Name: "AF_INET", Value: unix.AF_INET},
	{Name: "AF_INET6", Value: unix.AF_INET6},
	{Name: "SOCK_STREAM", Value: unix.SOCK_STREAM},
	{Name: "SOCK_DGRAM", Value: unix.SOCK_DGRAM},
	{Name: "SOL_TCP", Value: unix.SOL_TCP},
}

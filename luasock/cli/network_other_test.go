//go:build !linux

package cli

import (
	"syscall"
	"testing"
)

// ownNetwork: there are no network namespaces here.
func ownNetwork() *syscall.SysProcAttr { return &syscall.SysProcAttr{Chroot: "/nowhere"} }

func raiseLoopback(*testing.T) {}

//go:build !linux

package luatest

import "golang.org/x/sys/unix"

// shareOption lets several UDP sockets of one port tell their peers apart.
const shareOption = unix.SO_REUSEPORT

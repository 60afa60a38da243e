//go:build unix && !linux

package sock

import (
	"runtime"
	"unsafe"
)

// The multicast options of RFC 3678, as macOS and FreeBSD number them. OpenBSD
// and NetBSD refuse them.
const (
	MCAST_JOIN_GROUP         = 0x50
	MCAST_LEAVE_GROUP        = 0x51
	MCAST_JOIN_SOURCE_GROUP  = 0x52
	MCAST_LEAVE_SOURCE_GROUP = 0x53
	MCAST_BLOCK_SOURCE       = 0x54
	MCAST_UNBLOCK_SOURCE     = 0x55
)

// groupAlign is where the address begins in a struct group_req, in bytes.
func groupAlign() int {
	if runtime.GOOS == "darwin" {
		return 4 // <netinet/in.h> packs it
	}
	return int(unsafe.Alignof(uintptr(0)))
}

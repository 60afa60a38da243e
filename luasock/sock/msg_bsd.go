//go:build unix && !linux

package sock

import (
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// sysSendmsg sends the parts to the address, or to the peer when it is the zero
// Addr. Control messages without data take a NUL with them.
func sysSendmsg(fd int, data [][]byte, oob []byte, flags int, to addr.Addr) (int, unix.Errno) {
	for {
		n, err := unix.SendmsgBuffers(fd, data, oob, scoped(to).Sockaddr(), flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
		if err != unix.EINTR {
			return max(n, 0), toErrno(err)
		}
	}
}

// sysRecvmsg receives into p, and control messages into oob, of which it fills
// oobn bytes. Not every system has MSG_CMSG_CLOEXEC; newDescriptor sees to it.
func sysRecvmsg(fd int, p, oob []byte, flags int) (n, oobn, got int, from addr.Addr, errno unix.Errno) {
	for {
		n, oobn, got, sa, err := unix.RecvmsgBuffers(fd, [][]byte{p}, oob, flags|unix.MSG_DONTWAIT)
		if err != unix.EINTR {
			return max(n, 0), oobn, got, addr.FromSockaddr(sa), toErrno(err)
		}
	}
}

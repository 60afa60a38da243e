//go:build unix && !linux

package sock

import (
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// The system calls elsewhere, through x/sys/unix.

// msgErrqueue is a flag that only Linux has.
const msgErrqueue = 0

func sysSocket(domain, typ, proto int) (int, unix.Errno) {
	fd, err := unix.Socket(domain, typ, proto)
	return prepared(fd, err)
}

// prepared makes a new descriptor non-blocking and close-on-exec.
func prepared(fd int, err error) (int, unix.Errno) {
	if err != nil {
		return -1, toErrno(err)
	}
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return -1, toErrno(err)
	}
	return fd, 0
}

func sysSocketpair(domain, typ, proto int) (fds [2]int, errno unix.Errno) {
	fds, err := unix.Socketpair(domain, typ, proto)
	if err != nil {
		return fds, toErrno(err)
	}
	for _, fd := range fds {
		if _, errno = prepared(fd, nil); errno != 0 {
			break
		}
	}
	return fds, errno
}

func sysDomain(fd int) (int, error) {
	name, errno := sysGetsockname(fd)
	if errno != 0 {
		return 0, errno
	}
	return name.Family, nil
}

func sysProtocol(int) int { return 0 }

func sysAccept(fd int) (int, unix.Errno) {
	for {
		n, _, err := unix.Accept(fd)
		if err != unix.EINTR {
			return prepared(n, err)
		}
	}
}

func sysBind(fd int, a addr.Addr) unix.Errno {
	return toErrno(unix.Bind(fd, scoped(a).Sockaddr()))
}

func sysConnect(fd int, a addr.Addr) unix.Errno {
	errno := toErrno(unix.Connect(fd, scoped(a).Sockaddr()))
	if errno == unix.EINTR {
		return unix.EINPROGRESS
	}
	return errno
}

func sysUnconnect(int) {} // SO_ERROR does

func sysListen(fd, backlog int) unix.Errno { return toErrno(unix.Listen(fd, backlog)) }

func sysShutdown(fd, how int) unix.Errno { return toErrno(unix.Shutdown(fd, how)) }

func sysIsShut(int) bool { return false } // a listening socket cannot be

func sysGetsockname(fd int) (addr.Addr, unix.Errno) {
	sa, err := unix.Getsockname(fd)
	return addr.FromSockaddr(sa), toErrno(err)
}

func sysGetpeername(fd int) (addr.Addr, unix.Errno) {
	sa, err := unix.Getpeername(fd)
	return addr.FromSockaddr(sa), toErrno(err)
}

func sysRecv(fd int, p []byte, flags int) (int, unix.Errno) {
	n, _, errno := sysRecvfrom(fd, p, flags)
	return n, errno
}

func sysRecvfrom(fd int, p []byte, flags int) (int, addr.Addr, unix.Errno) {
	for {
		n, from, err := unix.Recvfrom(fd, p, flags|unix.MSG_DONTWAIT)
		if err != unix.EINTR {
			return max(n, 0), addr.FromSockaddr(from), toErrno(err)
		}
	}
}

func sysSend(fd int, p []byte, flags int, to *addr.Addr) (int, unix.Errno) {
	var sa unix.Sockaddr
	if to != nil {
		sa = scoped(*to).Sockaddr()
	}
	for {
		n, err := unix.SendmsgN(fd, p, nil, sa, flags|unix.MSG_DONTWAIT)
		if err != unix.EINTR {
			return max(n, 0), toErrno(err)
		}
	}
}

func sysClose(fd int) { unix.Close(fd) }

func sysCloseLingering(fd int) { unix.Close(fd) }

func sysPending(fd int) int {
	const fionread = 0x4004667f
	n, err := unix.IoctlGetInt(fd, fionread)
	if err != nil {
		return 0
	}
	return n
}

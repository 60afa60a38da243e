package sock

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// The system calls on Linux. Those that cannot block on a non-blocking
// descriptor go past Go's scheduler (RawSyscall); EINTR is tried again.

const fresh = unix.SOCK_NONBLOCK | unix.SOCK_CLOEXEC

const msgErrqueue = unix.MSG_ERRQUEUE

func sysSocket(domain, typ, proto int) (int, unix.Errno) {
	fd, err := unix.Socket(domain, typ|fresh, proto)
	return fd, toErrno(err)
}

func sysSocketpair(domain, typ, proto int) ([2]int, unix.Errno) {
	fds, err := unix.Socketpair(domain, typ|fresh, proto)
	return fds, toErrno(err)
}

func sysDomain(fd int) (int, error) {
	return unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
}

func sysProtocol(fd int) int {
	proto, _ := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	return proto
}

func sysAccept(fd int) (int, unix.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_ACCEPT4, uintptr(fd), 0, 0, fresh, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

func sysBind(fd int, a addr.Addr) unix.Errno {
	var buf [addr.MaxRaw]byte
	raw := scoped(a).AppendRaw(buf[:0])
	_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(raw))), uintptr(len(raw)))
	return errno
}

func sysConnect(fd int, a addr.Addr) unix.Errno {
	var buf [addr.MaxRaw]byte
	raw := scoped(a).AppendRaw(buf[:0])
	_, _, errno := unix.Syscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(raw))), uintptr(len(raw)))
	if errno == unix.EINTR {
		return unix.EINPROGRESS // it goes on, as connect(2) says
	}
	return errno
}

// sysUnconnect takes a connect back that has failed and whose error was read
// with SO_ERROR: else the next one gets ECONNABORTED.
func sysUnconnect(fd int) {
	unspec := unix.RawSockaddr{Family: unix.AF_UNSPEC}
	unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&unspec)), unsafe.Sizeof(unspec))
}

func sysListen(fd, backlog int) unix.Errno { return toErrno(unix.Listen(fd, backlog)) }

func sysShutdown(fd, how int) unix.Errno { return toErrno(unix.Shutdown(fd, how)) }

// sysIsShut tells whether nothing more will come.
func sysIsShut(fd int) bool { return polled(fd, unix.POLLRDHUP) }

func sysGetsockname(fd int) (addr.Addr, unix.Errno) { return sysName(unix.SYS_GETSOCKNAME, fd) }

func sysGetpeername(fd int) (addr.Addr, unix.Errno) { return sysName(unix.SYS_GETPEERNAME, fd) }

func sysName(trap uintptr, fd int) (addr.Addr, unix.Errno) {
	var buf [addr.MaxRaw]byte
	size := uint32(len(buf))
	_, _, errno := unix.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return addr.Addr{}, errno
	}
	a, _ := addr.FromRaw(buf[:size])
	return a, 0
}

func sysRecv(fd int, p []byte, flags int) (int, unix.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			uintptr(flags|unix.MSG_DONTWAIT), 0, 0)
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

func sysRecvfrom(fd int, p []byte, flags int) (int, addr.Addr, unix.Errno) {
	var buf [addr.MaxRaw]byte
	for {
		size := uint32(len(buf))
		n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			uintptr(flags|unix.MSG_DONTWAIT), uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)))
		if errno == 0 {
			from, _ := addr.FromRaw(buf[:size])
			return int(n), from, 0
		}
		if errno != unix.EINTR {
			return 0, addr.Addr{}, errno
		}
	}
}

// sysSend sends to the address, or to the peer when it is nil or the zero Addr.
func sysSend(fd int, p []byte, flags int, to *addr.Addr) (int, unix.Errno) {
	if to != nil && to.Family != 0 {
		return sysSendto(fd, p, flags, *to)
	}
	return sysSendRaw(fd, p, flags, nil, 0)
}

func sysSendto(fd int, p []byte, flags int, to addr.Addr) (int, unix.Errno) {
	var buf [addr.MaxRaw]byte
	raw := scoped(to).AppendRaw(buf[:0])
	return sysSendRaw(fd, p, flags, unsafe.Pointer(unsafe.SliceData(raw)), len(raw))
}

// sysSendRaw sends to a raw name, which is nil for the peer: of length 0, but not
// nil, UDP refuses it.
func sysSendRaw(fd int, p []byte, flags int, name unsafe.Pointer, size int) (int, unix.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			uintptr(flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL), uintptr(name), uintptr(size))
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// sysClose is close(2) of a socket that does not linger: it does not wait.
func sysClose(fd int) { unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// sysCloseLingering is close(2) where it waits. A signal would end the wait, and
// Go's scheduler sends some.
func sysCloseLingering(fd int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^all.Val[i]
	}
	unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before)
	unix.Close(fd)
	unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
}

// sysPending is how many bytes wait to be read; of datagrams, in the next.
func sysPending(fd int) int {
	n, err := unix.IoctlGetInt(fd, unix.SIOCINQ)
	if err != nil {
		return 0
	}
	return n
}

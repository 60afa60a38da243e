package sock

import (
	"unsafe"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// sysSendmsg sends the parts to the address, or to the peer when it is the zero
// Addr. (x/sys would send a byte of its own with control messages that come
// without data.)
func sysSendmsg(fd int, data [][]byte, oob []byte, flags int, to addr.Addr) (int, unix.Errno) {
	var buf [addr.MaxRaw]byte
	raw := scoped(to).AppendRaw(buf[:0])
	iov := make([]unix.Iovec, len(data))
	for i, part := range data {
		iov[i].Base = unsafe.SliceData(part)
		iov[i].SetLen(len(part))
	}
	msg := unix.Msghdr{Iov: unsafe.SliceData(iov)}
	msg.SetIovlen(len(iov))
	if len(raw) > 0 {
		msg.Name, msg.Namelen = unsafe.SliceData(raw), uint32(len(raw))
	}
	if len(oob) > 0 {
		msg.Control = unsafe.SliceData(oob)
		msg.SetControllen(len(oob))
	}
	return sysMsg(unix.SYS_SENDMSG, fd, &msg, flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

// sysRecvmsg receives into p, and control messages into oob, of which it fills
// oobn bytes.
func sysRecvmsg(fd int, p, oob []byte, flags int) (n, oobn, got int, from addr.Addr, errno unix.Errno) {
	var buf [addr.MaxRaw]byte
	iov := unix.Iovec{Base: unsafe.SliceData(p)}
	iov.SetLen(len(p))
	msg := unix.Msghdr{Name: &buf[0], Namelen: uint32(len(buf)), Iov: &iov}
	msg.SetIovlen(1)
	if len(oob) > 0 {
		msg.Control = unsafe.SliceData(oob)
		msg.SetControllen(len(oob))
	}
	n, errno = sysMsg(unix.SYS_RECVMSG, fd, &msg, flags|unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if errno != 0 {
		return 0, 0, 0, addr.Addr{}, errno
	}
	from, _ = addr.FromRaw(buf[:min(int(msg.Namelen), len(buf))])
	// The kernel gives back that descriptors are to be close-on-exec.
	return n, int(msg.Controllen), int(msg.Flags) &^ unix.MSG_CMSG_CLOEXEC, from, 0
}

func sysMsg(trap uintptr, fd int, msg *unix.Msghdr, flags int) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall(trap, uintptr(fd), uintptr(unsafe.Pointer(msg)), uintptr(flags))
		if errno == 0 {
			return int(n), 0
		}
		if errno != unix.EINTR {
			return 0, errno
		}
	}
}

// Ucred is a struct ucred, the data of SCM_CREDENTIALS.
func Ucred(pid int32, uid, gid uint32) []byte {
	p := unix.Ucred{Pid: pid, Uid: uid, Gid: gid}
	return unsafe.Slice((*byte)(unsafe.Pointer(&p)), unix.SizeofUcred)
}

package sock

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The multicast options of RFC 3678.
const (
	MCAST_JOIN_GROUP         = unix.MCAST_JOIN_GROUP
	MCAST_BLOCK_SOURCE       = unix.MCAST_BLOCK_SOURCE
	MCAST_UNBLOCK_SOURCE     = unix.MCAST_UNBLOCK_SOURCE
	MCAST_LEAVE_GROUP        = unix.MCAST_LEAVE_GROUP
	MCAST_JOIN_SOURCE_GROUP  = unix.MCAST_JOIN_SOURCE_GROUP
	MCAST_LEAVE_SOURCE_GROUP = unix.MCAST_LEAVE_SOURCE_GROUP
)

// groupAlign is where the address begins in a struct group_req, in bytes.
func groupAlign() int { return int(unsafe.Alignof(uintptr(0))) }

// Peercred reads SO_PEERCRED: who made the other end of an AF_UNIX connection.
func (s *Sock) Peercred() (cred unix.Ucred, err error) {
	err = s.getting(unix.SOL_SOCKET, unix.SO_PEERCRED, func() error {
		p, e := unix.GetsockoptUcred(s.n, unix.SOL_SOCKET, unix.SO_PEERCRED)
		if e == nil {
			cred = *p
		}
		return e
	})
	return cred, err
}

// TCPInfo reads TCP_INFO.
func (s *Sock) TCPInfo() (info unix.TCPInfo, err error) {
	err = s.getting(unix.IPPROTO_TCP, unix.TCP_INFO, func() error {
		p, e := unix.GetsockoptTCPInfo(s.n, unix.IPPROTO_TCP, unix.TCP_INFO)
		if e == nil {
			info = *p
		}
		return e
	})
	return info, err
}

// Meminfo reads SO_MEMINFO: the bytes that the socket takes up, as <linux/
// sock_diag.h> numbers them from SK_MEMINFO_RMEM_ALLOC on. An older kernel
// gives fewer.
func (s *Sock) Meminfo() (info []uint32, err error) {
	err = s.getting(unix.SOL_SOCKET, unix.SO_MEMINFO, func() error {
		var buf [16 * 4]byte
		n, errno := sysGetsockopt(s.n, unix.SOL_SOCKET, unix.SO_MEMINFO, buf[:])
		for i := 0; i+4 <= n; i += 4 {
			info = append(info, binary.NativeEndian.Uint32(buf[i:]))
		}
		if errno != 0 {
			return errno
		}
		return nil
	})
	return info, err
}

// sysGetsockopt reads an option of any size into buf.
func sysGetsockopt(fd, level, name int, buf []byte) (int, unix.Errno) {
	size := uint32(len(buf))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name),
		uintptr(unsafe.Pointer(unsafe.SliceData(buf))), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return 0, errno
	}
	return int(size), 0
}

// What a packet filter reads beside the packet, from <linux/filter.h>.
const (
	SKF_AD_OFF   = -0x1000
	SKF_AD_QUEUE = 24
	SKF_AD_CPU   = 36
)

// AttachReuseportCBPF sets SO_ATTACH_REUSEPORT_CBPF: which socket of those that
// share a port gets a packet is what the field, SKF_AD_CPU or SKF_AD_QUEUE, is.
func (s *Sock) AttachReuseportCBPF(field int) error {
	off := int32(SKF_AD_OFF + field)
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: uint32(off)},
		{Code: unix.BPF_RET | unix.BPF_A},
	}
	return s.setting(unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF, func() error {
		return unix.SetsockoptSockFprog(s.n, unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF,
			&unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
}

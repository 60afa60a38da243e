package luasock

import (
	"encoding/binary"
	"math"
	"net/netip"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var systemControlKinds = map[optionKey]controlKind{
	{unix.SOL_SOCKET, unix.SCM_CREDENTIALS}: {unix.SizeofUcred, writeCredentials, readCredentials},
	{unix.SOL_SOCKET, unix.SCM_TIMESTAMP}:   {2 * sizeofLong, nil, readTime("sec", "usec")},
	{unix.SOL_SOCKET, unix.SCM_TIMESTAMPNS}: {2 * sizeofLong, nil, readTime("sec", "nsec")},
	{unix.IPPROTO_IP, unix.IP_PKTINFO}:      {unix.SizeofInet4Pktinfo, writePktinfo4, readPktinfo4},
	{unix.IPPROTO_IP, unix.IP_TTL}:          {4, writeInt, readInt},
	{unix.IPPROTO_IP, unix.IP_TOS}:          {1, writeInt, readByte}, // received as a byte, sent as an int
}

// sizeofLong is the size of a C long, in bytes.
const sizeofLong = 4 << (^uint(0) >> 63)

func writeCredentials(_ bind.Call, _ *Socket, f bind.Fields) ([]byte, error) {
	f = f.Sub("data")
	f.Only(credentialKeys...)
	pid := f.Int("pid", math.MinInt32, math.MaxInt32)
	uid, gid := f.Int("uid", 0, maxUint32), f.Int("gid", 0, maxUint32)
	return sock.Ucred(int32(pid), uint32(uid), uint32(gid)), nil
}

func readCredentials(c bind.Call, data []byte) lua.LValue {
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(data[4*i:]) }
	return intTable(c, credentialKeys, int(int32(word(0))), int(word(1)), int(word(2)))
}

// readTime reads a struct timeval or timespec.
func readTime(keys ...string) func(bind.Call, []byte) lua.LValue {
	return func(c bind.Call, data []byte) lua.LValue {
		if sizeofLong == 4 {
			return intTable(c, keys, int(binary.NativeEndian.Uint32(data)), int(binary.NativeEndian.Uint32(data[4:])))
		}
		return intTable(c, keys, int(binary.NativeEndian.Uint64(data)), int(binary.NativeEndian.Uint64(data[8:])))
	}
}

// writePktinfo4 makes a struct in_pktinfo: index, source address, and an
// address that counts only on receipt (ip(7)).
func writePktinfo4(_ bind.Call, s *Socket, f bind.Fields) ([]byte, error) {
	ip, index, err := pktinfo(s, f, unix.IPPROTO_IP)
	if err != nil {
		return nil, err
	}
	source := ip.As4()
	data := binary.NativeEndian.AppendUint32(nil, uint32(index))
	return append(append(data, source[:]...), 0, 0, 0, 0), nil
}

func readPktinfo4(c bind.Call, data []byte) lua.LValue {
	return pktinfoTable(c, netip.AddrFrom4([4]byte(data[8:])), binary.NativeEndian.Uint32(data))
}

func readByte(_ bind.Call, data []byte) lua.LValue { return bind.Int(int(data[0])) }

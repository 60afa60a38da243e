package luasock

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var messageRows = []bind.Row{
	{Name: "sendmsg", Sig: "sendmsg(s, message [, flags=0])", Returns: "integer or error", PHP: "socket_sendmsg", Doc: "Sends {iov={text, …}, name={addr=, port=} or {path=}, control={{level=, type=, data=}, …}} and returns the number of bytes sent. The data of SCM_RIGHTS is a list of Sockets and other open files to be passed to the other process, of SCM_CREDENTIALS {pid=, uid=, gid=}, of IPV6_PKTINFO {addr=, ifindex=}, of others a number.", Fn: socketSendmsg},
	{Name: "recvmsg", Sig: "recvmsg(s, message [, flags=0])", Returns: "table or error", PHP: "socket_recvmsg", Doc: "Waits for a message and returns {name=, control=, iov={text}, flags=}. In the message given, buffer_size (8192) is the most bytes wanted, controllen (4096) the room for control messages in bytes (cmsg_space tells), and name={} asks for the sender. At the end of a stream: nil, \"closed\", 0.", Fn: socketRecvmsg},
	{Name: "cmsg_space", Sig: "cmsg_space(level, type [, n=0])", Returns: "integer", PHP: "socket_cmsg_space", Doc: "Returns the room that a control message takes, in bytes; of SCM_RIGHTS with n files.", Fn: socketCmsgSpace},
}

// messageKeys are those of a message. Sent or received, it may have all, so
// that a received one can be sent back.
var messageKeys = []string{"name", "iov", "control", "flags", "buffer_size", "controllen"}

const (
	defaultBuffer = 8192
	maxBuffer     = 100 << 20
	// defaultControl takes the 253 descriptors that one message can bring, and
	// what else the kernel adds.
	defaultControl = 4096
	// mostControl is more than the kernel ever gives.
	mostControl = 64 << 10
)

// controlKind says how the data of a type of control message looks to Lua.
type controlKind struct {
	size int // in bytes
	// write reads the data out of the field "data" of a control table; nil: it is
	// received only.
	write func(c bind.Call, s *Socket, f bind.Fields) ([]byte, error)
	read  func(c bind.Call, data []byte) lua.LValue
}

// controlKinds are those of every system, less SCM_RIGHTS; systemControlKinds
// are this one's own.
var controlKinds = map[optionKey]controlKind{
	{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:  {unix.SizeofInet6Pktinfo, writePktinfo6, readPktinfo6},
	{unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT}: {4, writeInt, readInt},
	{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}:   {4, writeInt, readInt},
}

func kindOf(key optionKey) (controlKind, bool) {
	kind, ok := controlKinds[key]
	if !ok {
		kind, ok = systemControlKinds[key]
	}
	return kind, ok
}

// rights are SCM_RIGHTS.
var rights = optionKey{unix.SOL_SOCKET, unix.SCM_RIGHTS}

func socketCmsgSpace(c bind.Call) int {
	key := optionKey{c.Int(1, math.MinInt32, math.MaxInt32), c.Int(2, math.MinInt32, math.MaxInt32)}
	n := c.OptInt(3, 0, 0, min(math.MaxInt32, math.MaxInt/8))
	if key == rights {
		return c.Integer(sock.CmsgSpace(4 * n))
	}
	kind, ok := kindOf(key)
	if !ok {
		c.Bad(1, "level %d and type %d are of no control message known here", key.level, key.name)
	}
	return c.Integer(sock.CmsgSpace(kind.size))
}

func socketSendmsg(c bind.Call) int {
	s, f := socketArg(c, 1), c.Fields(2)
	f.Only(messageKeys...)
	flags := flagsArg(c, 3)
	var (
		m   sock.Message
		err error
	)
	if f.Has("iov") {
		m.Data = parts(f)
	}
	if f.Has("control") {
		if m.Control, err = controls(c, s, f); err != nil {
			return c.Fail(err)
		}
	}
	if f.Has("name") {
		if m.Name, err = messageName(c, s, f.Sub("name")); err != nil {
			return c.Fail(err)
		}
	}
	n, err := s.Sendmsg(&m, flags)
	return number(c, n, err)
}

// parts reads iov. The bytes must not be written to.
func parts(f bind.Fields) [][]byte {
	var data [][]byte
	for i, v := range f.List("iov") {
		text, ok := v.(lua.LString)
		if !ok {
			f.Bad(fmt.Sprintf("iov[%d]", i+1), "must be a string, got %s", bind.Describe(v))
		}
		data = append(data, unsafe.Slice(unsafe.StringData(string(text)), len(text)))
	}
	return data
}

// messageName reads the receiver of a message. Without any key it is no
// address that the kernel takes, as in PHP.
func messageName(c bind.Call, s *Socket, f bind.Fields) (addr.Addr, error) {
	f.Only("family", "addr", "port", "path", "flowinfo", "scope_id")
	family := f.OptInt("family", s.Family(), math.MinInt32, math.MaxInt32)
	switch {
	case family != unix.AF_INET && family != unix.AF_INET6 && family != unix.AF_UNIX:
		f.Wrong("family", "AF_UNIX, AF_INET6 or AF_INET")
	case (family == unix.AF_UNIX) != (s.Family() == unix.AF_UNIX), family == unix.AF_INET6 && s.Family() == unix.AF_INET:
		f.Wrong("family", "one that the socket takes")
	}
	if first, _ := f.Table().Next(lua.LNil); first == lua.LNil {
		return addr.Addr{Family: family}, nil
	}
	if family == unix.AF_UNIX {
		a, err := addr.Unix(f.Bytes("path"))
		if err != nil {
			f.Bad("path", "is no address: %s", err)
		}
		return a, nil
	}
	host, port := f.Bytes("addr"), f.OptInt("port", 0, 0, math.MaxUint16)
	if strings.ContainsRune(host, 0) {
		f.Wrong("addr", "without NUL bytes")
	}
	flow, scope := f.OptInt("flowinfo", 0, 0, maxUint32), f.OptInt("scope_id", 0, 0, maxUint32)
	a, err := s.ResolveAs(family, host, port)
	if err == nil && family == unix.AF_INET6 {
		a.Flow = uint32(flow)
		if scope != 0 {
			a.IP = a.IP.WithZone(strconv.Itoa(scope))
		}
	}
	return a, err
}

// maxUint32 is the greatest 32-bit number that an int holds.
const maxUint32 = math.MaxUint32 & math.MaxInt

// controls reads the control messages of a message.
func controls(c bind.Call, s *Socket, f bind.Fields) ([]sock.Control, error) {
	var list []sock.Control
	for i := range f.List("control") {
		item := f.Item("control", i+1)
		item.Only("level", "type", "data")
		key := optionKey{item.Int("level", math.MinInt32, math.MaxInt32), item.Int("type", math.MinInt32, math.MaxInt32)}
		one := sock.Control{Level: key.level, Type: key.name}
		kind, ok := kindOf(key)
		var err error
		switch {
		case key == rights:
			one.Files = filesOf(item)
		case !ok || kind.write == nil:
			item.Bad("type", "of level %d must be one that can be sent, got %d", key.level, key.name)
		default:
			one.Data, err = kind.write(c, s, item)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}

// filesOf reads the data of SCM_RIGHTS: at least one open file.
func filesOf(f bind.Fields) []sock.File {
	values := f.List("data")
	if len(values) == 0 {
		f.Bad("data", "must have at least one element")
	}
	files := make([]sock.File, len(values))
	for i, v := range values {
		where := fmt.Sprintf("data[%d]", i+1)
		file, ok := bind.To[sock.File](v)
		if !ok {
			f.Bad(where, "must be a Socket or another open file, got %s", bind.Describe(v))
		}
		if _, err := file.Descriptor(); err != nil {
			f.Bad(where, "is closed")
		}
		if ahead, ok := file.(interface{ Buffered() int }); ok && ahead.Buffered() > 0 {
			f.Bad(where, "must be without bytes that were read ahead, got %d of them", ahead.Buffered())
		}
		files[i] = file
	}
	return files
}

func socketRecvmsg(c bind.Call) int {
	s, f := socketArg(c, 1), c.Fields(2)
	f.Only(messageKeys...)
	size := f.OptInt("buffer_size", defaultBuffer, 1, maxBuffer)
	room := min(f.OptInt("controllen", defaultControl, 0, maxUint32), mostControl)
	named := f.Has("name") && f.Sub("name").Table() != nil
	m, err := s.Recvmsg(size, room, flagsArg(c, 3))
	if err != nil {
		return c.Fail(err)
	}
	t := c.L.CreateTable(0, 4)
	if named {
		t.RawSetString("name", nameTable(c, m.Name))
	}
	iov := c.L.CreateTable(1, 0)
	iov.Append(lua.LString(m.Data[0])) // the one copy
	t.RawSetString("iov", iov)
	t.RawSetString("control", controlTable(c, m.Control))
	t.RawSetString("flags", bind.Int(m.Flags))
	return c.Return(t)
}

// nameTable shows the sender of a message; nil when it has no address.
func nameTable(c bind.Call, a addr.Addr) lua.LValue {
	t := c.L.CreateTable(0, 5)
	t.RawSetString("family", bind.Int(a.Family))
	switch {
	case a.Family == unix.AF_UNIX && a.Path != "":
		t.RawSetString("path", lua.LString(a.Path))
		return t
	case a.Family != unix.AF_INET && a.Family != unix.AF_INET6:
		return lua.LNil
	}
	t.RawSetString("addr", lua.LString(a.IP.WithZone("").String()))
	t.RawSetString("port", bind.Int(a.Port))
	if a.Family == unix.AF_INET6 {
		t.RawSetString("flowinfo", bind.Int(int64(a.Flow)))
		t.RawSetString("scope_id", bind.Int(scopeOf(a)))
	}
	return t
}

// scopeOf is the index of the interface in an address's zone, 0 for none.
func scopeOf(a addr.Addr) int {
	id, name := a.ScopeID()
	if name != "" {
		i, _ := sock.InterfaceIndex(name)
		return i
	}
	return int(id)
}

// controlTable shows received control messages. Of a type not known here the
// data are its bytes; one that was cut short, which MSG_CTRUNC tells, is left
// out.
func controlTable(c bind.Call, list []sock.Control) *lua.LTable {
	all := c.L.NewTable()
	for _, m := range list {
		key := optionKey{m.Level, m.Type}
		kind, known := kindOf(key)
		var data lua.LValue = lua.LString(m.Data)
		switch {
		case key == rights:
			data = fileTable(c, m.Files)
		case known && len(m.Data) < kind.size:
			continue
		case known:
			data = kind.read(c, m.Data)
		}
		t := intTable(c, []string{"level", "type"}, m.Level, m.Type)
		t.RawSetString("data", data)
		all.Append(t)
	}
	return all
}

func fileTable(c bind.Call, files []sock.File) *lua.LTable {
	t := c.L.NewTable()
	for _, f := range files {
		t.Append(hostOf(c).AdoptDescriptor(f.(*sock.Descriptor)))
	}
	return t
}

func writeInt(_ bind.Call, _ *Socket, f bind.Fields) ([]byte, error) {
	n := f.Int("data", math.MinInt32, math.MaxInt32)
	return binary.NativeEndian.AppendUint32(nil, uint32(n)), nil
}

func readInt(_ bind.Call, data []byte) lua.LValue {
	return bind.Int(int(int32(binary.NativeEndian.Uint32(data))))
}

// pktinfo reads a table {addr, ifindex}.
func pktinfo(s *Socket, f bind.Fields, level int) (netip.Addr, int, error) {
	f = f.Sub("data")
	f.Only("addr", "ifindex")
	host := f.Bytes("addr")
	index, err := interfaceIndex(f.Get("ifindex"), func(want string) { f.Wrong("ifindex", want) })
	if err != nil {
		return netip.Addr{}, 0, s.Note("sendmsg", err)
	}
	a, err := resolveField(f, s, "addr", level, host)
	return a.IP, index, err
}

func writePktinfo6(_ bind.Call, s *Socket, f bind.Fields) ([]byte, error) {
	ip, index, err := pktinfo(s, f, unix.IPPROTO_IPV6)
	if err != nil {
		return nil, err
	}
	return sock.Pktinfo6(ip, index), nil
}

func readPktinfo6(c bind.Call, data []byte) lua.LValue {
	return pktinfoTable(c, netip.AddrFrom16([16]byte(data)), binary.NativeEndian.Uint32(data[16:]))
}

func pktinfoTable(c bind.Call, ip netip.Addr, index uint32) lua.LValue {
	t := intTable(c, []string{"ifindex"}, int(index))
	t.RawSetString("addr", lua.LString(ip.String()))
	return t
}

package php

import (
	"encoding/binary"
	"io"
	"math"
	"net/netip"
	"strconv"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var messageRows = []bind.Row{
	row("socket_sendmsg(Socket $socket, array $message, int $flags = 0): int|false", "Sends {name=, iov=, control=}.", socketSendmsg),
	differs(row("socket_recvmsg(Socket $socket, array &$message, int $flags = 0): int|false", "Receives into {name={}, buffer_size=, controllen=}; message comes back as {name=, control=, iov=, flags=}.", socketRecvmsg),
		"a Socket that came by SCM_RIGHTS works (D7); abstract AF_UNIX names come whole (D8)"),
	row("socket_cmsg_space(int $level, int $type, int $num = 0): ?int", "Tells the room that a control message takes, in bytes; of SCM_RIGHTS with num files.", socketCmsgSpace),
}

// controlKind says how PHP has the data of a type of control message.
type controlKind struct {
	size  int // of the data in bytes, of one element where there are many
	write func(v *converter, data lua.LValue, c *sock.Control) error
	read  func(k call, c sock.Control) lua.LValue
}

var rights = optionKey{unix.SOL_SOCKET, unix.SCM_RIGHTS}

func socketCmsgSpace(k call) int {
	level, typ, n := k.int(1), k.int(2), k.int(3)
	if n < 0 {
		k.valueError(3, "must be greater than or equal to 0")
	}
	key := optionKey{level, typ}
	kind, ok := controlKinds[key]
	if !ok {
		k.throw("ValueError", "Pair level "+strconv.Itoa(level)+" and/or type "+strconv.Itoa(typ)+" is not supported")
	}
	size := kind.size
	if key == rights {
		const most = math.MaxInt32
		if n > (math.MaxInt-sock.CmsgSpace(4)-15)/4 || int64(n) > most*2 {
			k.valueError(3, "must be between %d and %d", math.MinInt32, most)
		}
		size *= n
	}
	return k.Integer(sock.CmsgSpace(size))
}

func socketSendmsg(k call) int {
	s, t := k.socket(1), k.table(2)
	v := &converter{k, s, []string{"msghdr"}}
	var m sock.Message
	var err error
	if name := t.RawGetString("name"); name != lua.LNil {
		m.Name, err = v.within("name").name(name)
	}
	if iov := t.RawGetString("iov"); iov != lua.LNil && err == nil {
		m.Data, err = v.within("iov").parts(iov)
	}
	if control := t.RawGetString("control"); control != lua.LNil && err == nil {
		m.Control, err = v.within("control").controls(control)
	}
	if err != nil {
		k.converted(err)
		return k.no()
	}
	n, err := s.Sendmsg(&m, k.cint(3))
	return k.number(n, err, "Error in sendmsg")
}

// room is what socket_recvmsg was asked for.
type room struct {
	named         bool
	data, control int // bytes
}

func (v *converter) room(t *lua.LTable) (r room, err error) {
	const mostData = 104857600
	r.data = 8192
	r.named = t.RawGetString("name") != lua.LNil
	if size := t.RawGetString("buffer_size"); size != lua.LNil {
		v := v.within("buffer_size")
		if r.data, err = v.integer(size); err == nil && (r.data < 1 || r.data > mostData) {
			err = v.fail("the buffer size must be between 1 and %d; given %d", mostData, r.data)
		}
	}
	if err != nil {
		return r, err
	}
	length, err := v.required(t, "controllen")
	if err != nil {
		return r, err
	}
	v = v.within("controllen")
	if r.control, err = v.uint32(length); err == nil && r.control == 0 {
		err = v.fail("controllen cannot be 0")
	}
	return r, err
}

func socketRecvmsg(k call) int {
	s := k.socket(1)
	v := &converter{k, s, []string{"msghdr"}}
	r, err := v.room(k.table(2))
	if err != nil {
		k.converted(err)
		return k.no(k.arg(2))
	}
	before := s.LastErr()
	const mostControl = 64 << 10 // more than the kernel ever gives
	m, err := s.Recvmsg(r.data, min(r.control, mostControl), k.cint(3))
	switch {
	case err == io.EOF:
		m = &sock.Message{}
	case err != nil:
		k.raise(err)
		s.SetLastErr(before)
		k.warn("Error in recvmsg [%d]: %s", errno(err), sock.Strerror(errno(err)))
		return k.no(k.arg(2))
	}
	return k.Return(bind.Int(m.Len), k.message(m, r.named))
}

// message makes a received message an array.
func (k call) message(m *sock.Message, named bool) *lua.LTable {
	t, iov, control := k.L.CreateTable(0, 4), k.L.NewTable(), k.L.NewTable()
	if named {
		t.RawSetString("name", k.nameArray(m.Name))
	}
	if m.Len > 0 {
		iov.Append(lua.LString(m.Data[0]))
	}
	for _, c := range m.Control {
		if one := k.controlArray(c); one != nil {
			control.Append(one)
		}
	}
	t.RawSetString("control", control)
	t.RawSetString("iov", iov)
	t.RawSetString("flags", bind.Int(m.Flags))
	return t
}

// nameArray shows the sender of a message; nil when it has no address.
func (k call) nameArray(a addr.Addr) lua.LValue {
	t := k.L.CreateTable(0, 5)
	t.RawSetString("family", bind.Int(a.Family))
	switch {
	case a.Family == unix.AF_UNIX && a.Path != "":
		t.RawSetString("path", lua.LString(a.Path))
		return t
	case a.Family != unix.AF_INET && a.Family != unix.AF_INET6:
		return lua.LNil
	}
	t.RawSetString("addr", lua.LString(a.Ntop()))
	t.RawSetString("port", bind.Int(a.Port))
	if a.Family == unix.AF_INET6 {
		scope, _ := a.ScopeID()
		t.RawSetString("flowinfo", bind.Int(int64(a.Flow)))
		t.RawSetString("scope_id", bind.Int(int64(scope)))
	}
	return t
}

// controlArray shows a control message; nil for one of a type that PHP does not
// know, or that was cut short.
func (k call) controlArray(c sock.Control) lua.LValue {
	kind, ok := controlKinds[optionKey{c.Level, c.Type}]
	if !ok || c.Files == nil && len(c.Data) < kind.size {
		return nil
	}
	t := k.intArray([]string{"level", "type"}, c.Level, c.Type)
	t.RawSetString("data", kind.read(k, c))
	return t
}

func (k call) readFiles(c sock.Control) lua.LValue {
	t := k.L.NewTable()
	for _, f := range c.Files {
		t.Append(k.vm().AdoptDescriptor(f.(*sock.Descriptor)))
	}
	return t
}

func (k call) readWord(c sock.Control) lua.LValue {
	return bind.Int(int(int32(binary.NativeEndian.Uint32(c.Data))))
}

func (k call) readPktinfo(c sock.Control) lua.LValue {
	t := k.intArray([]string{"ifindex"}, int(binary.NativeEndian.Uint32(c.Data[16:])))
	t.RawSetString("addr", lua.LString(addr.Ntop(netip.AddrFrom16([16]byte(c.Data)))))
	return t
}

func appendInt(b []byte, n int) []byte { return binary.NativeEndian.AppendUint32(b, uint32(n)) }

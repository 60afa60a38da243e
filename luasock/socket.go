package luasock

import (
	"math"
	"slices"
	"strings"
	"time"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

var socketModule = &bind.Module{
	Name:    "socket",
	Doc:     "PHP's socket functions with PHP's names and meanings. Every function that takes a socket first is also its method.",
	Rows:    allSocketRows,
	Consts:  slices.Concat(constants, streamConsts, cryptoConsts),
	Classes: []bind.Methods{{Class: socketClass, Rows: slices.Concat(methodRows(allSocketRows), streamSocketMethods)}, {Class: addressInfoClass}, {Class: streamClass, Rows: streamMethods}, {Class: streamContextClass}},
}

// allSocketRows are the rows of every file whose functions are the module's.
var allSocketRows = slices.Concat(socketRows, optionRows, messageRows, nameRows, addrinfoRows, streamRows)

var socketRows = []bind.Row{
	{Name: "create", Sig: "create(domain, type [, protocol=0])", Returns: "Socket or error", PHP: "socket_create", Doc: "Makes a socket: AF_INET, AF_INET6 or AF_UNIX; SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW or SOCK_RDM.", Fn: socketCreate},
	{Name: "create_pair", Sig: "create_pair(domain, type [, protocol=0])", Returns: "Socket, Socket or error", PHP: "socket_create_pair", Doc: "Makes two sockets that are connected to each other.", Fn: socketCreatePair},
	{Name: "create_listen", Sig: "create_listen(port [, backlog=SOMAXCONN])", Returns: "Socket or error", PHP: "socket_create_listen", Doc: "Makes a TCP socket that listens on a port of every IPv4 address; port 0 takes a free one.", Fn: socketCreateListen},
	{Name: "bind", Sig: "bind(s, address [, port=0])", Returns: "boolean or error", PHP: "socket_bind", Doc: "Gives the socket its local address. Port 0 takes a free one.", Fn: socketBind},
	{Name: "listen", Sig: "listen(s [, backlog=0])", Returns: "boolean or error", PHP: "socket_listen", Doc: "Makes the socket one that accepts connections; backlog is how many may wait.", Fn: socketListen},
	{Name: "accept", Sig: "accept(s)", Returns: "Socket or error", PHP: "socket_accept", Doc: "Waits for a connection and returns its Socket.", Fn: socketAccept},
	{Name: "connect", Sig: "connect(s, address [, port])", Returns: "boolean or error", PHP: "socket_connect", Doc: "Connects the socket. A name is looked up.", Fn: socketConnect},
	{Name: "read", Sig: "read(s, length [, mode=BINARY_READ])", Returns: "string or error", PHP: "socket_read", Doc: "Waits for bytes and returns up to length of them; with NORMAL_READ up to and with the first \"\\n\" or \"\\r\". At the end: nil, \"closed\", 0.", Fn: socketRead},
	{Name: "write", Sig: "write(s, data [, length])", Returns: "integer or error", PHP: "socket_write", Doc: "Sends data, or its first length bytes, and returns the number of bytes sent; a blocking socket sends all.", Fn: socketWrite},
	{Name: "recv", Sig: "recv(s, length [, flags=0])", Returns: "string or error", PHP: "socket_recv", Doc: "Waits for bytes and returns up to length of them. Flags: MSG_OOB, MSG_PEEK, MSG_WAITALL, MSG_DONTWAIT.", Fn: socketRecv},
	{Name: "send", Sig: "send(s, data [, length [, flags=0]])", Returns: "integer or error", PHP: "socket_send", Doc: "Sends data and returns the number of bytes sent.", Fn: socketSend},
	{Name: "recvfrom", Sig: "recvfrom(s, length [, flags=0])", Returns: "string data, string address, integer port or error", PHP: "socket_recvfrom", Doc: "Waits for a datagram and returns it, the sender's address and port.", Fn: socketRecvfrom},
	{Name: "sendto", Sig: "sendto(s, data, length, flags, address [, port])", Returns: "integer or error", PHP: "socket_sendto", Doc: "Sends a datagram to an address and returns the number of bytes sent.", Fn: socketSendto},
	{Name: "shutdown", Sig: "shutdown(s [, how=2])", Returns: "boolean or error", PHP: "socket_shutdown", Doc: "Ends receiving (0), sending (1) or both (2).", Fn: socketShutdown},
	{Name: "close", Sig: "close(s)", Returns: "boolean or error", PHP: "socket_close", Doc: "Closes the socket. Calls that wait on it return nil, \"socket is closed\", EBADF.", Fn: socketClose},
	{Name: "getsockname", Sig: "getsockname(s)", Returns: "string address, integer port or error", PHP: "socket_getsockname", Doc: "Returns the local address and port; of AF_UNIX the path.", Fn: socketGetsockname},
	{Name: "getpeername", Sig: "getpeername(s)", Returns: "string address, integer port or error", PHP: "socket_getpeername", Doc: "Returns the peer's address and port; of AF_UNIX the path.", Fn: socketGetpeername},
	{Name: "set_block", Sig: "set_block(s)", Returns: "boolean", PHP: "socket_set_block", Doc: "Makes calls wait until they can be answered.", Fn: socketSetBlock},
	{Name: "set_nonblock", Sig: "set_nonblock(s)", Returns: "boolean", PHP: "socket_set_nonblock", Doc: "Makes calls that would wait return nil, \"Resource temporarily unavailable\", EAGAIN.", Fn: socketSetNonblock},
	{Name: "select", Sig: "select(reads, writes, excepts, seconds [, microseconds=0])", Returns: "(Socket|Stream)[] reads, (Socket|Stream)[] writes, (Socket|Stream)[] excepts or error", PHP: "socket_select", Doc: "Waits until one of the sockets and streams is ready and returns three lists of those that are; empty ones when the time is over. seconds nil waits for ever.", Fn: socketSelect},
	{Name: "atmark", Sig: "atmark(s)", Returns: "boolean or error", PHP: "socket_atmark", Doc: "Tells whether the next byte to be received is behind the out-of-band mark.", Fn: socketAtmark},
	{Name: "last_error", Sig: "last_error([s])", Returns: "integer", PHP: "socket_last_error", Doc: "Returns the number of the last error, of the socket or of all.", Fn: socketLastError},
	{Name: "clear_error", Sig: "clear_error([s])", Returns: "nothing", PHP: "socket_clear_error", Doc: "Forgets the last error.", Fn: socketClearError},
	{Name: "strerror", Sig: "strerror(errno)", Returns: "string", PHP: "socket_strerror", Doc: "Returns the system's text of an error number.", Fn: socketStrerror},
	{Name: "fd", Sig: "fd(s)", Returns: "integer", Doc: "Returns the number of the descriptor.", Fn: socketFD},
	{Name: "list", Sig: "list()", Returns: "table[]", Doc: "Returns a list of every open socket, also those of streams, oldest first, and then of every other open stream but the standard ones: each a table with fd, kind, state, local_address, local_port, remote_address, remote_port, bytes_in, bytes_out, age (in seconds) and id, which no other one has or had.", Fn: socketList},
	{Name: "gettime", Sig: "gettime()", Returns: "number", Doc: "Returns the time in seconds since 1970, with fractions.", Fn: socketGettime},
}

var socketClass = &bind.Class{
	Name:   "Socket",
	Doc:    "An open socket. Unreachable ones are closed in the end.",
	String: func(v any) string { return v.(*Socket).String() },
}

// Socket is what scripts have as one.
type Socket = sock.Sock

// maxLength is the greatest length of a read, in bytes.
const maxLength = math.MaxInt32

// methodRows are the rows whose first argument is a socket.
func methodRows(rows []bind.Row) []bind.Row {
	var methods []bind.Row
	for _, row := range rows {
		if strings.Contains(row.Sig, "([s]") || strings.Contains(row.Sig, "(s)") || strings.Contains(row.Sig, "(s,") || strings.Contains(row.Sig, "(s ") {
			methods = append(methods, row)
		}
	}
	return methods
}

// socketArg reads argument i, an open socket.
func socketArg(c bind.Call, i int) *Socket {
	v := c.Arg(i)
	s, ok := bind.To[*Socket](v)
	if !ok {
		notSocket(c, i)
	}
	if s.IsClosed() && !hostOf(c).loop.Returns() {
		c.Bad(i, "socket is closed")
	}
	return s
}

// notSocket raises; someone who comes from LuaSocket is told what is meant here.
func notSocket(c bind.Call, i int) {
	instead := map[string]string{
		"bind":    "; to listen on an address use socket.stream_server(\"tcp://host:port\")",
		"connect": "; to connect to a host use socket.fsockopen(host, port)",
	}[c.Name()]
	if _, text := c.Arg(i).(lua.LString); text && instead != "" {
		c.Bad(i, "s must be a Socket, got %s%s", bind.Describe(c.Arg(i)), instead)
	}
	c.Wrong(i, "a Socket")
}

// bytesOf is a string argument's bytes, which must not be written to.
func bytesOf(c bind.Call, i int) []byte {
	text := c.Bytes(i)
	return unsafe.Slice(unsafe.StringData(text), len(text))
}

// portArg reads a port; when it is not needed, nil is 0.
func portArg(c bind.Call, i int, needed bool) int {
	if !needed && !c.Has(i) {
		return 0
	}
	return c.Int(i, 0, math.MaxUint16)
}

// addressArg reads an address, argument i, and its port, argument i+1. A name
// is looked up; the error is the world's.
func addressArg(c bind.Call, s *Socket, i int, needPort bool) (addr.Addr, error) {
	host, port := c.Bytes(i), 0
	if s.Family() != unix.AF_UNIX {
		port = portArg(c, i+1, needPort)
		if strings.ContainsRune(host, 0) {
			c.Wrong(i, "without NUL bytes")
		}
	}
	a, err := s.Resolve(host, port)
	if bad, ok := err.(*addr.Error); ok {
		c.Bad(i, "%s", bad)
	}
	return a, err
}

func socketCreate(c bind.Call) int {
	vm := hostOf(c)
	s, err := vm.net.Socket(domainArg(c, 1), typeArg(c, 2), c.OptInt(3, 0, math.MinInt32, math.MaxInt32))
	if err != nil {
		return c.Fail(err)
	}
	return c.Return(vm.NewSocket(s))
}

func domainArg(c bind.Call, i int) int {
	d := c.Int(i, math.MinInt32, math.MaxInt32)
	if d != unix.AF_INET && d != unix.AF_INET6 && d != unix.AF_UNIX {
		c.Wrong(i, "AF_UNIX, AF_INET6 or AF_INET")
	}
	return d
}

func typeArg(c bind.Call, i int) int {
	t := c.Int(i, math.MinInt32, math.MaxInt32)
	if t < unix.SOCK_STREAM || t > unix.SOCK_SEQPACKET {
		c.Wrong(i, "SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW or SOCK_RDM")
	}
	return t
}

func socketCreatePair(c bind.Call) int {
	vm := hostOf(c)
	a, b, err := vm.net.Pair(domainArg(c, 1), typeArg(c, 2), c.OptInt(3, 0, math.MinInt32, math.MaxInt32))
	if err != nil {
		return c.Fail(err)
	}
	return c.Return(vm.NewSocket(a), vm.NewSocket(b))
}

func socketCreateListen(c bind.Call) int {
	vm := hostOf(c)
	port, backlog := portArg(c, 1, true), c.OptInt(2, unix.SOMAXCONN, math.MinInt32, math.MaxInt32)
	s, err := vm.net.ListenAll(port, backlog)
	if err != nil {
		return c.Fail(err)
	}
	return c.Return(vm.NewSocket(s))
}

func socketBind(c bind.Call) int {
	s := socketArg(c, 1)
	a, err := addressArg(c, s, 2, false)
	if err == nil {
		err = s.Bind(a)
	}
	return c.Done(err)
}

func socketListen(c bind.Call) int {
	return c.Done(socketArg(c, 1).Listen(c.OptInt(2, 0, math.MinInt32, math.MaxInt32)))
}

func socketAccept(c bind.Call) int {
	s, err := socketArg(c, 1).Accept()
	if err != nil {
		return c.Fail(err)
	}
	return c.Return(hostOf(c).NewSocket(s))
}

func socketConnect(c bind.Call) int {
	s := socketArg(c, 1)
	a, err := addressArg(c, s, 2, true)
	if err == nil {
		err = s.Connect(a)
	}
	return c.Done(err)
}

// The modes of read, as PHP numbers them.
const (
	normalRead = 1
	binaryRead = 2
)

func socketRead(c bind.Call) int {
	s, length := socketArg(c, 1), c.Int(2, 1, maxLength)
	mode := c.OptInt(3, binaryRead, math.MinInt32, math.MaxInt32)
	if mode != normalRead && mode != binaryRead {
		c.Wrong(3, "NORMAL_READ or BINARY_READ")
	}
	if mode == normalRead {
		p, err := s.ReadLine(length)
		return data(c, p, err)
	}
	p, err := s.RecvOrLeave(length, 0)
	return data(c, p, err)
}

// data returns to Lua what a socket has received.
func data(c bind.Call, p []byte, err error) int {
	if err == loop.ErrLeft {
		return hostOf(c).leave()
	}
	if err != nil {
		return c.Fail(err)
	}
	return c.Text(hostOf(c).net.Text(p))
}

func socketWrite(c bind.Call) int {
	s, p := socketArg(c, 1), bytesOf(c, 2)
	p = p[:min(len(p), c.OptInt(3, len(p), 0, math.MaxInt))]
	n, err := s.Send(p, 0)
	return number(c, n, err)
}

// number returns a count of bytes to Lua.
func number(c bind.Call, n int, err error) int {
	if err != nil {
		return c.Fail(err)
	}
	return c.Integer(n)
}

func flagsArg(c bind.Call, i int) int { return c.OptInt(i, 0, math.MinInt32, math.MaxInt32) }

func socketRecv(c bind.Call) int {
	s, length := socketArg(c, 1), c.Int(2, 1, maxLength)
	p, err := s.RecvOrLeave(length, flagsArg(c, 3))
	return data(c, p, err)
}

func socketSend(c bind.Call) int {
	s, p := socketArg(c, 1), bytesOf(c, 2)
	p = p[:min(len(p), c.OptInt(3, len(p), 0, math.MaxInt))]
	n, err := s.Send(p, flagsArg(c, 4))
	return number(c, n, err)
}

func socketRecvfrom(c bind.Call) int {
	s, length := socketArg(c, 1), c.Int(2, 1, maxLength)
	p, from, err := s.Recvfrom(length, flagsArg(c, 3))
	if err != nil {
		return c.Fail(err)
	}
	c.L.Push(lua.LString(p))
	return 1 + address(c, s, from)
}

// address returns an address to Lua: text and port, of AF_UNIX the path; of
// none, nothing.
func address(c bind.Call, s *Socket, a addr.Addr) int {
	switch {
	case s.Family() == unix.AF_UNIX:
		return c.Text(a.Path)
	case a.IsZero():
		return 0
	}
	return c.Return(lua.LString(a.Host()), bind.Int(a.Port))
}

func socketSendto(c bind.Call) int {
	s, p := socketArg(c, 1), bytesOf(c, 2)
	p = p[:min(len(p), c.Int(3, 0, math.MaxInt))]
	flags := c.Int(4, math.MinInt32, math.MaxInt32)
	to, err := addressArg(c, s, 5, true)
	if err != nil {
		return c.Fail(err)
	}
	n, err := s.Sendto(p, flags, to)
	return number(c, n, err)
}

func socketShutdown(c bind.Call) int {
	return c.Done(socketArg(c, 1).Shutdown(c.OptInt(2, 2, 0, 2)))
}

func socketClose(c bind.Call) int { return c.Done(socketArg(c, 1).Close()) }

func socketGetsockname(c bind.Call) int {
	s := socketArg(c, 1)
	a, err := s.Getsockname()
	return name(c, s, a, err)
}

func socketGetpeername(c bind.Call) int {
	s := socketArg(c, 1)
	a, err := s.Getpeername()
	return name(c, s, a, err)
}

func name(c bind.Call, s *Socket, a addr.Addr, err error) int {
	if err != nil {
		return c.Fail(err)
	}
	return address(c, s, a)
}

func socketSetBlock(c bind.Call) int {
	socketArg(c, 1).SetNonblock(false)
	return c.True()
}

func socketSetNonblock(c bind.Call) int {
	socketArg(c, 1).SetNonblock(true)
	return c.True()
}

func socketAtmark(c bind.Call) int {
	at, err := socketArg(c, 1).Atmark()
	if err != nil {
		return c.Fail(err)
	}
	return c.Boolean(at)
}

func socketLastError(c bind.Call) int {
	if c.Has(1) {
		return c.Integer(socketArg(c, 1).LastErr())
	}
	return c.Integer(hostOf(c).net.LastErr)
}

func socketClearError(c bind.Call) int {
	if c.Has(1) {
		socketArg(c, 1).ClearErr()
	} else {
		hostOf(c).net.LastErr = 0
	}
	return 0
}

func socketStrerror(c bind.Call) int {
	return c.Text(sock.Strerror(c.Int(1, math.MinInt32, math.MaxInt32)))
}

func socketFD(c bind.Call) int { return c.Integer(socketArg(c, 1).FD()) }

func socketList(c bind.Call) int {
	vm, list := hostOf(c), c.L.NewTable()
	for _, info := range vm.net.Sockets() {
		list.Append(infoTable(c, info))
	}
	for _, f := range vm.streams.openFiles() {
		list.Append(f.table(c))
	}
	return c.Return(list)
}

func infoTable(c bind.Call, i sock.Info) *lua.LTable {
	t := c.L.NewTable()
	t.RawSetString("fd", bind.Int(i.FD))
	t.RawSetString("kind", lua.LString(i.Kind))
	t.RawSetString("state", lua.LString(i.State.String()))
	t.RawSetString("bytes_in", lua.LNumber(i.In))
	t.RawSetString("bytes_out", lua.LNumber(i.Out))
	t.RawSetString("age", lua.LNumber(time.Since(i.Made).Seconds()))
	t.RawSetString("id", lua.LNumber(i.ID))
	for side, a := range map[string]addr.Addr{"local": i.Local, "remote": i.Remote} {
		if a.IsZero() {
			continue
		}
		t.RawSetString(side+"_address", lua.LString(a.Host()))
		if a.Family != unix.AF_UNIX {
			t.RawSetString(side+"_port", bind.Int(a.Port))
		}
	}
	return t
}

func socketGettime(c bind.Call) int {
	return c.Return(lua.LNumber(float64(time.Now().UnixNano()) / 1e9))
}

func socketSelect(c bind.Call) int {
	vm := hostOf(c)
	var q selection
	for i, want := range []loop.Event{loop.In, loop.Out, loop.Pri} {
		q.add(c, i+1, want)
	}
	if len(q.ready) == 0 {
		c.Bad(1, "at least one socket must be in the lists")
	}
	deadline := q.deadline(c, vm)
	if err := vm.net.Select(q.ready, deadline); err != nil {
		return c.Fail(err)
	}
	var lists [3]*lua.LTable
	for i := range lists {
		lists[i] = c.L.NewTable()
	}
	for k, r := range q.ready {
		if r.Got != 0 {
			lists[q.list[k]-1].Append(q.values[k])
		}
	}
	return c.Return(lists[0], lists[1], lists[2])
}

// selection is what select was asked: parallel lists.
type selection struct {
	ready  []sock.Ready
	values []lua.LValue
	list   []int // the argument in which it stood
}

func (q *selection) add(c bind.Call, i int, want loop.Event) {
	list := c.OptTable(i)
	if list == nil {
		return
	}
	for k := 1; k <= list.Len(); k++ {
		v := list.RawGetInt(k)
		if s, ok := bind.To[*Socket](v); ok {
			if s.IsClosed() {
				c.Bad(i, "socket is closed at [%d]", k)
			}
			q.ready = append(q.ready, s.Ready(want))
		} else if fp, ok := bind.To[*Stream](v); ok {
			if fp.IsClosed() {
				c.Bad(i, "stream is closed at [%d]", k)
			}
			q.ready = append(q.ready, fp.Ready(want))
		} else {
			c.Bad(i, "must be a list of Sockets and Streams, got %s at [%d]", bind.Describe(v), k)
		}
		q.values = append(q.values, v)
		q.list = append(q.list, i)
	}
}

// deadline reads seconds and microseconds; the zero Time is never.
func (q *selection) deadline(c bind.Call, vm *VM) time.Time {
	if !c.Has(4) {
		if c.Has(5) && c.Number(5) != 0 {
			c.Bad(5, "microseconds must be nil when seconds is nil")
		}
		return time.Time{}
	}
	d := c.Seconds(4)
	if c.Has(5) {
		d += time.Duration(c.Int(5, 0, math.MaxInt32)) * time.Microsecond
	}
	if d < 0 {
		d = bind.Forever
	}
	return vm.loop.Deadline(d)
}

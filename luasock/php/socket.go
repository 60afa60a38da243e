package php

import (
	"io"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var socketRows = []bind.Row{
	row("socket_create(int $domain, int $type, int $protocol): Socket|false", "Makes a socket: AF_INET, AF_INET6 or AF_UNIX.", socketCreate),
	row("socket_create_pair(int $domain, int $type, int $protocol, &$pair): bool", "Makes two sockets that are connected to each other.", socketCreatePair),
	row("socket_create_listen(int $port, int $backlog = SOMAXCONN): Socket|false", "Makes a TCP socket that listens on a port of every IPv4 address.", socketCreateListen),
	row("socket_bind(Socket $socket, string $address, int $port = 0): bool", "Gives the socket its local address.", socketBind),
	row("socket_listen(Socket $socket, int $backlog = 0): bool", "Makes the socket one that accepts connections.", socketListen),
	row("socket_accept(Socket $socket): Socket|false", "Waits for a connection.", socketAccept),
	row("socket_connect(Socket $socket, string $address, ?int $port = null): bool", "Connects the socket.", socketConnect),
	differs(row("socket_read(Socket $socket, int $length, int $mode = PHP_BINARY_READ): string|false", "Receives up to length bytes; with PHP_NORMAL_READ up to a line end.", socketRead),
		"PHP_NORMAL_READ never hangs (D1), loses no tail before the end (D2) and no byte of a datagram's line (D4); a huge length takes memory as data arrive (D3)"),
	row("socket_write(Socket $socket, string $data, ?int $length = null): int|false", "Sends data, or its first length bytes.", socketWrite),
	differs(row("socket_recv(Socket $socket, &$data, int $length, int $flags): int|false", "Receives up to length bytes; nil at the end.", socketRecv),
		"with MSG_TRUNC data holds only what was received (D6)"),
	row("socket_send(Socket $socket, string $data, int $length, int $flags): int|false", "Sends the first length bytes of data.", socketSend),
	differs(row("socket_recvfrom(Socket $socket, &$data, int $length, int $flags, &$address, &$port = null): int|false", "Receives a datagram and tells its sender.", socketRecvfrom),
		"with MSG_TRUNC data holds only what was received (D6); abstract AF_UNIX names come whole (D8)"),
	differs(row("socket_sendto(Socket $socket, string $data, int $length, int $flags, string $address, ?int $port = null): int|false", "Sends a datagram to an address.", socketSendto),
		"abstract AF_UNIX names are reached, a path that is too long throws (D8)"),
	row("socket_shutdown(Socket $socket, int $mode = 2): bool", "Ends receiving (0), sending (1) or both (2).", socketShutdown),
	row("socket_close(Socket $socket): void", "Closes the socket.", socketClose),
	differs(row("socket_getsockname(Socket $socket, &$address, &$port = null): bool", "Tells the local address.", socketGetsockname),
		"abstract AF_UNIX names come whole (D8)"),
	differs(row("socket_getpeername(Socket $socket, &$address, &$port = null): bool", "Tells the peer's address.", socketGetpeername),
		"abstract AF_UNIX names come whole (D8)"),
	row("socket_set_block(Socket $socket): bool", "Makes calls wait until they can be answered.", socketSetBlock),
	row("socket_set_nonblock(Socket $socket): bool", "Makes calls that would wait return false with the error EAGAIN.", socketSetNonblock),
	row("socket_atmark(Socket $socket): bool", "Tells whether the next byte is behind the out-of-band mark (PHP 8.3).", socketAtmark),
	row("socket_last_error(?Socket $socket = null): int", "Gives the last error, of the socket or of all.", socketLastError),
	row("socket_clear_error(?Socket $socket = null): void", "Forgets the last error, of the socket or of all.", socketClearError),
	row("socket_strerror(int $error_code): string", "Gives the text of an error number.", socketStrerror),
}

func (k call) pushSocket(s *sock.Sock, err error, text string) int {
	if err != nil {
		return k.failed(err, text)
	}
	return k.Return(k.vm().NewSocket(s))
}

// checkDomain throws when argument 1 is no domain.
func (k call) checkDomain() {
	if d := k.int(1); d != unix.AF_INET && d != unix.AF_INET6 && d != unix.AF_UNIX {
		k.valueError(1, "must be one of AF_UNIX, AF_INET6, or AF_INET")
	}
	const mostType = 10
	if k.int(2) > mostType {
		k.valueError(2, "must be one of SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW, or SOCK_RDM")
	}
}

func socketCreate(k call) int {
	k.checkDomain()
	s, err := k.net().Socket(k.cint(1), k.cint(2), k.cint(3))
	return k.pushSocket(s, err, "Unable to create socket")
}

func socketCreatePair(k call) int {
	k.checkDomain()
	a, b, err := k.net().Pair(k.cint(1), k.cint(2), k.cint(3))
	if err != nil {
		return k.failed(err, "Unable to create socket pair")
	}
	pair := k.L.CreateTable(2, 0)
	pair.Append(k.vm().NewSocket(a))
	pair.Append(k.vm().NewSocket(b))
	return k.Return(lua.LTrue, pair)
}

func socketCreateListen(k call) int {
	s, err := k.net().ListenAll(k.port(1), int(int32(k.optInt(2, unix.SOMAXCONN))))
	return k.pushSocket(s, err, "unable to bind to given address")
}

// address is argument i as an address of the socket's family, with the port in
// argument port; a name is looked up.
func (k call) address(s *sock.Sock, i, port int) (addr.Addr, error) {
	text := k.text(i)
	if s.Family() != unix.AF_UNIX {
		return s.Resolve(text, k.port(port))
	}
	const mostPath = 107
	if len(text) > mostPath {
		k.valueError(i, "must be less than %d", mostPath+1)
	}
	if text != "" && text[0] != 0 && strings.ContainsRune(text, 0) {
		k.valueError(i, "must not contain any null bytes")
	}
	return s.Resolve(text, 0)
}

// needPort throws when argument i, a port, is null on an internet socket.
func (k call) needPort(s *sock.Sock, i int) {
	if family, ok := map[int]string{unix.AF_INET: "AF_INET", unix.AF_INET6: "AF_INET6"}[s.Family()]; ok && !k.has(i) {
		k.valueError(i, "cannot be null when the socket type is %s", family)
	}
}

func socketBind(k call) int {
	s := k.socket(1)
	a, err := k.address(s, 2, 3)
	if err == nil {
		err = s.Bind(a)
	}
	return k.done(err, "Unable to bind address")
}

func socketListen(k call) int {
	return k.done(k.socket(1).Listen(k.cint(2)), "unable to listen on socket")
}

// socketAccept keeps its error for all only, as PHP.
func socketAccept(k call) int {
	s := k.socket(1)
	before := s.LastErr()
	c, err := s.Accept()
	if err != nil {
		s.SetLastErr(before)
	}
	return k.pushSocket(c, err, "unable to accept incoming connection")
}

func socketConnect(k call) int {
	s := k.socket(1)
	k.needPort(s, 3)
	a, err := k.address(s, 2, 3)
	if err == nil {
		err = s.Connect(a)
	}
	return k.done(err, "unable to connect")
}

// normalRead is PHP_NORMAL_READ.
const normalRead = 1

// length is argument i, a number of bytes to receive; false below 1.
func (k call) length(i int) (n int, ok bool) {
	n = k.int(i)
	return min(n, math.MaxInt32), n >= 1
}

func socketRead(k call) int {
	s := k.socket(1)
	length, ok := k.length(2)
	if !ok {
		return k.no()
	}
	var p []byte
	var err error
	line := k.optInt(3, 2) == normalRead
	if line {
		p, err = s.ReadLine(length)
	} else {
		p, err = s.Recv(length, 0)
	}
	switch {
	case err == io.EOF && line && !s.Nonblock():
		return k.failed(s.Note("recv", unix.ECONNRESET), "unable to read from socket")
	case err == nil, err == io.EOF:
		return k.Text(string(p))
	}
	return k.failed(err, "unable to read from socket")
}

// part is argument i, data, as far as its length in the argument behind it.
func (k call) part(i int) []byte {
	p := k.bytes(i)
	if !k.has(i + 1) {
		return p
	}
	n := k.int(i + 1)
	if n < 0 {
		k.valueError(i+1, "must be greater than or equal to 0")
	}
	return p[:min(len(p), n)]
}

func socketWrite(k call) int {
	n, err := k.socket(1).Send(k.part(2), 0)
	return k.number(n, err, "unable to write to socket")
}

func socketSend(k call) int {
	n, err := k.socket(1).Send(k.part(2), k.cint(4))
	return k.number(n, err, "Unable to write to socket")
}

// received is what came: with MSG_TRUNC n may be more than the data.
type received struct {
	n    int
	data []byte
	from addr.Addr
}

// receive is recvfrom(2). Only of a message does the system tell the full length.
func receive(s *sock.Sock, length, flags int) (r received, err error) {
	if flags&unix.MSG_TRUNC != 0 && s.Type() != unix.SOCK_STREAM {
		m, err := s.Recvmsg(length, 0, flags)
		if err != nil {
			return r, err
		}
		return received{m.Len, m.Data[0], m.Name}, nil
	}
	r.data, r.from, err = s.Recvfrom(length, flags)
	r.n = len(r.data)
	return r, err
}

func socketRecv(k call) int {
	s := k.socket(1)
	length, ok := k.length(3)
	if !ok {
		return k.no()
	}
	var r received
	var err error
	if flags := k.cint(4); flags&unix.MSG_TRUNC != 0 {
		r, err = receive(s, length, flags)
	} else {
		r.data, err = s.Recv(length, flags)
		r.n = len(r.data)
	}
	switch {
	case err != nil && err != io.EOF:
		return k.failed(err, "Unable to read from socket")
	case r.n == 0:
		return k.Return(bind.Int(0), lua.LNil)
	}
	return k.Return(bind.Int(r.n), lua.LString(r.data))
}

func socketRecvfrom(k call) int {
	s := k.socket(1)
	length, ok := k.length(3)
	if !ok || k.int(3) >= intMax {
		return k.no()
	}
	r, err := receive(s, length, k.cint(4))
	if err != nil && err != io.EOF {
		return k.failed(err, "Unable to recvfrom")
	}
	address, port := hostAndPort(s, r.from)
	return k.Return(bind.Int(r.n), lua.LString(r.data), address, port)
}

// hostAndPort is an address as PHP gives it: of AF_UNIX the path, and no port.
func hostAndPort(s *sock.Sock, a addr.Addr) (host, port lua.LValue) {
	if s.Family() == unix.AF_UNIX {
		return lua.LString(a.Path), lua.LNil
	}
	if a.IsZero() {
		a.Family = s.Family()
	}
	return lua.LString(a.Ntop()), bind.Int(a.Port)
}

func socketSendto(k call) int {
	s, p := k.socket(1), k.part(2)
	k.needPort(s, 6)
	to, err := k.address(s, 5, 6)
	n := 0
	if err == nil {
		n, err = s.Sendto(p, k.cint(4), to)
	}
	return k.number(n, err, "Unable to write to socket")
}

func socketShutdown(k call) int {
	return k.done(k.socket(1).Shutdown(int(int32(k.optInt(2, 2)))), "Unable to shutdown socket")
}

func socketClose(k call) int {
	k.raise(k.socket(1).Close())
	return k.Return(lua.LNil)
}

func socketGetsockname(k call) int {
	s := k.socket(1)
	a, err := s.Getsockname()
	return k.name(s, a, err, "unable to retrieve socket name")
}

func socketGetpeername(k call) int {
	s := k.socket(1)
	a, err := s.Getpeername()
	return k.name(s, a, err, "unable to retrieve peer name")
}

func (k call) name(s *sock.Sock, a addr.Addr, err error, text string) int {
	if err != nil {
		return k.failed(err, text)
	}
	host, port := hostAndPort(s, a)
	return k.Return(lua.LTrue, host, port)
}

func socketSetBlock(k call) int {
	k.socket(1).SetNonblock(false)
	return k.True()
}

func socketSetNonblock(k call) int {
	k.socket(1).SetNonblock(true)
	return k.True()
}

func socketAtmark(k call) int {
	at, err := k.socket(1).Atmark()
	if err != nil {
		return k.failed(err, "Unable to apply sockmark")
	}
	return k.Boolean(at)
}

package php

import (
	"io"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

var serverRows = []bind.Row{
	differs(row("stream_socket_server(string $address, &$error_code = null, &$error_message = null, int $flags = STREAM_SERVER_BIND|STREAM_SERVER_LISTEN, resource $context = null): mixed", "Listens on \"tcp://host:port\" or \"unix:///path\"; with STREAM_SERVER_BIND alone it receives datagrams on \"udp://host:port\" or \"udg:///path\".", streamSocketServer),
		"the text of an error is never lost (D14)"),
	differs(row("stream_socket_accept(resource $socket, ?float $timeout = null, &$peer_name = null): mixed", "Waits for a connection and gives its stream and the peer's name.", streamSocketAccept),
		"on UDP it fails at once; an unnamed peer's name is \"\" (D15)"),
	row("stream_socket_pair(int $domain, int $type, int $protocol): array|false", "Makes a list of two streams that are connected to each other.", streamSocketPair),
	differs(row("stream_socket_get_name(resource $socket, bool $remote): string|false", "Tells the local or the peer's address, as \"127.0.0.1:1935\" or a path.", streamSocketGetName),
		"abstract AF_UNIX names come whole (D8)"),
	row("stream_socket_shutdown(resource $stream, int $mode): bool", "Ends reading, writing or both: STREAM_SHUT_RD, STREAM_SHUT_WR, STREAM_SHUT_RDWR.", streamSocketShutdown),
	differs(row("stream_socket_recvfrom(resource $socket, int $length, int $flags = 0, &$address = null): string|false", "Receives past the stream's buffer, and tells the sender. Flags: STREAM_PEEK, STREAM_OOB.", streamSocketRecvfrom),
		"it ends with the stream's time-out (D19)"),
	differs(row("stream_socket_sendto(resource $socket, string $data, int $flags = 0, string $address = \"\"): int|false", "Sends data to the peer, or to an address; -1 when that fails.", streamSocketSendto),
		"an AF_UNIX path is an address too (D8); the texts have no line end"),
	row("stream_get_transports(): array", "Lists the schemes of stream_socket_client and stream_socket_server.", streamGetTransports),
}

// The flags of stream_socket_server.
const (
	serverBind   = 4
	serverListen = 8
)

func streamSocketServer(k call) int {
	url, flags, context := k.text(1), k.optInt(4, serverBind|serverListen), k.context(5)
	s, method, err := k.serve(url, flags, context)
	if err != nil {
		failure := k.openErrorOf(err)
		k.warn("Unable to connect to %s (%s)", cut(url), orUnknown(failure.text))
		return k.no(bind.Int(0), lua.LString(failure.text))
	}
	object := k.newStream(s, context)
	fp, _ := luasock.StreamOf(object)
	attached(fp).serves = method
	return k.Return(object, bind.Int(0), lua.LString(""))
}

// serve makes a socket on the first of the URL's addresses that it gets, and
// tells which versions of TLS it is to speak.
func (k call) serve(url string, flags int, context *lua.LUserData) (s *sock.Sock, method int, err error) {
	e, err := k.endpoint(url, time.Time{})
	if err != nil {
		return nil, 0, err
	}
	for _, a := range e.list {
		if s, err = k.serveOn(a, e.typ, flags, context); err == nil {
			return s, e.method, nil
		}
	}
	return nil, 0, err
}

func (k call) serveOn(a addr.Addr, typ, flags int, context *lua.LUserData) (*sock.Sock, error) {
	s, err := k.net().Socket(a.Family, typ, 0)
	if err != nil {
		return nil, err
	}
	if a.Family != unix.AF_UNIX {
		s.Setsockopt(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if a.Family == unix.AF_INET6 {
		only := 0
		if truth(contextOption(context, "socket", "ipv6_v6only")) {
			only = 1
		}
		s.Setsockopt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, only)
	}
	k.prepareServer(s, context)
	if flags&serverBind != 0 {
		err = s.Bind(a)
	}
	if err == nil && flags&serverListen != 0 {
		err = s.Listen(k.backlog(context))
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// prepareServer is prepare without TCP_NODELAY, which accepted streams get.
func (k call) prepareServer(s *sock.Sock, context *lua.LUserData) {
	inet := s.Family() != unix.AF_UNIX
	if truth(contextOption(context, "socket", "so_reuseport")) && inet {
		s.Setsockopt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	if truth(contextOption(context, "socket", "so_broadcast")) && inet {
		s.Setsockopt(unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
	}
}

// backlog is that of a context; PHP's is 32.
func (k call) backlog(context *lua.LUserData) int {
	const usual = 32
	if v := contextOption(context, "socket", "backlog"); v != lua.LNil {
		return k.cast(v)
	}
	return usual
}

func streamSocketAccept(k call) int {
	fp, patience := k.stream(1), k.optTimeout(2)
	if fp.Sock() == nil {
		k.warn("Accept failed: Unknown error")
		return k.no()
	}
	s, err := fp.Sock().AcceptBy(k.vm().Loop().Deadline(patience))
	if err != nil {
		k.warn("Accept failed: %s", k.openErrorOf(err).text)
		return k.no()
	}
	context := attached(fp).context
	k.noDelay(s, context)
	peer, _ := s.Getpeername() // of one that is gone: none
	object := k.newStream(s, context)
	if method := attached(fp).serves; method != 0 {
		accepted, _ := luasock.StreamOf(object)
		if err := k.secure(accepted, method, k.vm().Loop().Deadline(timeout)); err != nil {
			k.warn("Accept failed: %s", orUnknown(err.Error()))
			return k.no()
		}
	}
	return k.Return(object, lua.LString(streamName(peer)))
}

// streamName is an address as PHP's streams have it.
func streamName(a addr.Addr) string {
	if a.Family == unix.AF_UNIX {
		return a.Path
	}
	return a.String()
}

func streamSocketPair(k call) int {
	a, b, err := k.net().Pair(k.cint(1), k.cint(2), k.cint(3))
	if err != nil {
		k.warn("Failed to create sockets: [%d]: %s", errno(err), strerror(errno(err)))
		return k.no()
	}
	pair := k.L.CreateTable(2, 0)
	for _, s := range []*sock.Sock{a, b} {
		pair.Append(k.vm().NewStream(s, "", "generic_socket"))
	}
	return k.Return(pair)
}

func streamSocketGetName(k call) int {
	fp := k.stream(1)
	s := fp.Sock()
	if s == nil {
		return k.no()
	}
	name := s.Getsockname
	if k.bool(2) {
		name = s.Getpeername
	}
	a, err := name()
	if err != nil || streamName(a) == "" {
		return k.no()
	}
	return k.Text(streamName(a))
}

func streamSocketShutdown(k call) int {
	mode := k.int(2)
	if mode < unix.SHUT_RD || mode > unix.SHUT_RDWR {
		k.valueError(2, "must be one of STREAM_SHUT_RD, STREAM_SHUT_WR, or STREAM_SHUT_RDWR")
	}
	fp := k.stream(1)
	return k.Boolean(fp.Sock() != nil && fp.Sock().Shutdown(mode) == nil)
}

// The flags of stream_socket_recvfrom and sendto.
const (
	streamOOB  = 1
	streamPeek = 2
)

// messageFlags makes argument i the system's flags.
func (k call) messageFlags(i int) (flags int) {
	if k.int(i)&streamOOB != 0 {
		flags |= unix.MSG_OOB
	}
	if k.int(i)&streamPeek != 0 {
		flags |= unix.MSG_PEEK
	}
	return flags
}

func streamSocketRecvfrom(k call) int {
	fp, length, flags := k.stream(1), k.positive(2), k.messageFlags(3)
	s := fp.Sock()
	if s == nil {
		return k.no()
	}
	var from addr.Addr
	try := func(p []byte) (n int, err error) {
		n, from, err = s.TryRecvfrom(p, flags)
		return n, err
	}
	urgent := flags&unix.MSG_OOB != 0
	p, err := fp.ReadPast(length, urgent, try)
	switch {
	case err == io.EOF:
		return k.Return(lua.LString(""), lua.LString(""))
	case err != nil:
		k.raise(err)
		return k.no()
	}
	return k.Return(lua.LString(p), lua.LString(streamName(from)))
}

func streamSocketSendto(k call) int {
	fp, p, flags := k.stream(1), k.bytes(2), k.messageFlags(3)
	s := fp.Sock()
	if s == nil {
		return k.no()
	}
	to, ok := k.destination(fp, k.text(4))
	if !ok {
		return k.no()
	}
	n, err := fp.WriteDirect(p, func(p []byte) (int, error) { return s.TrySendto(p, flags, to) })
	if err != nil && n == 0 {
		k.raise(err)
		k.warn("%s", strerror(errno(err)))
		return k.Integer(-1)
	}
	return k.Integer(n)
}

// destination reads the address of stream_socket_sendto; without one it is zero,
// the peer. A failure is warned of.
func (k call) destination(fp *luasock.Stream, text string) (a addr.Addr, ok bool) {
	if text == "" {
		return a, true
	}
	failed := func() (addr.Addr, bool) {
		k.warn("Failed to parse `%s' into a valid network address", text)
		return addr.Addr{}, false
	}
	if fp.Sock().Family() == unix.AF_UNIX {
		a, err := addr.Unix(text)
		if err != nil {
			return failed()
		}
		return a, true
	}
	host, port, err := parseAddress(text)
	if err != nil {
		return failed()
	}
	list, err := k.lookUp(host, port, unix.SOCK_DGRAM, k.vm().Loop().Deadline(stream.Forever))
	if err != nil {
		k.warn("Failed to resolve `%s': %s", host, k.openErrorOf(err).text)
		return failed()
	}
	for _, a := range list {
		if a.Family == fp.Sock().Family() {
			return a, true
		}
	}
	return list[0], true
}

func streamGetTransports(k call) int {
	list := k.L.NewTable()
	for _, t := range transports {
		list.Append(lua.LString(t.name))
	}
	return k.Return(list)
}

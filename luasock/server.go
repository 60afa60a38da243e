package luasock

import (
	"errors"
	"math"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// The flags of stream_server, as PHP numbers them.
const (
	serverBind   = 4
	serverListen = 8
)

var serverRows = []bind.Row{
	{Name: "stream_server", Sig: "stream_server(url [, flags=STREAM_SERVER_BIND+STREAM_SERVER_LISTEN [, context]])", Returns: "Stream or error", PHP: "stream_socket_server", Doc: "Listens on \"tcp://host:port\", \"tls://host:port\" (also \"ssl\", \"tlsv1.2\", \"tlsv1.3\"; context.ssl.local_cert is needed) or \"unix:///path\" and returns a Stream that accepts connections; with STREAM_SERVER_BIND alone it receives datagrams on \"udp://host:port\" or \"udg:///path\".", Fn: streamServer},
	{Name: "stream_accept", Sig: "stream_accept(server [, timeout=60])", Returns: "Stream, string peer or error", PHP: "stream_socket_accept", Doc: "Waits for a connection and returns its Stream and the peer's name.", Fn: streamAccept},
	{Name: "stream_pair", Sig: "stream_pair(domain, type [, protocol=0])", Returns: "Stream, Stream or error", PHP: "stream_socket_pair", Doc: "Makes two Streams that are connected to each other. Domain: STREAM_PF_UNIX.", Fn: streamPair},
	{Name: "stream_select", Sig: "stream_select(reads, writes, excepts, seconds [, microseconds=0])", Returns: "(Socket|Stream)[] reads, (Socket|Stream)[] writes, (Socket|Stream)[] excepts or error", PHP: "stream_select", Doc: "Is select: both take Sockets and Streams.", Fn: socketSelect},
	{Name: "stream_get_name", Sig: "stream_get_name(fp, remote)", Returns: "string or error", PHP: "stream_socket_get_name", Doc: "Is get_name of a Stream.", Fn: streamGetName},
	{Name: "stream_shutdown", Sig: "stream_shutdown(fp, how)", Returns: "boolean or error", PHP: "stream_socket_shutdown", Doc: "Is shutdown of a Stream.", Fn: streamShutdown},
	{Name: "stream_recvfrom", Sig: "stream_recvfrom(fp, length [, flags=0])", Returns: "string data, string address or error", PHP: "stream_socket_recvfrom", Doc: "Is recvfrom of a Stream.", Fn: streamRecvfrom},
	{Name: "stream_sendto", Sig: "stream_sendto(fp, data [, flags=0 [, address]])", Returns: "integer or error", PHP: "stream_socket_sendto", Doc: "Is sendto of a Stream.", Fn: streamSendto},
	{Name: "stream_enable_crypto", Sig: "stream_enable_crypto(fp, on [, method [, context]])", Returns: "boolean or error", PHP: "stream_socket_enable_crypto", Doc: "Is enable_crypto of a Stream.", Fn: streamEnableCrypto},
}

var acceptMethods = []bind.Row{
	{Name: "accept", Sig: "fp:accept([timeout=60])", Returns: "Stream, string peer or error", PHP: "stream_socket_accept", Doc: "Waits for a connection, for ever when timeout is -1, and returns its Stream and the peer's name, as \"127.0.0.1:1935\"; \"\" when it has none. TLS's handshake is made by the first read or write of that Stream, within its time-out.", Fn: streamAccept},
}

func streamServer(c bind.Call) int {
	vm := hostOf(c)
	t, err := targetArg(c, 1, -1)
	flags := c.OptInt(2, serverBind|serverListen, math.MinInt32, math.MaxInt32)
	if flags&^(serverBind|serverListen) != 0 || flags&serverBind == 0 {
		c.Wrong(2, "STREAM_SERVER_BIND, or that and STREAM_SERVER_LISTEN")
	}
	ctx := contextArg(c, 3)
	if err != nil {
		return c.Fail(err)
	}
	if t.tls && !ctx.ssl.hasIdentity() {
		c.Bad(3, "context.ssl must have key \"local_cert\" (a path)")
	}
	s, err := vm.serve(t, flags, ctx)
	if err != nil {
		return c.Fail(err)
	}
	object := vm.opened(s, t.uri(), ctx)
	if t.tls {
		object.Value.(*Stream).serves = ctx.ssl.server(t.method)
	}
	return c.Return(object)
}

// serve makes a socket on the first of the target's addresses that it gets.
func (vm *VM) serve(t target, flags int, ctx *streamContext) (*sock.Sock, error) {
	list, err := vm.addresses(t, vm.loop.Deadline(stream.DefaultTimeout))
	for _, a := range list {
		var s *sock.Sock
		if s, err = vm.serveOn(a, t.typ, flags, ctx); err == nil {
			return s, nil
		}
	}
	return nil, err
}

func (vm *VM) serveOn(a addr.Addr, typ, flags int, ctx *streamContext) (*sock.Sock, error) {
	s, err := vm.net.Socket(a.Family, typ, 0)
	if err != nil {
		return nil, err
	}
	if a.Family != unix.AF_UNIX {
		err = s.Setsockopt(unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	}
	if err == nil && a.Family == unix.AF_INET6 {
		err = s.Setsockopt(unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 0)
	}
	if err == nil {
		err = ctx.prepare(s)
	}
	if err == nil {
		err = s.Bind(a)
	}
	if err == nil && flags&serverListen != 0 {
		err = s.Listen(ctx.backlog)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func streamAccept(c bind.Call) int {
	vm, fp := hostOf(c), socketStreamArg(c, 1)
	timeout := stream.DefaultTimeout
	if c.Has(2) {
		if timeout = stream.Forever; c.Number(2) >= 0 {
			timeout = c.Seconds(2)
		}
	}
	s, err := fp.sock.AcceptBy(vm.loop.Deadline(timeout))
	if err != nil {
		if errors.Is(err, sock.ErrClosedUnder) {
			return c.Return(lua.LNil, lua.LString("closed"), bind.Int(0))
		}
		return c.Fail(err)
	}
	ctx := fp.context
	if ctx == nil {
		ctx = vm.newStreamContext()
	}
	if err := ctx.connected(s); err != nil {
		s.Close()
		return c.Fail(err)
	}
	peer, _ := s.Getpeername() // of one that is gone: none
	object := vm.opened(s, "", ctx)
	if err := object.Value.(*Stream).acceptedBy(fp); err != nil {
		return c.Fail(err)
	}
	return c.Return(object, lua.LString(streamName(peer)))
}

func streamPair(c bind.Call) int {
	vm := hostOf(c)
	a, b, err := vm.net.Pair(domainArg(c, 1), typeArg(c, 2), c.OptInt(3, 0, math.MinInt32, math.MaxInt32))
	if err != nil {
		return c.Fail(err)
	}
	var ends [2]lua.LValue
	for i, s := range []*sock.Sock{a, b} {
		object := vm.opened(s, "", nil)
		object.Value.(*Stream).kind = "generic_socket"
		ends[i] = object
	}
	return c.Return(ends[0], ends[1])
}

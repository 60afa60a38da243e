package luasock

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// The flags of stream_client, as PHP numbers them.
const (
	clientPersistent = 1
	clientAsync      = 2
	clientConnect    = 4
)

var dialRows = []bind.Row{
	{Name: "fsockopen", Sig: "fsockopen(hostname [, port=-1 [, timeout=60]])", Returns: "Stream or error", PHP: "fsockopen", Doc: "Connects and returns a Stream; nil, message, errno when that fails, with errno 0 before connect. hostname is a name or address, with or without \"tcp://\", \"udp://\", \"tls://\" (also \"ssl://\", \"tlsv1.2://\", \"tlsv1.3://\"), and may have the port in it; or \"unix://\" or \"udg://\" and a path.", Fn: fsockopen},
	{Name: "pfsockopen", Sig: "pfsockopen(hostname [, port=-1 [, timeout=60]])", Returns: "Stream or error", PHP: "pfsockopen", Doc: "Is fsockopen that returns the same Stream again as long as the connection stands.", Fn: pfsockopen},
	{Name: "stream_client", Sig: "stream_client(url [, timeout=60 [, flags=STREAM_CLIENT_CONNECT [, context]]])", Returns: "Stream or error", PHP: "stream_socket_client", Doc: "Connects to \"tcp://host:port\", \"udp://host:port\", \"tls://host:port\" (also \"ssl\", \"tlsv1.2\", \"tlsv1.3\"), \"unix:///path\" or \"udg:///path\" and returns a Stream. All addresses of a name are tried, and TLS's handshake is made, within timeout seconds. With STREAM_CLIENT_ASYNC_CONNECT it does not wait for the connection.", Fn: streamClient},
}

// addresses finds the addresses of the target, best first.
func (vm *VM) addresses(t target, deadline time.Time) (list []addr.Addr, err error) {
	if t.family == unix.AF_UNIX {
		return []addr.Addr{t.local}, nil
	}
	var found []sock.Addrinfo
	look := func() { found, err = vm.net.Getaddrinfo(t.host, "", sock.Addrinfo{Type: t.typ}) }
	left := stream.Forever
	if !deadline.IsZero() {
		left = max(time.Until(deadline), 0)
	}
	if vm.loop.Within(left, look) && errors.Is(err, loop.ErrExpired) {
		return nil, loop.ErrTimeout
	}
	var refused sock.EAI
	if errors.As(err, &refused) {
		return nil, dialError(fmt.Sprintf("php_network_getaddresses: getaddrinfo for %s failed: %s", t.host, refused))
	}
	for _, ai := range found {
		ai.Addr.Port = t.port
		list = append(list, ai.Addr)
	}
	return list, err
}

// dialing is what is wanted of a new connection.
type dialing struct {
	target
	deadline time.Time // for the connection, and for the handshake of TLS
	flags    int
	context  *streamContext
}

// dial connects.
func (vm *VM) dial(d dialing) (*sock.Sock, error) {
	list, err := vm.addresses(d.target, d.deadline)
	if err != nil {
		return nil, err
	}
	if list = d.context.reachable(list); len(list) == 0 {
		return nil, &addr.Error{What: "bindto", Want: "of the peer's family", Got: d.context.bindto}
	}
	setup := func(s *sock.Sock, to addr.Addr) error {
		err := d.context.prepare(s)
		if local := d.context.local(to.Family); err == nil && !local.IsZero() {
			err = s.Bind(local)
		}
		if err == nil {
			err = d.context.connected(s)
		}
		return err
	}
	if d.flags&clientAsync != 0 {
		return vm.net.DialAsync(list, d.typ, setup)
	}
	return vm.net.Dial(list, d.typ, d.deadline, setup)
}

// reachable leaves out the addresses that bindto's cannot reach.
func (ctx *streamContext) reachable(list []addr.Addr) []addr.Addr {
	return slices.DeleteFunc(list, func(a addr.Addr) bool {
		local := ctx.local(a.Family)
		return a.Family != unix.AF_UNIX && !local.IsZero() && local.Family != a.Family
	})
}

func fsockopen(c bind.Call) int { return openSocket(c, clientConnect) }

func pfsockopen(c bind.Call) int { return openSocket(c, clientConnect|clientPersistent) }

func openSocket(c bind.Call, flags int) int {
	port := c.OptInt(2, -1, math.MinInt32, math.MaxInt32)
	if port > math.MaxUint16 {
		c.Bad(2, "port must be 0 to 65535, got %d", port)
	}
	t, err := targetArg(c, 1, port)
	vm := hostOf(c)
	deadline := vm.loop.Deadline(c.OptSeconds(3, stream.DefaultTimeout))
	if err != nil {
		return c.Fail(err)
	}
	return open(c, dialing{target: t, deadline: deadline, flags: flags, context: vm.newStreamContext()})
}

func streamClient(c bind.Call) int {
	t, err := targetArg(c, 1, -1)
	d := dialing{target: t, deadline: hostOf(c).loop.Deadline(c.OptSeconds(2, stream.DefaultTimeout))}
	d.flags = c.OptInt(3, clientConnect, math.MinInt32, math.MaxInt32)
	if d.flags&^(clientConnect|clientAsync|clientPersistent) != 0 {
		c.Wrong(3, "STREAM_CLIENT_CONNECT, STREAM_CLIENT_ASYNC_CONNECT, STREAM_CLIENT_PERSISTENT or a sum of those")
	}
	d.context = contextArg(c, 4)
	if err != nil {
		return c.Fail(err)
	}
	return open(c, d)
}

// open returns a Stream on a new connection, or on the persistent one that
// stands.
func open(c bind.Call, d dialing) int {
	vm := hostOf(c)
	host, key := vm.streams, d.uri()
	if d.flags&clientPersistent != 0 {
		if object := host.reuse(key); object != nil {
			return c.Return(object)
		}
	}
	s, err := vm.dial(d)
	if bad, ok := err.(*addr.Error); ok {
		c.Raise("bad context (%s)", bad)
	}
	if err != nil {
		return c.Fail(err)
	}
	object := vm.opened(s, d.uri(), d.context)
	fp := object.Value.(*Stream)
	fp.server = tlsPeer{d.host, d.port}
	if err := vm.encrypt(fp, d); err != nil {
		return c.Fail(err)
	}
	if d.flags&clientPersistent != 0 {
		host.kept[key] = object
		s.Pool()
	}
	return c.Return(object)
}

// encrypt starts TLS on a new connection, if that is to have it; with
// STREAM_CLIENT_ASYNC_CONNECT the first read or write does the handshake. When it
// fails, the stream is closed.
func (vm *VM) encrypt(fp *Stream, d dialing) error {
	if !d.tls {
		return nil
	}
	err := vm.loadSystemRoots(d.context.ssl, d.deadline)
	if err == nil {
		err = fp.startTLS(d.context.ssl.client(fp.server, d.method), false)
	}
	if err == nil && d.flags&clientAsync == 0 {
		err = fp.Handshake(d.deadline)
	}
	if err != nil && !fp.IsClosed() {
		fp.Close()
	}
	return err
}

// opened makes a new socket a Stream.
func (vm *VM) opened(s *sock.Sock, uri string, ctx *streamContext) *lua.LUserData {
	fp := vm.newStream(s)
	fp.uri, fp.context = uri, ctx
	object := vm.pushStream(fp)
	vm.streams.remember(s, object)
	return object
}

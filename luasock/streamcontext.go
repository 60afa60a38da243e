package luasock

import (
	"math"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var contextRows = []bind.Row{
	{Name: "stream_context", Sig: "stream_context(options)", Returns: "StreamContext", PHP: "stream_context_create", Doc: "Makes a StreamContext of options for stream_client, stream_server and enable_crypto: {socket = {bindto=, backlog=, so_reuseport=, so_keepalive=, so_broadcast=, tcp_nodelay=}, ssl = {verify_peer=, verify_peer_name=, peer_name=, cafile=, capath=, local_cert=, local_pk=, passphrase=, allow_self_signed=, alpn_protocols=, ciphers=, peer_fingerprint=, SNI_enabled=, SNI_server_certs=, capture_peer_cert=, crypto_method=}}. Certificates are read at once. Clients of one context resume each other's TLS sessions.", Fn: streamContextCreate},
}

var streamContextClass = &bind.Class{
	Name:   "StreamContext",
	Doc:    "Options for new streams. socket.stream_context makes it.",
	String: func(any) string { return "stream context" },
	Fields: []bind.Field{
		{Name: "peer_certificate", Doc: "With capture_peer_cert: the certificate of the last peer, a table as in get_meta_data().crypto.peer_certificate.", Get: func(c bind.Call, v any) lua.LValue {
			return certificateTable(c.L, v.(*streamContext).ssl.captured)
		}},
	},
}

// streamContext is options for new streams.
type streamContext struct {
	bindto    string // "" for none
	backlog   int
	reuseport bool
	keepalive bool
	broadcast bool
	nodelay   bool
	ssl       *tlsOptions
}

// newStreamContext is a context without options, for streams of one VM: they
// share their TLS sessions.
func (vm *VM) newStreamContext() *streamContext {
	host := vm.streams
	if host.ssl == nil {
		host.ssl = newTLSOptions()
	}
	return &streamContext{backlog: unix.SOMAXCONN, ssl: host.ssl}
}

func streamContextCreate(c bind.Call) int {
	return c.Return(hostOf(c).env.New(streamContextClass, readContext(c, 1)))
}

// contextArg reads argument i, a StreamContext or the options of one; nil gives
// the defaults.
func contextArg(c bind.Call, i int) *streamContext {
	if !c.Has(i) {
		return hostOf(c).newStreamContext()
	}
	if ctx, ok := bind.To[*streamContext](c.Arg(i)); ok {
		return ctx
	}
	if _, ok := c.Arg(i).(*lua.LTable); !ok {
		c.Wrong(i, "a StreamContext")
	}
	return readContext(c, i)
}

func readContext(c bind.Call, i int) *streamContext {
	ctx, f := hostOf(c).newStreamContext(), c.Fields(i)
	f.Only("socket", "ssl")
	if f.Has("socket") {
		ctx.readSocket(f.Sub("socket"))
	}
	if f.Has("ssl") {
		ctx.ssl = readTLSOptions(f.Sub("ssl"))
	}
	return ctx
}

func (ctx *streamContext) readSocket(f bind.Fields) {
	f.Only("bindto", "backlog", "so_reuseport", "so_keepalive", "so_broadcast", "tcp_nodelay")
	ctx.backlog = f.OptInt("backlog", ctx.backlog, 0, math.MaxInt32)
	ctx.bindto = f.OptBytes("bindto", "")
	if _, err := parseBindto(ctx.bindto); err != nil && ctx.bindto != "" {
		f.Wrong("bindto", "address:port")
	}
	for key, to := range map[string]*bool{
		"so_reuseport": &ctx.reuseport, "so_keepalive": &ctx.keepalive,
		"so_broadcast": &ctx.broadcast, "tcp_nodelay": &ctx.nodelay,
	} {
		*to = isTrue(boolOption(f, key), false)
	}
}

// parseBindto reads a local address of which the IP may be left out, as in
// ":7000" or "0:7000", and the port be 0.
func parseBindto(text string) (addr.Addr, error) {
	host, port, err := addr.ParseHostPort(text)
	if len(text) > 0 && text[0] == ':' {
		host, port, err = "0", text[1:], nil
	}
	if err != nil {
		return addr.Addr{}, err
	}
	ip, ok := addr.ParseIP(unix.AF_UNSPEC, host)
	if !ok {
		return addr.Addr{}, &addr.Error{What: "bindto", Want: "a numeric address", Got: host}
	}
	if port == "" {
		port = "0"
	}
	n, err := addr.ParsePort(port)
	return addr.Inet(ip, n), err
}

// local is the local address that a socket of a family shall have; zero for any.
func (ctx *streamContext) local(family int) addr.Addr {
	a, err := parseBindto(ctx.bindto)
	if err != nil || ctx.bindto == "" {
		return addr.Addr{}
	}
	if a.Family != family && a.IP.IsUnspecified() { // only the port matters
		return addr.Addr{Family: family, Port: a.Port}
	}
	return a
}

// prepare sets the options of a socket before it binds or connects.
func (ctx *streamContext) prepare(s *sock.Sock) error {
	inet := s.Family() != unix.AF_UNIX
	var err error
	set := func(on bool, level, name int) {
		if on && err == nil {
			err = s.Setsockopt(level, name, 1)
		}
	}
	set(ctx.reuseport && inet, unix.SOL_SOCKET, unix.SO_REUSEPORT)
	set(ctx.broadcast && s.Type() == unix.SOCK_DGRAM, unix.SOL_SOCKET, unix.SO_BROADCAST)
	set(ctx.keepalive && s.Type() == unix.SOCK_STREAM, unix.SOL_SOCKET, unix.SO_KEEPALIVE)
	return err
}

// connected sets the options of a connection.
func (ctx *streamContext) connected(s *sock.Sock) error {
	if ctx.nodelay && s.Type() == unix.SOCK_STREAM && s.Family() != unix.AF_UNIX {
		return s.Setsockopt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	return nil
}

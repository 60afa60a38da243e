package php

import (
	"strconv"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var dialRows = []bind.Row{
	differs(row("fsockopen(string $hostname, int $port = -1, &$error_code = null, &$error_message = null, ?float $timeout = null): mixed", "Connects and gives a stream; on failure error_code and error_message tell why.", fsockopen),
		"the errors of an unknown transport and of a wrong time-out are whole (D13)"),
	differs(row("pfsockopen(string $hostname, int $port = -1, &$error_code = null, &$error_message = null, ?float $timeout = null): mixed", "Is fsockopen that gives the same stream again as long as the connection stands.", pfsockopen),
		"as fsockopen; the connection is kept for the VM, not for a process of a web server"),
	differs(row("stream_socket_client(string $address, &$error_code = null, &$error_message = null, ?float $timeout = null, int $flags = STREAM_CLIENT_CONNECT, resource $context = null): mixed", "Connects to \"tcp://host:port\", \"udp://host:port\", \"unix:///path\", \"udg:///path\" and gives a stream.", streamSocketClient),
		"as fsockopen"),
}

// The flags of stream_socket_client.
const (
	clientPersistent = 1
	clientAsync      = 2
	clientConnect    = 4
)

// dialing is what is wanted of a new connection.
type dialing struct {
	url     string
	shown   string // the URL as the warning has it
	timeout time.Duration
	flags   int
	context *lua.LUserData // nil for none
}

// open returns a stream, an error number and an error text.
func (k call) open(d dialing) int {
	st, key := k.state(), d.url
	if d.flags&clientPersistent != 0 {
		if object := st.reuse(key); object != nil {
			return k.Return(object, bind.Int(0), lua.LString(""))
		}
	}
	object, err := k.connect(d)
	if err != nil {
		failure := k.openErrorOf(err)
		k.warn("Unable to connect to %s (%s)", cut(d.shown), orUnknown(failure.text))
		return k.no(bind.Int(failure.code), lua.LString(failure.text))
	}
	if d.flags&clientPersistent != 0 {
		st.kept[key] = object
	}
	return k.Return(object, bind.Int(0), lua.LString(""))
}

// connect makes a connection, with TLS where the URL has it, a stream.
func (k call) connect(d dialing) (*lua.LUserData, error) {
	deadline := k.vm().Loop().Deadline(d.timeout)
	s, e, err := k.dial(d, deadline)
	if err != nil {
		return nil, err
	}
	object := k.newStream(s, d.context)
	fp, _ := luasock.StreamOf(object)
	a := attached(fp)
	a.host, a.port = e.host, e.port
	if e.method != 0 && d.flags&(clientConnect|clientAsync) == clientConnect {
		err = k.secure(fp, e.method|client, deadline)
	}
	return object, err
}

func orUnknown(text string) string {
	if text == "" {
		return "Unknown error"
	}
	return text
}

// newStream makes a socket a stream with a context.
func (k call) newStream(s *sock.Sock, context *lua.LUserData) *lua.LUserData {
	object := k.vm().NewStream(s, "", "")
	fp, _ := luasock.StreamOf(object)
	attached(fp).context = context
	return object
}

// dial connects.
func (k call) dial(d dialing, deadline time.Time) (s *sock.Sock, e endpoint, err error) {
	if e, err = k.endpoint(d.url, deadline); err != nil {
		return nil, e, err
	}
	setup := func(s *sock.Sock, to addr.Addr) error {
		k.prepare(s, d.context)
		k.bindTo(s, to.Family, d.context)
		return nil
	}
	switch {
	case d.flags&clientAsync != 0:
		s, err = k.net().DialAsync(e.list, e.typ, setup)
	case d.flags&clientConnect == 0:
		s, err = k.net().Socket(e.list[0].Family, e.typ, 0)
	default:
		s, err = k.net().Dial(e.list, e.typ, deadline, setup)
	}
	return s, e, err
}

// prepare sets the options of a new socket that its context has.
func (k call) prepare(s *sock.Sock, context *lua.LUserData) {
	inet := s.Family() != unix.AF_UNIX
	if truth(contextOption(context, "socket", "so_broadcast")) && inet && s.Type() == unix.SOCK_DGRAM {
		s.Setsockopt(unix.SOL_SOCKET, unix.SO_BROADCAST, 1)
	}
	if truth(contextOption(context, "socket", "so_reuseport")) && inet {
		s.Setsockopt(unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}
	k.noDelay(s, context)
}

// noDelay sets TCP_NODELAY if the context has it.
func (k call) noDelay(s *sock.Sock, context *lua.LUserData) {
	if s.Family() != unix.AF_UNIX && s.Type() == unix.SOCK_STREAM && truth(contextOption(context, "socket", "tcp_nodelay")) {
		s.Setsockopt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
}

// bindTo gives a socket the local address of its context. One that cannot be
// read, or is of another family, counts as none; a failure is warned of.
func (k call) bindTo(s *sock.Sock, family int, context *lua.LUserData) {
	text, ok := contextOption(context, "socket", "bindto").(lua.LString)
	if !ok || family == unix.AF_UNIX {
		return
	}
	host, port, err := parseAddress(string(text))
	if err != nil {
		return
	}
	ip, ok := addr.ParseIP(family, host)
	if !ok {
		return
	}
	if err := s.Bind(addr.Inet(ip, port)); err != nil {
		k.warn("Failed to bind to '%s:%d', system said: %s", host, port, strerror(errno(err)))
	}
}

// optTimeout is argument i in seconds; nil is default_socket_timeout.
func (k call) optTimeout(i int) time.Duration {
	if !k.has(i) {
		return timeout
	}
	return seconds(k.float(i))
}

func fsockopen(k call) int { return k.openSocket(clientConnect) }

func pfsockopen(k call) int { return k.openSocket(clientConnect | clientPersistent) }

func (k call) openSocket(flags int) int {
	const most = 18446744073709 // seconds
	if f := k.float(5); k.has(5) && f != -1 && !(f >= 0 && f <= most) {
		k.valueError(5, "must be -1 or between 0 and %d", int64(most))
	}
	host, port := k.text(1), k.optInt(2, -1)
	d := dialing{url: host, shown: host + ":" + strconv.Itoa(port), timeout: k.optTimeout(5), flags: flags}
	if port > 0 {
		d.url = d.shown
	}
	return k.open(d)
}

func streamSocketClient(k call) int {
	url := k.text(1)
	return k.open(dialing{
		url: url, shown: url, timeout: k.optTimeout(4), flags: k.optInt(5, clientConnect), context: k.context(6),
	})
}

// reuse gives the persistent stream under a key, if its connection stands.
func (st *state) reuse(key string) *lua.LUserData {
	object := st.kept[key]
	if object == nil {
		return nil
	}
	if fp, _ := luasock.StreamOf(object); fp.IsClosed() || fp.EOF() {
		delete(st.kept, key)
		return nil
	}
	return object
}

// persistent tells whether a stream is kept.
func (st *state) persistent(fp *luasock.Stream) bool {
	for _, object := range st.kept {
		if kept, _ := luasock.StreamOf(object); kept == fp {
			return true
		}
	}
	return false
}

// forget keeps a stream no longer.
func (st *state) forget(fp *luasock.Stream) {
	for key, object := range st.kept {
		if kept, _ := luasock.StreamOf(object); kept == fp {
			delete(st.kept, key)
		}
	}
}

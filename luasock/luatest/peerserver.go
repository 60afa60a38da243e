package luatest

import (
	"errors"
	"net/netip"
	"path/filepath"
	"strconv"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

var serverRows = []bind.Row{
	{Name: "server", Sig: "server(handler [, options])", Returns: "Server", Doc: "Starts a server on a free port of 127.0.0.1. handler(stream, peer) runs in a task for each connection, whose Stream is closed after it; an error in it fails the test. Options: host; udp = true, where each peer is a connection; unix = true or a path; tls = true, a test.certificate, or options as a context's ssl; a client trusts {ssl = {cafile = server.ca}}.", Fn: testServer},
}

var serverClass = &bind.Class{
	Name:   "Server",
	Doc:    "A server of a test. test.server makes it.",
	String: func(v any) string { return v.(*server).String() },
	Fields: []bind.Field{
		{Name: "host", Doc: "Where it listens: an address, of AF_UNIX the path.", Get: func(_ bind.Call, v any) lua.LValue { return lua.LString(v.(*server).host) }},
		{Name: "port", Doc: "Its port, of AF_UNIX 0.", Get: func(_ bind.Call, v any) lua.LValue { return bind.Int(v.(*server).port) }},
		{Name: "url", Doc: "As stream_client takes it: \"tcp://127.0.0.1:40001\".", Get: func(_ bind.Call, v any) lua.LValue { return lua.LString(v.(*server).url) }},
		{Name: "ca", Doc: "With tls = true or a test.certificate the path of the authority's certificate, else nil.", Get: func(_ bind.Call, v any) lua.LValue { return v.(*server).ca }},
		{Name: "connections", Doc: "How many it has accepted.", Get: serverConnections},
		{Name: "errors", Doc: "A list of the errors that ended handlers.", Get: serverErrors},
		{Name: "close", Doc: "A function: server:close() closes the server and its connections.", Get: serverClose},
	},
}

// server accepts connections for a test and hands each to a handler.
type server struct {
	vm       *luasock.VM
	scope    *scope
	owned    *resource
	handler  *lua.LFunction
	listener *sock.Sock
	secure   func(*lua.LUserData) error // makes an accepted Stream speak TLS; nil for none
	ca       lua.LValue                 // of TLS

	host, url string
	port      int

	accepted int
	talks    map[*talk]struct{}
	errors   []string
	closed   bool
	closing  *lua.LFunction // the field close
}

// talk is one connection.
type talk struct {
	stream *luasock.Stream
	task   *loop.Task
}

func (s *server) String() string {
	if s.closed {
		return "server: closed"
	}
	return "server: " + s.url
}

// serverOptions are the second argument of test.server.
type serverOptions struct {
	ip   netip.Addr
	udp  bool
	path string // of AF_UNIX; "" for none

	secure func(*lua.LUserData) error // of TLS
	ca     lua.LValue
}

func testServer(c bind.Call) int {
	vm, s := c.Host().(*luasock.VM), current(c)
	srv := &server{
		vm: vm, scope: s, handler: c.Func(1), talks: map[*talk]struct{}{},
	}
	o := serverOptionsArg(c, 2)
	srv.secure, srv.ca = o.secure, o.ca
	if err := srv.listen(o); err != nil {
		c.Raise("test.server: %s", err)
	}
	s.exempt(srv.listener.ID())
	vm.Loop().Ref() // somebody outside may connect
	srv.owned = s.own(srv.String(), srv.close)
	if o.udp {
		s.serve(vm, srv.url+" receives", srv.receive)
	} else {
		s.serve(vm, srv.url+" accepts", srv.accept)
	}
	return c.Return(c.Env().New(serverClass, srv))
}

// serverOptionsArg reads argument i.
func serverOptionsArg(c bind.Call, i int) serverOptions {
	o := serverOptions{ip: loopback, ca: lua.LNil}
	if !c.Has(i) {
		return o
	}
	f := c.Fields(i)
	f.Only("host", "udp", "unix", "tls")
	if f.Has("host") {
		ip, err := netip.ParseAddr(f.Bytes("host"))
		if err != nil {
			f.Wrong("host", "an address of this machine")
		}
		o.ip = ip
	}
	o.udp = flag(f, "udp")
	switch path := f.Get("unix").(type) {
	case lua.LString:
		o.path = string(path)
	default:
		if flag(f, "unix") {
			o.path = filepath.Join(tempDir(c), "socket")
		}
	}
	secure := lua.LVAsBool(f.Get("tls"))
	if o.udp && (o.path != "" || secure) {
		f.Bad("udp", "goes with neither unix nor tls")
	}
	if secure {
		o.secure, o.ca = serverTLS(c, i)
	}
	return o
}

// flag reads a boolean, false when the key is absent.
func flag(f bind.Fields, key string) bool {
	if !f.Has(key) {
		return false
	}
	on, ok := f.Get(key).(lua.LBool)
	if !ok {
		f.Wrong(key, "a boolean")
	}
	return bool(on)
}

// listen makes the socket.
func (s *server) listen(o serverOptions) error {
	at, typ, scheme := addr.Inet(o.ip, 0), unix.SOCK_STREAM, "tcp"
	var err error
	switch {
	case o.udp:
		typ, scheme = unix.SOCK_DGRAM, "udp"
	case o.path != "":
		scheme = "unix"
		at, err = addr.Unix(o.path)
	case o.secure != nil:
		scheme = "tls"
	}
	if err != nil {
		return err
	}
	if s.listener, err = listenOn(s.vm.Net(), at, typ); err != nil {
		return err
	}
	if at, err = s.listener.Getsockname(); err != nil {
		return err
	}
	s.host, s.port, s.url = endpoint(scheme, at)
	return nil
}

// listenOn makes a socket that listens, or receives, at an address.
func listenOn(n *sock.Net, at addr.Addr, typ int) (*sock.Sock, error) {
	s, err := n.Socket(at.Family, typ, 0)
	if err != nil {
		return nil, err
	}
	if err = s.Bind(at); err == nil && typ == unix.SOCK_STREAM {
		err = s.Listen(unix.SOMAXCONN)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// endpoint says where a socket is: as host and port, and as a URL.
func endpoint(scheme string, at addr.Addr) (host string, port int, url string) {
	if at.Family == unix.AF_UNIX {
		return at.Path, 0, scheme + "://" + at.Path
	}
	return at.IP.String(), at.Port, scheme + "://" + at.String()
}

// accept takes connections until the listener is closed.
func (s *server) accept() {
	for {
		c, err := s.listener.AcceptBy(time.Time{})
		switch {
		case err == nil:
			s.begin(c)
		case s.closed || errors.Is(err, sock.ErrClosedUnder):
			return
		case errors.Is(err, unix.ECONNABORTED):
		default:
			s.scope.fail("%s: %s", s.url, err)
			return
		}
	}
}

// begin gives a connection to the handler.
func (s *server) begin(c *sock.Sock) {
	s.accepted++
	s.scope.exempt(c.ID())
	peer := ""
	if a, err := c.Getpeername(); err == nil {
		peer = a.String()
	}
	object := s.vm.NewStream(c, "", "")
	if s.secure != nil {
		if err := s.secure(object); err != nil {
			s.scope.fail("%s: %s", s.url, err)
		}
	}
	t := &talk{stream: object.Value.(*luasock.Stream)}
	name := "handler of " + s.url + " #" + strconv.Itoa(s.accepted)
	t.task = s.scope.handle(s.vm, name, func(L *lua.LState) {
		defer s.end(t)
		_, err := s.vm.Call(L, s.handler, object, lua.LString(peer))
		s.failed(L, name, err)
	})
	s.talks[t] = struct{}{}
}

// failed notes the error that ended a handler.
func (s *server) failed(L *lua.LState, name string, err error) {
	var failure *luasock.Error
	if !errors.As(err, &failure) || failure.Value == bind.Kill {
		return
	}
	s.errors = append(s.errors, s.scope.file.message(L, failure.Value))
	s.scope.failWith(L, name, failure)
}

// end closes a connection after its handler.
func (s *server) end(t *talk) {
	delete(s.talks, t)
	if !t.stream.IsClosed() {
		t.stream.Close()
	}
}

// close ends the server. What clients have sent is given to the handlers first, so
// that a test whose last act is to send learns of a handler's error.
func (s *server) close() error {
	if s.closed {
		return nil
	}
	settle(s.vm.Loop())
	if s.closed {
		return nil
	}
	s.closed = true
	s.listener.Close()
	s.vm.Loop().Unref()
	for t := range s.talks {
		t.task.Kill()
	}
	settle(s.vm.Loop()) // a stream that closed first would give the handler an end that it may complain of
	for t := range s.talks {
		s.end(t)
	}
	return nil
}

func serverConnections(_ bind.Call, v any) lua.LValue {
	s := v.(*server)
	settle(s.vm.Loop())
	return bind.Int(s.accepted)
}

func serverErrors(c bind.Call, v any) lua.LValue {
	s := v.(*server)
	settle(s.vm.Loop())
	list := c.L.NewTable()
	for _, text := range s.errors {
		list.Append(lua.LString(text))
	}
	return list
}

func serverClose(c bind.Call, v any) lua.LValue {
	s := v.(*server)
	if s.closing == nil {
		s.closing = member(c, s, &bind.Row{Name: "close", Sig: "close()", Fn: func(c bind.Call) int {
			s.owned.release()
			return c.Done(s.close())
		}})
	}
	return s.closing
}

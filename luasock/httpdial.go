package luasock

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// httpCaller is the request for which a dial is made. net/http lets a dial go on
// when its request has ended; we do not.
type httpCaller struct {
	L     *lua.LState     // that waits for the answer
	group any             // of its task, to which the connection belongs
	ended <-chan struct{} // is closed when the request has ended
	asked atomic.Bool     // a server wanted a client's certificate, and there is none

	mu    sync.Mutex
	dials []*httpDial
}

// httpCallerKey finds the httpCaller in a context.
type httpCallerKey struct{}

// add notes a dial.
func (r *httpCaller) add(d *httpDial) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dials = append(r.dials, d)
}

// abandon closes what was dialed: it may be in the middle of a handshake that
// never ends.
func (r *httpCaller) abandon() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.dials {
		d.session.vm.Post(d.drop)
	}
}

// hasNoCertificate is a client's answer to a server that wants a certificate. Under
// TLS 1.3 the server refuses that after the handshake, and the alert that says why
// may get lost.
func hasNoCertificate(i *tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if caller, ok := i.Context().Value(httpCallerKey{}).(*httpCaller); ok {
		caller.asked.Store(true)
	}
	return &tls.Certificate{}, nil
}

// dialer gives net/http connections that are sockets of the VM's.
func (s *httpSession) dialer(route httpRoute) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		caller := ctx.Value(httpCallerKey{}).(*httpCaller)
		d := &httpDial{session: s, caller: caller, ctx: ctx, host: host, port: port, unixSocket: route.unixSocket, result: make(chan httpDialed, 1)}
		d.redirect(route.resolve)
		caller.add(d)
		return d.conn()
	}
}

// httpDial is one connection in the making: asked for by a goroutine of
// net/http's, made by a task.
type httpDial struct {
	session    *httpSession
	caller     *httpCaller
	ctx        context.Context
	host, port string
	unixSocket string
	result     chan httpDialed

	task    *loop.Task // of the loop's goroutine, as the two below
	sock    *sock.Sock // that was made
	dropped bool       // nobody waits any more
}

type httpDialed struct {
	conn net.Conn
	err  error
}

// redirect goes elsewhere if the option resolve says so.
func (d *httpDial) redirect(resolve string) {
	for line := range strings.Lines(resolve) {
		from, to, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		host, port, _ := addr.ParseHostPort(from)
		if host != strings.ToLower(d.host) || port != "" && port != d.port {
			continue
		}
		host, port, _ = addr.ParseHostPort(to)
		d.host = host
		if port != "" {
			d.port = port
		}
		return
	}
}

// errDialDropped ends a dial that nobody waits for.
var errDialDropped = errors.New("nobody waits for the connection")

// conn posts the dial to the loop and waits.
func (d *httpDial) conn() (net.Conn, error) {
	s := d.session
	posted := s.vm.Post(func() {
		if d.dropped {
			return
		}
		s.dials[d] = struct{}{}
		d.task = s.vm.loop.Background("http connect", d.run)
		d.task.Group = d.caller.group
	})
	if !posted {
		return nil, ErrClosed
	}
	var err error
	select {
	case r := <-d.result:
		return r.conn, r.err
	case <-d.ctx.Done():
		err = context.Cause(d.ctx)
	case <-d.caller.ended:
		err = errDialDropped
	case <-s.ctx.Done():
		err = context.Cause(s.ctx)
	}
	s.vm.Post(d.drop)
	return nil, err
}

// drop ends the dial, or closes what it has made.
func (d *httpDial) drop() {
	d.dropped = true
	delete(d.session.dials, d)
	if d.task != nil {
		d.task.Cancel(errDialDropped)
	}
	if d.sock != nil && !d.sock.IsClosed() {
		d.sock.Close()
	}
}

// run is the task that connects.
func (d *httpDial) run() {
	s, err := d.connect()
	delete(d.session.dials, d)
	if err != nil {
		d.result <- httpDialed{err: err}
		return
	}
	if d.dropped || d.session.ctx.Err() != nil {
		s.Close()
		d.result <- httpDialed{err: errSessionClosed}
		return
	}
	d.sock = s
	s.Pool()
	d.session.socks = append(d.session.connections(), s)
	d.result <- httpDialed{conn: sock.Conn(s)}
}

// connect finds the addresses and connects to one of them.
func (d *httpDial) connect() (*sock.Sock, error) {
	trace := httptrace.ContextClientTrace(d.ctx)
	list, err := d.addresses(trace)
	if err != nil {
		return nil, err
	}
	d.session.vm.env.Running = d.caller.L // whoever looks sees the request's line
	options := streamContext{nodelay: true, keepalive: true}
	trace.ConnectStart("tcp", d.name())
	s, err := d.session.vm.net.Dial(list, unix.SOCK_STREAM, time.Time{}, func(s *sock.Sock, _ addr.Addr) error {
		return errors.Join(options.prepare(s), options.connected(s))
	})
	trace.ConnectDone("tcp", d.name(), err)
	return s, d.failed(err)
}

// addresses finds the addresses, best first.
func (d *httpDial) addresses(trace *httptrace.ClientTrace) ([]addr.Addr, error) {
	if d.unixSocket != "" {
		a, err := addr.Unix(d.unixSocket)
		return []addr.Addr{a}, err
	}
	port, err := addr.ParsePort(d.port)
	if err != nil {
		return nil, err
	}
	trace.DNSStart(httptrace.DNSStartInfo{Host: d.host})
	found, err := d.session.vm.net.Getaddrinfo(d.host, "", sock.Addrinfo{Type: unix.SOCK_STREAM})
	trace.DNSDone(httptrace.DNSDoneInfo{Err: err})
	var unknown sock.EAI
	if errors.As(err, &unknown) {
		return nil, httpFailed(httpUnresolved, "could not resolve host %s: %s", d.host, unknown)
	}
	var list []addr.Addr
	for _, ai := range found {
		ai.Addr.Port = port
		list = append(list, ai.Addr)
	}
	return list, err
}

// name is where the connection goes, for messages.
func (d *httpDial) name() string {
	if d.unixSocket != "" {
		return d.unixSocket
	}
	return net.JoinHostPort(d.host, d.port)
}

// failed says what could not be reached.
func (d *httpDial) failed(err error) error {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return err
	}
	return httpError{httpUnconnected, fmt.Sprintf("could not connect to %s: %s", d.name(), sock.Strerror(int(errno))), int(errno)}
}

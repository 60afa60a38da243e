package luatest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

var proxyRows = []bind.Row{
	{Name: "proxy", Sig: "proxy(target [, faults])", Returns: "Proxy", Doc: "Starts a relay on a free port of 127.0.0.1 to the target: a port, \"host:port\", a URL or a test.server. Faults: latency, jitter (seconds), rate (bytes a second), corrupt (probability a byte), toward = \"client\", \"server\" or \"both\", seed; for streams slice (bytes a piece), close_after, reset_after, stall_after (bytes of a direction); for datagrams loss, duplicate, reorder (probability each). With the same seed the same conversation meets the same faults.", Fn: testProxy},
}

var proxyClass = &bind.Class{
	Name:   "Proxy",
	Doc:    "A relay that misbehaves. test.proxy makes it.",
	String: func(v any) string { return v.(*proxy).String() },
	Fields: []bind.Field{
		{Name: "host", Doc: "127.0.0.1.", Get: func(_ bind.Call, v any) lua.LValue { return lua.LString(v.(*proxy).host) }},
		{Name: "port", Doc: "Its port.", Get: func(_ bind.Call, v any) lua.LValue { return bind.Int(v.(*proxy).port) }},
		{Name: "url", Doc: "The target's URL with the proxy's host and port.", Get: func(_ bind.Call, v any) lua.LValue { return lua.LString(v.(*proxy).url) }},
		{Name: "seed", Doc: "The seed of its faults.", Get: func(_ bind.Call, v any) lua.LValue { return lua.LNumber(v.(*proxy).faults.seed) }},
		{Name: "set", Doc: "A function: proxy:set(faults) has these faults from now on and no others, on connections that stand too. Without a seed the old one stays.", Get: proxySet},
		{Name: "close", Doc: "A function: proxy:close() closes the proxy and its connections.", Get: proxyClose},
	},
}

// proxy relays between clients and a target.
type proxy struct {
	vm     *luasock.VM
	scope  *scope
	owned  *resource
	target target
	faults *faults

	listener  *sock.Sock
	host, url string
	port      int

	conns  int // how many there were
	relays map[*relay]struct{}
	flows  map[addr.Addr]*flow
	closed bool

	setting, closing *lua.LFunction // the fields set and close
}

func (p *proxy) String() string {
	if p.closed {
		return "proxy: closed"
	}
	return fmt.Sprintf("proxy: %s to %s", p.url, p.target)
}

func testProxy(c bind.Call) int {
	vm, s := c.Host().(*luasock.VM), current(c)
	p := &proxy{vm: vm, scope: s, relays: map[*relay]struct{}{}, flows: map[addr.Addr]*flow{}}
	p.target = targetArg(c, 1)
	p.faults = faultsArg(c, 2, p.target.typ == unix.SOCK_DGRAM, s.file.seed())
	var err error
	if p.target.list, err = p.target.resolve(vm.Net()); err == nil {
		p.listener, err = listenOn(vm.Net(), addr.Inet(loopback, 0), p.target.typ)
	}
	if err != nil {
		c.Raise("test.proxy: %s: %s", p.target, err)
	}
	s.hide(p.listener.ID())
	at, _ := p.listener.Getsockname()
	scheme := p.target.scheme
	if scheme == "unix" {
		scheme = "tcp"
	}
	p.host, p.port, p.url = endpoint(scheme, at)
	p.url += p.target.rest
	p.owned = s.own(p.String(), p.close)
	s.note("test.proxy "+p.url+" to "+p.target.String(), func() string { return "faults " + p.faults.text })
	if p.target.typ == unix.SOCK_DGRAM {
		s.serve(vm, p.url+" receives", p.receive)
	} else {
		s.serve(vm, p.url+" accepts", p.accept)
	}
	return c.Return(c.Env().New(proxyClass, p))
}

// target is where a proxy relays to.
type target struct {
	scheme string
	typ    int
	host   string // of AF_UNIX the path
	port   int
	rest   string      // of the URL, behind the port
	list   []addr.Addr // what it resolves to
}

func (t target) String() string {
	if t.scheme == "unix" {
		return t.host
	}
	return fmt.Sprintf("%s:%d", t.host, t.port)
}

// targetArg reads argument i.
func targetArg(c bind.Call, i int) target {
	t := target{scheme: "tcp", typ: unix.SOCK_STREAM, host: "127.0.0.1"}
	switch v := c.Arg(i).(type) {
	case lua.LNumber:
		t.port = c.Int(i, 1, 65535)
		return t
	case lua.LString:
		return parseTarget(c, i, string(v))
	case *lua.LUserData:
		if s, ok := v.Value.(*server); ok {
			return parseTarget(c, i, s.url)
		}
		if p, ok := v.Value.(*proxy); ok {
			return parseTarget(c, i, p.url)
		}
	}
	c.Wrong(i, `a port, "host:port", a URL or a test.server`)
	return t
}

// defaultPorts are those of URLs that need not name one.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// parseTarget reads "host:port" or a URL.
func parseTarget(c bind.Call, i int, text string) target {
	t := target{scheme: "tcp", typ: unix.SOCK_STREAM}
	hostPort := text
	if scheme, rest, ok := strings.Cut(text, "://"); ok {
		t.scheme, hostPort = scheme, rest
	}
	switch t.scheme {
	case "unix":
		t.host = hostPort
		return t
	case "udp":
		t.typ = unix.SOCK_DGRAM
	}
	if at := strings.IndexAny(hostPort, "/?#"); at >= 0 {
		hostPort, t.rest = hostPort[:at], hostPort[at:]
	}
	host, port, err := addr.ParseHostPort(hostPort)
	if err == nil && port == "" {
		port = defaultPorts[t.scheme]
	}
	if err == nil {
		t.host = host
		t.port, err = addr.ParsePort(port)
	}
	if err != nil || t.host == "" || t.port == 0 {
		c.Wrong(i, `a port, "host:port", a URL or a test.server`)
	}
	return t
}

// resolve finds the target's addresses.
func (t target) resolve(n *sock.Net) ([]addr.Addr, error) {
	if t.scheme == "unix" {
		a, err := addr.Unix(t.host)
		return []addr.Addr{a}, err
	}
	found, err := n.Getaddrinfo(t.host, "", sock.Addrinfo{Type: t.typ})
	var list []addr.Addr
	for _, ai := range found {
		ai.Addr.Port = t.port
		list = append(list, ai.Addr)
	}
	return list, err
}

// setFaults takes other faults.
func (p *proxy) setFaults(f *faults) {
	p.faults = f
	for r := range p.relays {
		for _, k := range r.links {
			k.moved.ring(p.vm.Loop())
		}
	}
}

// close ends the proxy and its connections.
func (p *proxy) close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	p.listener.Close()
	for r := range p.relays {
		r.end()
	}
	for _, f := range p.flows {
		f.end()
	}
	return nil
}

func proxySet(c bind.Call, v any) lua.LValue {
	p := v.(*proxy)
	if p.setting == nil {
		p.setting = member(c, p, &bind.Row{Name: "set", Sig: "set(faults)", Fn: func(c bind.Call) int {
			p.setFaults(faultsArg(c, 1, p.target.typ == unix.SOCK_DGRAM, p.faults.seed))
			return c.True()
		}})
	}
	return p.setting
}

func proxyClose(c bind.Call, v any) lua.LValue {
	p := v.(*proxy)
	if p.closing == nil {
		p.closing = member(c, p, &bind.Row{Name: "close", Sig: "close()", Fn: func(c bind.Call) int {
			p.owned.release()
			return c.Done(p.close())
		}})
	}
	return p.closing
}

// bell wakes tasks that wait for a change.
type bell struct{ waiting []*loop.Task }

// wait waits for the next ring, or until the deadline.
func (b *bell) wait(l *loop.Loop, why loop.Why, deadline time.Time) error {
	t := l.Current()
	b.waiting = append(b.waiting, t)
	err := l.Park(why, deadline)
	for i, other := range b.waiting {
		if other == t {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			break
		}
	}
	return err
}

func (b *bell) ring(l *loop.Loop) {
	for _, t := range b.waiting {
		l.Wake(t, nil)
	}
}

// accept takes connections until the listener is closed.
func (p *proxy) accept() {
	for {
		c, err := p.listener.AcceptBy(time.Time{})
		switch {
		case err == nil:
			p.scope.hide(c.ID())
			p.conns++
			r := &relay{p: p, n: p.conns, client: c}
			p.relays[r] = struct{}{}
			r.serve(fmt.Sprintf("%s #%d connects", p.url, r.n), r.connect)
		case p.closed || errors.Is(err, sock.ErrClosedUnder):
			return
		case errors.Is(err, unix.ECONNABORTED):
		default:
			p.scope.fail("%s: %s", p.url, err)
			return
		}
	}
}

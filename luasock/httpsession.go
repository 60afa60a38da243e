package luasock

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/net/publicsuffix"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// httpKeepIdle is how long a session keeps a connection that nobody uses.
const httpKeepIdle = 90 * time.Second

// httpMostIdle is how many of those it keeps for each of its routes, also of one
// server: with net/http's own 2, tasks that share a session would connect anew for
// nearly every request.
const httpMostIdle = 100

var errSessionClosed = httpFailed(httpClosed, "session is closed")

// HTTPSession is a session as scripts have it. When the last reference to it is
// gone, its connections are closed.
type HTTPSession struct{ *httpSession }

// httpSession is what the requests of a session share. net/http's goroutines
// refer to it, and so it must not refer to its HTTPSession. Its fields belong to
// the loop's goroutine, but those that say otherwise.
type httpSession struct {
	vm         *VM
	defaults   *httpOptions
	jar        *cookiejar.Jar // any goroutine's
	transports map[httpRoute]*http.Transport
	socks      []*sock.Sock           // of its connections
	dials      map[*httpDial]struct{} // that are under way
	closed     bool
	ctx        context.Context // any goroutine's: ends with the session and the VM
	cancel     context.CancelCauseFunc
}

// newHTTPSession makes a session whose requests have these options unless they
// say otherwise.
func (vm *VM) newHTTPSession(defaults *httpOptions) *httpSession {
	// It cannot fail.
	jar, _ := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	s := &httpSession{vm: vm, defaults: defaults, jar: jar, transports: map[httpRoute]*http.Transport{}, dials: map[*httpDial]struct{}{}}
	s.ctx, s.cancel = context.WithCancelCause(vm.alive())
	return s
}

// handle is the session as Lua has it.
func (s *httpSession) handle() *HTTPSession {
	h := &HTTPSession{s}
	runtime.AddCleanup(h, func(s *httpSession) { s.vm.Post(s.end) }, s)
	return h
}

// alive is a context that ends with the VM.
func (vm *VM) alive() context.Context {
	if vm.life == nil {
		vm.life, vm.die = context.WithCancelCause(context.Background())
	}
	return vm.life
}

// String is "http session: 2 connections".
func (s *httpSession) String() string {
	if s.closed {
		return "http session: closed"
	}
	return fmt.Sprintf("http session: %d connections", len(s.connections()))
}

// connections are those that are open.
func (s *httpSession) connections() []*sock.Sock {
	s.socks = slices.DeleteFunc(s.socks, (*sock.Sock).IsClosed)
	return s.socks
}

// hangUp closes what is idle as TLS and HTTP/2 have it, with a last word.
func (s *httpSession) hangUp() error {
	var transports []*http.Transport
	for _, t := range s.transports {
		transports = append(transports, t)
	}
	_, err := loop.Await(s.vm.loop, loop.Why{Op: "close"}, time.Time{}, func(context.Context) (struct{}, error) {
		for _, t := range transports {
			t.CloseIdleConnections()
		}
		return struct{}{}, nil
	})
	return err
}

// end closes what is still open. net/http's goroutines find out by themselves.
func (s *httpSession) end() {
	s.cancel(errSessionClosed)
	for d := range s.dials {
		d.drop()
	}
	for _, c := range s.connections() {
		c.Close()
	}
	s.socks = nil
}

// transport gives the transport of a route. Where the route names files the task
// waits until they are read; a fault in one is a *pemError.
func (s *httpSession) transport(route httpRoute) (*http.Transport, error) {
	if t := s.transports[route]; t != nil {
		return t, nil
	}
	config := &tls.Config{}
	if route.hasFiles() {
		var err error
		config, err = loop.Await(s.vm.loop, loop.Why{Op: "read"}, time.Time{}, func(context.Context) (*tls.Config, error) {
			return route.readFiles()
		})
		if err != nil {
			return nil, err
		}
		if t := s.transports[route]; t != nil { // another task was faster
			return t, nil
		}
	}
	if path := os.Getenv("SSLKEYLOGFILE"); path != "" {
		config.KeyLogWriter = keyLog(path)
	}
	if route.cert == "" {
		config.GetClientCertificate = hasNoCertificate
	}
	config.InsecureSkipVerify = route.insecure
	config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	t := &http.Transport{
		Proxy:               route.proxyFunc(),
		DialContext:         s.dialer(route),
		TLSClientConfig:     config,
		ForceAttemptHTTP2:   !route.http1,
		IdleConnTimeout:     httpKeepIdle,
		MaxIdleConns:        httpMostIdle,
		MaxIdleConnsPerHost: httpMostIdle,
		ReadBufferSize:      64 << 10,
		WriteBufferSize:     64 << 10,

		OnProxyConnectResponse: proxyConnected,
	}
	if route.http1 {
		t.TLSNextProto = map[string]func(string, *tls.Conn) http.RoundTripper{}
	}
	s.transports[route] = t
	return t, nil
}

// proxyFunc tells the proxy of a request.
func (r *httpRoute) proxyFunc() func(*http.Request) (*url.URL, error) {
	switch {
	case r.direct || r.unixSocket != "":
		return nil
	case r.proxy != "":
		u, err := parseProxy(r.proxy)
		return func(*http.Request) (*url.URL, error) { return u, err }
	}
	of := httpproxy.FromEnvironment().ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return of(r.URL) }
}

// proxyConnected says what a proxy that does not connect has answered.
func proxyConnected(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return httpFailed(httpProxyRefused, "the proxy does not connect: %s", resp.Status)
	}
	return nil
}

func (r *httpRoute) hasFiles() bool { return r.cafile != "" || r.cert != "" }

// readFiles reads the authorities to trust and the certificate to show. The error
// is a *pemError whose option is one of ours.
func (r *httpRoute) readFiles() (*tls.Config, error) {
	roots, bad := loadRoots(r.cafile, "")
	if bad != nil {
		return nil, bad
	}
	config := &tls.Config{RootCAs: roots}
	if r.cert == "" {
		return config, nil
	}
	pair, bad := loadPair(r.cert, r.key, r.passphrase)
	if bad != nil {
		return nil, &pemError{map[string]string{"local_cert": "cert", "local_pk": "key"}[bad.option], bad.err}
	}
	config.Certificates = []tls.Certificate{*pair}
	return config, nil
}

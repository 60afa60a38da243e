package luasock

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"runtime"
	"strings"
	"time"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
)

// httpExchange is a request with its answer. It belongs to the goroutine that
// makes it, and ends with its context.
type httpExchange struct {
	*httpOptions
	session   *httpSession
	transport *http.Transport
	to        *url.URL
	clock     *httpClock
	redirects int
}

// httpAnswer is what came.
type httpAnswer struct {
	status    int
	reason    string
	protocol  string
	header    http.Header
	body      string
	size      int64 // of the file, of a download
	url       string
	redirects int
	remote    net.Addr
	spent     httpTimeouts
}

// exchange makes a request on a goroutine of its own while the task waits. work
// is what is done there.
func (h httpCall) exchange(o *httpOptions, work func(*httpExchange, context.Context) (*httpAnswer, error)) (*httpAnswer, error) {
	to, err := o.parseURL()
	if err != nil {
		return nil, err
	}
	var s *httpSession
	once := h.session == nil
	if once {
		s = hostOf(h.Call).newHTTPSession(o)
		defer s.end()
	} else {
		s = h.session.httpSession
		defer runtime.KeepAlive(h.session) // its connections would be closed
	}
	transport, err := s.transport(o.route)
	if err != nil {
		return nil, h.fault(err)
	}
	x := &httpExchange{httpOptions: o, session: s, transport: transport, to: to}
	why := loop.Why{Op: "request", On: httpURL(to.Redacted())}
	caller := &httpCaller{L: h.L}
	if t := s.vm.loop.Current(); t != nil {
		caller.group = t.Group
	}
	return loop.Await(s.vm.loop, why, time.Time{}, func(ctx context.Context) (*httpAnswer, error) {
		if once {
			defer transport.CloseIdleConnections()
		}
		return x.run(ctx, caller, work)
	})
}

// fault raises what is wrong with a file that an option names; other errors
// pass.
func (h httpCall) fault(err error) error {
	var fault *pemError
	if errors.As(err, &fault) {
		h.Raise("bad option to '%s' (%s %s)", h.Name(), fault.option, fault)
	}
	return err
}

// httpURL is a URL, for reports of where tasks wait.
type httpURL string

func (n httpURL) String() string { return string(n) }

// run does the work under the clock.
func (x *httpExchange) run(ctx context.Context, caller *httpCaller, work func(*httpExchange, context.Context) (*httpAnswer, error)) (*httpAnswer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(x.session.ctx, func() { cancel(context.Cause(x.session.ctx)) })()
	x.clock = newHTTPClock(x.timeouts, cancel)
	caller.ended = ctx.Done()
	a, err := work(x, httptrace.WithClientTrace(context.WithValue(ctx, httpCallerKey{}, caller), x.clock.trace()))
	spent, remote := x.clock.stop()
	if err != nil {
		if !x.clock.hasConnection() {
			caller.abandon()
		}
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, caller.hint(x.explain(err))
	}
	a.spent, a.remote = spent, remote
	return a, nil
}

// whole makes the request and reads the whole body.
func (x *httpExchange) whole(ctx context.Context) (*httpAnswer, error) {
	resp, err := x.send(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := x.readBody(resp)
	if err != nil {
		return nil, err
	}
	a := x.answerOf(resp)
	a.body = unsafe.String(unsafe.SliceData(body), len(body))
	return a, nil
}

// send makes the request, and those to which redirects lead, up to the head of
// the answer. more, if not nil, are further header fields.
func (x *httpExchange) send(ctx context.Context, more http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, x.method, x.to.String(), nil)
	if err != nil {
		return nil, err
	}
	for name, values := range x.header {
		req.Header[name] = values
	}
	for name, values := range more {
		req.Header[name] = values
	}
	x.finish(req)
	client := http.Client{Transport: x.transport, Jar: x.session.jar, CheckRedirect: x.redirect}
	return client.Do(req)
}

// finish gives the request what net/http has outside the header.
func (x *httpExchange) finish(req *http.Request) {
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	if agent, ok := req.Header["User-Agent"]; ok && len(agent) == 0 {
		req.Header["User-Agent"] = []string{""} // as net/http says none
	}
	if x.auth != nil {
		password, _ := x.auth.Password()
		req.SetBasicAuth(x.auth.Username(), password)
	}
	if x.form && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if x.body == "" {
		if x.method == http.MethodPost || x.method == http.MethodPut || x.method == http.MethodPatch {
			req.Body = http.NoBody
		}
		return
	}
	req.ContentLength = int64(len(x.body))
	req.GetBody = func() (io.ReadCloser, error) {
		return io.NopCloser(&httpBody{strings.NewReader(x.body), x.clock, httpSending}), nil
	}
	// It cannot fail.
	req.Body, _ = req.GetBody()
}

// redirect is asked before each redirect is followed.
func (x *httpExchange) redirect(req *http.Request, via []*http.Request) error {
	if x.follow == 0 {
		return http.ErrUseLastResponse
	}
	if len(via) > x.follow {
		return httpFailed(httpTooFar, "more than %d redirects, the last to %s", x.follow, req.URL.Redacted())
	}
	if referer, ok := x.header["Referer"]; ok && len(referer) == 0 {
		req.Header.Del("Referer") // which net/http adds
	}
	x.redirects = len(via)
	return nil
}

// readBody reads the whole body, if it is not too large.
func (x *httpExchange) readBody(resp *http.Response) ([]byte, error) {
	tooLarge := httpFailed(httpTooLarge, "the body has more than %d bytes (the option max raises the limit, download has none)", x.max)
	if resp.ContentLength > int64(x.max) && resp.Request.Method != http.MethodHead {
		return nil, tooLarge
	}
	r := io.LimitReader(&httpBody{resp.Body, x.clock, "waiting for the rest of the body"}, int64(x.max)+1)
	body, err := readWhole(r, resp.ContentLength)
	switch n := int64(len(body)); {
	case n > int64(x.max):
		return nil, tooLarge
	case resp.Uncompressed && errors.Is(err, io.ErrUnexpectedEOF): // the connection may be whole
		return nil, httpFailed(httpCutShort, "the body's gzip ends too early, after %d bytes of what is in it", n)
	case err != nil:
		return nil, cutShort(err, n, resp.ContentLength)
	}
	return body, nil
}

// readWhole reads all there is. size is how much that is said to be; -1 when nothing
// is. So much memory is taken once an eighth of it has come: whoever lies must
// send what he makes us spend.
func readWhole(r io.Reader, size int64) ([]byte, error) {
	body := make([]byte, 0, min(max(size, 0), 1<<20)+bytes.MinRead)
	for {
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, nil
		}
		if err != nil {
			return body, err
		}
		if len(body) == cap(body) {
			more := len(body)
			if left := int(size) - more; left > 0 && left < 8*more {
				more = left + bytes.MinRead
			}
			body = append(make([]byte, 0, len(body)+more), body...)
		}
	}
}

func (x *httpExchange) answerOf(resp *http.Response) *httpAnswer {
	_, reason, _ := strings.Cut(resp.Status, " ")
	return &httpAnswer{
		status:    resp.StatusCode,
		reason:    reason,
		protocol:  resp.Proto,
		header:    resp.Header,
		url:       resp.Request.URL.Redacted(),
		redirects: x.redirects,
	}
}

// answerTable is the answer as Lua has it.
func (vm *VM) answerTable(a *httpAnswer, body bool) *lua.LTable {
	t := vm.L.NewTable()
	t.RawSetString("status", bind.Int(a.status))
	t.RawSetString("reason", lua.LString(a.reason))
	t.RawSetString("protocol", lua.LString(a.protocol))
	t.RawSetString("url", lua.LString(a.url))
	t.RawSetString("redirects", bind.Int(a.redirects))
	if body {
		t.RawSetString("body", lua.LString(a.body))
	}
	timings := vm.L.NewTable()
	for phase, name := range httpPhaseNames {
		if httpPhase(phase) != httpIdle {
			timings.RawSetString(name, lua.LNumber(a.spent[phase].Seconds()))
		}
	}
	t.RawSetString("timings", timings)
	switch remote := a.remote.(type) {
	case *net.TCPAddr:
		t.RawSetString("remote_address", lua.LString(remote.AddrPort().Addr().String()))
		t.RawSetString("remote_port", bind.Int(remote.Port))
	case *net.UnixAddr:
		t.RawSetString("remote_address", lua.LString(remote.Name))
	}
	joined, lists := vm.headerTables(a.header)
	t.RawSetString("headers", joined)
	t.RawSetString("header_values", lists)
	return t
}

package luasock

import (
	"net/http"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// httpName is the name of the module.
const httpName = "http"

var httpModule = &bind.Module{
	Name:    httpName,
	Doc:     "HTTP/1.1 and HTTP/2, as curl has it. A request suspends only its task. Options are a table: headers = {name = value or list of values}; body = string, or form = {name = value}; query = {name = value}; timeout = seconds for the whole, or {dns=, connect=, tls=, first_byte=, idle=, total=} of which each but total is 60 unless said, false for none; follow = the most redirects, 10 unless said, or false; auth = \"user:password\" or {user, password}; max = the most bytes of a body, 268435456 unless said; proxy = URL (http, https, socks5) or false, what the environment says (http_proxy, https_proxy, no_proxy) unless said; verify = false accepts any certificate; cafile = path of the authorities to trust instead of the system's; cert, key, passphrase = the certificate to show: paths, and what opens the key; unix_socket = path to connect to; resolve = {[\"host:port\"] = \"address:port\"}; http2 = false.",
	Rows:    httpRows,
	Classes: []bind.Methods{{Class: httpSessionClass, Rows: httpSessionMethods}},
}

var httpRows = []bind.Row{
	{Name: "request", Sig: "request(options)", Returns: "table answer or error", Doc: "Makes the request that options.url and options.method say and returns {status=, reason=, headers=, header_values=, body=, url=, protocol=, redirects=, remote_address=, remote_port=, timings={dns=, connect=, tls=, first_byte=, total=}}; nil, message, errno when there is no answer. A fourth result says what failed: \"url\", \"resolve\", \"connect\", \"proxy\", \"tls\", \"certificate\", \"timeout\", \"empty\", \"protocol\", \"lost\", \"partial\", \"size\", \"redirects\", \"status\", \"file\" or \"closed\". A status of 400 or more is an answer. headers finds a name in any case and joins the values of one with \", \", header_values has the list of them. timings are the seconds that each part took. The connection is closed when the call returns; a session keeps it.", PHP: "curl_exec", Fn: httpRequest},
	{Name: "get", Sig: "get(url [, options])", Returns: "table answer or error", Doc: "Is request with the method GET.", Fn: httpGet},
	{Name: "post", Sig: "post(url, body [, options])", Returns: "table answer or error", Doc: "Is request with the method POST and a body; nil where options.form is the body.", Fn: httpPost},
	{Name: "download", Sig: "download(url, path [, options])", Returns: "integer size, table answer or error", Doc: "Fetches into a file and returns its size in bytes and the answer, without body; nil, message, errno when the status is not 200 or the file cannot be written. Until it is complete the file is path.part; a later call goes on where that ends, unless the file on the server has changed. A terminal shows how far it is; options.progress = false does not.", Fn: httpDownload},
	{Name: "session", Sig: "session([options])", Returns: "Session", Doc: "Returns a Session, which keeps cookies and connections for its next requests. The options are those of each of its requests, unless the request has its own.", Fn: httpNewSession},
}

var httpSessionClass = &bind.Class{
	Name:   "Session",
	Doc:    "HTTP requests that share cookies and connections. http.session makes it. An idle connection shows in socket.list() as connected; it keeps no script from ending, and closes after 90 seconds, with the session, or when that is unreachable.",
	String: func(v any) string { return v.(*HTTPSession).String() },
}

var httpSessionMethods = []bind.Row{
	{Name: "request", Sig: "s:request(options)", Returns: "table answer or error", Doc: "Is http.request in the session.", Fn: httpRequest},
	{Name: "get", Sig: "s:get(url [, options])", Returns: "table answer or error", Doc: "Is http.get in the session.", Fn: httpGet},
	{Name: "post", Sig: "s:post(url, body [, options])", Returns: "table answer or error", Doc: "Is http.post in the session.", Fn: httpPost},
	{Name: "download", Sig: "s:download(url, path [, options])", Returns: "integer size, table answer or error", Doc: "Is http.download in the session.", Fn: httpDownload},
	{Name: "cookies", Sig: "s:cookies(url)", Returns: "table", Doc: "Returns the cookies that a request to the URL would carry, as {name = value}.", Fn: httpCookies},
	{Name: "close", Sig: "s:close()", Returns: "boolean", Doc: "Closes the session's connections. A request under way returns nil, \"session is closed\", 0.", Fn: httpSessionClose},
}

// httpCall is a call of one of the rows, as a function or as a method.
type httpCall struct {
	bind.Call
	session *HTTPSession // nil for a function: each call has its own
	at      int          // where the arguments begin
}

func newHTTPCall(c bind.Call) httpCall {
	if c.Module() == httpName {
		return httpCall{Call: c, at: 1}
	}
	s := bind.Object[*HTTPSession](c, 1, httpSessionClass)
	if s.closed {
		c.Bad(1, "session is closed")
	}
	return httpCall{Call: c, session: s, at: 2}
}

// defaults are the options of a request that says nothing.
func (h httpCall) defaults() *httpOptions {
	if h.session == nil {
		return newHTTPOptions()
	}
	return h.session.defaults.clone()
}

func httpRequest(c bind.Call) int {
	h := newHTTPCall(c)
	f := c.Fields(h.at)
	f.Only(append([]string{"url", "method"}, httpRequestKeys...)...)
	o := h.defaults()
	o.url = f.Bytes("url")
	o.method = httpMethod(f)
	o.read(f)
	return h.answer(o)
}

func httpGet(c bind.Call) int {
	h := newHTTPCall(c)
	return h.answer(h.options(h.at+1, c.Bytes(h.at), http.MethodGet))
}

func httpPost(c bind.Call) int {
	h := newHTTPCall(c)
	url := c.Bytes(h.at)
	if _, table := c.Arg(h.at + 1).(*lua.LTable); table {
		c.Bad(h.at+1, "body must be a string, got a table; a form is the option form")
	}
	body := c.OptBytes(h.at+1, "")
	o := h.options(h.at+2, url, http.MethodPost)
	if c.Has(h.at + 1) {
		if o.body != "" {
			c.Bad(h.at+2, "options must have no body or form beside the argument body")
		}
		o.body = body
	}
	return h.answer(o)
}

// options are the session's with those of argument i.
func (h httpCall) options(i int, url, method string) *httpOptions {
	o := h.defaults()
	o.url, o.method = url, method
	if h.Has(i) {
		f := h.Fields(i)
		f.Only(httpRequestKeys...)
		o.read(f)
	}
	return o
}

// answer makes the request and returns what came.
func (h httpCall) answer(o *httpOptions) int {
	a, err := h.exchange(o, (*httpExchange).whole)
	if err != nil {
		return h.fail(err)
	}
	return h.Return(hostOf(h.Call).answerTable(a, true))
}

// fail returns nil, message, errno and the kind of the error.
func (h httpCall) fail(err error) int {
	n := h.Fail(err)
	if known, ok := err.(httpError); ok {
		n += h.Text(string(known.kind))
	}
	return n
}

func httpNewSession(c bind.Call) int {
	o := newHTTPOptions()
	if c.Has(1) {
		f := c.Fields(1)
		f.Only(httpKeys...)
		o.read(f)
	}
	vm := hostOf(c)
	return c.Return(vm.env.New(httpSessionClass, vm.newHTTPSession(o).handle()))
}

func httpCookies(c bind.Call) int {
	h := newHTTPCall(c)
	o := httpOptions{url: c.Bytes(h.at)}
	u, err := o.parseURL()
	if err != nil {
		return h.fail(err)
	}
	t := c.L.NewTable()
	for _, cookie := range h.session.jar.Cookies(u) {
		t.RawSetString(cookie.Name, lua.LString(cookie.Value))
	}
	return c.Return(t)
}

func httpSessionClose(c bind.Call) int {
	h := newHTTPCall(c)
	h.session.closed = true
	err := h.session.hangUp()
	h.session.end()
	return c.Done(err)
}

package luasock

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/http/httpguts"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/stream"
)

// What a request is unless its options say otherwise.
const (
	httpFollow  = 10        // redirects
	httpMaxBody = 256 << 20 // bytes
)

// httpKeys are the options of a session, httpRequestKeys those of one request.
var (
	httpKeys = []string{
		"headers", "timeout", "follow", "auth", "max", "progress",
		"proxy", "verify", "cafile", "cert", "key", "passphrase", "unix_socket", "resolve", "http2",
	}
	httpRequestKeys = append([]string{"body", "form", "query"}, httpKeys...)
)

// httpOptions say what a request is to be.
type httpOptions struct {
	method string
	url    string // as it was given
	query  string // encoded, to be added to the URL's
	// header has the names as net/http spells them. An empty list leaves out what
	// would be sent unasked.
	header   http.Header
	body     string
	form     bool // the body is a form
	timeouts httpTimeouts
	follow   int // the most redirects
	auth     *url.Userinfo
	max      int // the most bytes of a body
	progress bool
	route    httpRoute
}

// httpRoute is how connections are made. Requests of one session share those of
// one route.
type httpRoute struct {
	proxy      string // a URL; "" for what the environment says
	direct     bool   // without a proxy
	unixSocket string
	resolve    string // "from to" a line, sorted
	insecure   bool
	cafile     string
	cert, key  string
	passphrase string
	http1      bool
}

func newHTTPOptions() *httpOptions {
	return &httpOptions{
		header:   http.Header{"User-Agent": {"sockscript"}, "Accept": {"*/*"}},
		timeouts: newHTTPTimeouts(stream.DefaultTimeout),
		follow:   httpFollow,
		max:      httpMaxBody,
		progress: true,
	}
}

func (o *httpOptions) clone() *httpOptions {
	c := *o
	c.header = maps.Clone(o.header)
	return &c
}

// read takes in what a table has; what it has not stays.
func (o *httpOptions) read(f bind.Fields) {
	if f.Has("headers") {
		o.readHeaders(f.Sub("headers"))
	}
	o.body = f.OptBytes("body", o.body)
	if f.Has("form") {
		if f.Has("body") {
			f.Bad("form", "must not stand beside body")
		}
		o.form, o.body = true, httpValues(f, "form")
	}
	if f.Has("query") {
		o.query = httpValues(f, "query")
	}
	o.timeouts.read(f)
	o.readFollow(f)
	o.readAuth(f)
	o.max = f.OptInt("max", o.max, 0, math.MaxInt32)
	o.progress = f.OptBool("progress", o.progress)
	o.route.read(f)
}

// readHeaders takes names with a value or a list of them; false leaves a name
// out.
func (o *httpOptions) readHeaders(f bind.Fields) {
	f.Table().ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok || !httpguts.ValidHeaderFieldName(string(name)) {
			f.Bad("", "must have names of header fields as keys, got %s", bind.Describe(k))
		}
		canonical := http.CanonicalHeaderKey(string(name))
		if canonical == "Content-Length" || canonical == "Transfer-Encoding" || canonical == "Trailer" {
			f.Bad(string(name), "cannot be set: it follows from the body")
		}
		if v == lua.LFalse {
			o.header[canonical] = []string{}
			return
		}
		o.header[canonical] = texts(f, string(name), func(s string) string {
			if !httpguts.ValidHeaderFieldValue(s) {
				return "free of control characters"
			}
			return ""
		})
	})
}

// texts reads a string or a list of them. wrong says what each must be when it is
// not.
func texts(f bind.Fields, key string, wrong func(string) string) []string {
	values := []lua.LValue{f.Get(key)}
	if values[0].Type() == lua.LTTable {
		values = f.List(key)
	}
	var list []string
	for _, v := range values {
		s, ok := bind.Text(v)
		if !ok {
			f.Bad(key, "must be a string or a list of strings, got %s", bind.Describe(v))
		}
		if want := wrong(s); want != "" {
			f.Bad(key, "must be %s, got %s", want, bind.Describe(v))
		}
		list = append(list, s)
	}
	return list
}

// httpValues encodes names and values as forms and queries have them, sorted by
// name.
func httpValues(f bind.Fields, key string) string {
	values, sub := url.Values{}, f.Sub(key)
	sub.Table().ForEach(func(k, _ lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok {
			f.Bad(key, "must have strings as keys, got %s", bind.Describe(k))
		}
		values[string(name)] = texts(sub, string(name), func(string) string { return "" })
	})
	return values.Encode()
}

func (o *httpOptions) readFollow(f bind.Fields) {
	switch f.Get("follow") {
	case lua.LNil:
	case lua.LFalse:
		o.follow = 0
	case lua.LTrue:
		o.follow = httpFollow
	default:
		o.follow = f.Int("follow", 0, math.MaxInt16)
	}
}

func (o *httpOptions) readAuth(f bind.Fields) {
	const want = "\"user:password\" or {user, password}"
	switch v := f.Get("auth").(type) {
	case *lua.LNilType:
	case lua.LString:
		user, password, ok := strings.Cut(string(v), ":")
		if !ok {
			f.Bad("auth", "must be %s, got a text without a colon", want) // it may be a password
		}
		o.auth = url.UserPassword(user, password)
	case *lua.LTable:
		pair := texts(f, "auth", func(string) string { return "" })
		if len(pair) != 2 {
			f.Bad("auth", "must be %s, got a list of %d", want, len(pair))
		}
		o.auth = url.UserPassword(pair[0], pair[1])
	default:
		f.Wrong("auth", want)
	}
}

func (r *httpRoute) read(f bind.Fields) {
	switch v := f.Get("proxy").(type) {
	case *lua.LNilType:
	case lua.LBool:
		if v {
			f.Wrong("proxy", "a URL or false")
		}
		r.proxy, r.direct = "", true
	default:
		r.proxy, r.direct = f.Bytes("proxy"), false
		if _, err := parseProxy(r.proxy); err != nil {
			f.Bad("proxy", "%s", err)
		}
	}
	r.insecure = !f.OptBool("verify", !r.insecure)
	r.http1 = !f.OptBool("http2", !r.http1)
	r.cafile = f.OptBytes("cafile", r.cafile)
	r.cert, r.key = f.OptBytes("cert", r.cert), f.OptBytes("key", r.key)
	r.passphrase = f.OptBytes("passphrase", r.passphrase)
	if r.cert == "" && r.key != "" {
		f.Bad("key", "needs cert, the certificate that it is of")
	}
	if f.Has("unix_socket") {
		r.unixSocket = f.Bytes("unix_socket")
		if _, err := addr.Unix(r.unixSocket); err != nil || r.unixSocket == "" {
			f.Wrong("unix_socket", "a path of 1 to 107 bytes")
		}
	}
	if f.Has("resolve") {
		r.readResolve(f.Sub("resolve"))
	}
}

// readResolve reads {["host:port"] = "address:port"}. On both sides the port may
// be left out.
func (r *httpRoute) readResolve(f bind.Fields) {
	var lines []string
	f.Table().ForEach(func(k, v lua.LValue) {
		from, ok := k.(lua.LString)
		if !ok || !isHostPort(string(from)) {
			f.Bad("", "must have keys like \"example.org:443\", got %s", bind.Describe(k))
		}
		to, ok := v.(lua.LString)
		if !ok || !isHostPort(string(to)) {
			f.Wrong(string(from), "an address like \"127.0.0.1:8443\"")
		}
		lines = append(lines, strings.ToLower(string(from))+" "+string(to))
	})
	slices.Sort(lines)
	r.resolve = strings.Join(lines, "\n")
}

func isHostPort(text string) bool {
	host, port, err := addr.ParseHostPort(text)
	if port != "" && err == nil {
		_, err = addr.ParsePort(port)
	}
	return err == nil && host != "" && !strings.ContainsAny(text, " \n\x00")
}

// parseProxy reads the URL of a proxy; a scheme may be left out.
func parseProxy(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("must be a URL like \"http://host:port\"") // it may have a password
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return u, nil
	}
	return nil, fmt.Errorf("must begin with http://, https:// or socks5://, got %q", u.Scheme)
}

func httpMethod(f bind.Fields) string {
	method := f.OptBytes("method", http.MethodGet)
	if !httpguts.ValidHeaderFieldName(method) { // a token, as names of fields are
		f.Wrong("method", "a word like \"GET\"")
	}
	return strings.ToUpper(method)
}

// parseURL reads the URL and adds the query.
func (o *httpOptions) parseURL() (*url.URL, error) {
	u, err := url.Parse(o.url)
	switch {
	case err != nil && !strings.Contains(o.url, "://"): // "127.0.0.1:80/" is none either
		return nil, httpFailed(httpBadURL, "url must begin with http:// or https://, got %s", bind.Describe(lua.LString(o.url)))
	case err != nil:
		return nil, httpFailed(httpBadURL, "cannot read the URL: %s", urlProblem(err))
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, httpFailed(httpBadURL, "url must begin with http:// or https://, got %s", bind.Describe(lua.LString(o.url)))
	case u.Hostname() == "":
		return nil, httpFailed(httpBadURL, "url must have a host, got %s", bind.Describe(lua.LString(o.url)))
	}
	if _, err := addr.ParsePort(u.Port()); u.Port() != "" && err != nil {
		return nil, httpFailed(httpBadURL, "port must be 0 to 65535, got %s", u.Port())
	}
	u.RawQuery = escapeQuery(u.RawQuery)
	if o.query != "" {
		u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+o.query, "&")
	}
	return u, nil
}

// escapeQuery escapes what must not be in a query, as browsers do: spaces,
// quotes, brackets and bytes that are not ASCII.
func escapeQuery(query string) string {
	var b strings.Builder
	for i := range len(query) {
		if c := query[i]; c <= ' ' || c > '~' || strings.IndexByte("\"<>", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// httpTimeouts are how long each part of a request may take; 0 is without end.
type httpTimeouts [httpPhases]time.Duration

// httpPhase is a part of a request.
type httpPhase int

const (
	httpDNS httpPhase = iota
	httpConnect
	httpTLS
	httpFirstByte // from the last of the request to the first of the answer
	httpIdle      // between two pieces of a body
	httpTotal
	httpPhases
)

var httpPhaseNames = [httpPhases]string{"dns", "connect", "tls", "first_byte", "idle", "total"}

// newHTTPTimeouts gives every part the same time, and the whole any.
func newHTTPTimeouts(each time.Duration) httpTimeouts {
	return httpTimeouts{each, each, each, each, each, 0}
}

// read takes seconds for the whole, which lifts the limits of the parts, or a
// table of parts; false is no limit.
func (t *httpTimeouts) read(f bind.Fields) {
	switch v := f.Get("timeout").(type) {
	case *lua.LNilType:
	case *lua.LTable:
		parts := f.Sub("timeout")
		parts.Only(httpPhaseNames[:]...)
		for phase, name := range httpPhaseNames {
			if parts.Has(name) {
				t[phase] = httpLimit(parts, name)
			}
		}
	default:
		if _, number := v.(lua.LNumber); !number && v != lua.LFalse {
			f.Wrong("timeout", "a number of seconds or a table of them")
		}
		*t = httpTimeouts{httpTotal: httpLimit(f, "timeout")}
	}
}

// httpLimit reads seconds.
func httpLimit(f bind.Fields, key string) time.Duration {
	v := f.Get(key)
	if v == lua.LFalse {
		return 0
	}
	n, ok := v.(lua.LNumber)
	if !ok || !(n > 0) {
		f.Wrong(key, "seconds above 0, or false")
	}
	return max(bind.Duration(float64(n)), 1)
}

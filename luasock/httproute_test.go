package luasock

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestHTTPOverTLS(t *testing.T) {
	dir := certificates(t)
	plain := newHTTPServer(t)
	prelude := httpPrelude + fmt.Sprintf(`dir, ca, plain = %[1]q, %[1]q .. "/ca.pem", %[2]q
		function port(url) return url:match("%%d+$") end
	`, dir, plain.URL)
	for _, name := range []string{"server", "other", "wild", "expired", "future", "self", "asks"} {
		prelude += fmt.Sprintf("%s = %q\n", name, newTLSServer(t, dir, name))
	}
	prelude += "url = server\n"
	runScripts(t, prelude, []script{
		{name: "certificates are verified unless said", code: `
			out(http.get(url)) --> =nil certificate for localhost, 127.0.0.1 is signed by an unknown authority (CN=Test CA): name that in cafile, or set verify = false to trust anybody 0 certificate
			out(http.get(self)) --> =nil certificate for localhost, 127.0.0.1 is self-signed: name it in cafile, or set verify = false to trust anybody 0 certificate
			out(http.get(url, {cafile = ca}).body) --> =HTTP/2.0 GET / 127.0.0.1
			out(http.get(self, {cafile = dir .. "/self.pem"}).status) --> =200
			out(http.get(url, {verify = false}).status) --> =200
			out((http.get(url, {verify = true}))) --> =nil
			out(#socket.list()) --> =0`},
		{name: "the name counts", code: `
			local to = "127.0.0.1:" .. port(other)
			local there = {["example.org:443"] = to, ["other.example"] = to, ["a.example.net"] = "127.0.0.1:" .. port(wild)}
			out(http.get("https://example.org/", {cafile = ca, resolve = there}).body) --> =HTTP/2.0 GET / example.org
			out(http.get("https://EXAMPLE.org/", {cafile = ca, resolve = there}).status) --> =200
			out(http.get("https://a.example.net/", {cafile = ca, resolve = there}).status) --> =200
			out(http.get("https://other.example/", {cafile = ca, resolve = there})) --> =nil certificate is for example.org, not other.example 0 certificate
			out((select(2, http.get(other, {cafile = ca})))) --> =certificate is for example.org, not 127.0.0.1
			out(http.get("https://other.example:8443/", {verify = false, resolve = there}).status) --> =200`},
		{name: "so does the time", code: `
			out(http.get(expired, {cafile = ca})) --> ~^nil certificate for localhost, 127.0.0.1 has expired on \d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC 0 certificate$
			out(http.get(future, {cafile = ca})) --> ~^nil certificate for localhost, 127.0.0.1 is not valid before \d\d\d\d-\d\d-\d\d .* 0 certificate$`},
		{name: "a session does not mix verified and unverified connections", code: `
			local s = http.session()
			out(s:get(url, {verify = false}).status) --> =200
			out((s:get(url))) --> =nil
			out(s:get(url, {cafile = ca}).status, #socket.list()) --> =200 2
			s:close()`},
		{name: "HTTP/2 by ALPN, and not", code: `
			out(http.get(url, {cafile = ca}).protocol, http.get(url, {cafile = ca, http2 = false}).protocol) --> =HTTP/2.0 HTTP/1.1
			local r = http.post(url, ("x"):rep(1000000), {cafile = ca})
			out(r.status, r.reason, r.headers["X-Length"], r.timings.tls > 0) --> =200 OK 1000000 true`},
		{name: "HTTP/2 takes one connection for many tasks", code: `
			local s, fns = http.session{cafile = ca}, {}
			s:get(url)
			for i = 1, 50 do fns[i] = function() return s:get(url .. "/" .. i).body end end
			local r = task.all(fns)
			out(r[1], r[50], #socket.list()) --> =HTTP/2.0 GET /1 127.0.0.1 HTTP/2.0 GET /50 127.0.0.1 1
			s:close()
			out(#socket.list()) --> =0`},
		{name: "a session resumes TLS on its next connection", code: `
			local s = http.session{cafile = ca, http2 = false, headers = {Connection = "close"}}
			out(s:get(url).headers["X-Resumed"], s:get(url).headers["X-Resumed"]) --> =false true
			s:close()`},
		{name: "certificates are shown", code: `
			local client = {cafile = ca, cert = dir .. "/client.pem", key = dir .. "/client.key"}
			out((select(2, http.get(asks, {cafile = ca})))) --> ~it wants a client's certificate \(cert\) \(alert: certificate required\)|is lost.* \(the server has asked for a client's certificate: cert\)$
			out(http.get(asks, client).body) --> =HTTP/2.0 GET / 127.0.0.1
			client.cert, client.key, client.passphrase = dir .. "/server.pem", dir .. "/pkcs8.key", "secret"
			out((http.get(url, client) or {}).status) --> =200
			local rude = socket.stream_server("tls://127.0.0.1:0", nil, socket.stream_context{ssl = {local_cert = dir .. "/server.pem", local_pk = dir .. "/server.key", capture_peer_cert = true}})
			task.spawn(function() local s = rude:accept() s:read(1) s:close() end)
			local _, message, _, kind = http.get("https://" .. rude:get_name(false), {cafile = ca})
			out(message, kind) --> ~ \(the server has asked for a client's certificate: cert\) (empty|lost)$`},
		{name: "files that cannot be used raise", code: `
			local function try(o) return (failure(http.get, url, o):gsub(dir, "DIR")) end
			out(try{cafile = dir .. "/none.pem"}) --> ~^bad option to 'get' \(cafile cannot be read: .*DIR/none.pem.*no such file
			out(try{cafile = dir .. "/server.key"}) --> =bad option to 'get' (cafile (DIR/server.key) must hold a certificate in PEM format)
			out(try{cert = dir .. "/none.pem"}) --> ~^bad option to 'get' \(cert cannot be read: 
			out(try{cert = dir .. "/client.pem", key = dir .. "/none.pem"}) --> ~^bad option to 'get' \(key cannot be read: 
			out(try{cert = dir .. "/client.pem", key = dir .. "/server.key"}) --> =bad option to 'get' (key (DIR/server.key) holds a key that does not match the certificate in DIR/client.pem)
			out(try{cert = dir .. "/client.pem"}) --> ~^bad option to 'get' \(cert .*private key
			out(try{cert = dir .. "/server.pem", key = dir .. "/pkcs8.key"}) --> ~^bad option to 'get' \(key .*passphrase is missing\)$`},
		{name: "where there is no TLS", code: `
			out(http.get(plain:gsub("http", "https"), nil)) --> =nil server gave HTTP response to HTTPS client 0 protocol
			local shut = assert(socket.stream_server("tcp://127.0.0.1:0"))
			task.spawn(function() local s = shut:accept() s:getc() s:shutdown(1) s:drain(0.2) s:close() end)
			out((select(2, http.get("https://" .. shut:get_name(false))):gsub("127.0.0.1:%d+", "HOST"))) --> =HOST closed the connection in the TLS handshake
			local l = assert(socket.stream_server("tcp://127.0.0.1:0"))
			task.spawn(function() local s = l:accept() s:write("220 mail.example ESMTP\r\n") s:drain(0.2) s:close() end)
			out(http.get("https://" .. l:get_name(false))) --> =nil the peer speaks no TLS: it has sent "220 m" 0 tls
			out((http.get(url:gsub("https", "http"), nil) or {}).status) --> =400`},
	})
}

// What the connections are encrypted with goes where SSLKEYLOGFILE says.
func TestHTTPKeyLog(t *testing.T) {
	dir := certificates(t)
	path := filepath.Join(dir, "keys")
	t.Setenv("SSLKEYLOGFILE", path)
	runScripts(t, httpPrelude+fmt.Sprintf("url, ca, path = %q, %q, %q", newTLSServer(t, dir, "server"), dir+"/ca.pem", path), []script{{name: "of a request", code: `
		out(http.get(url, {cafile = ca}).status, io.open(path):read("*a"):match("CLIENT_TRAFFIC_SECRET_0") ~= nil) --> =200 true`}})
}

func TestHTTPProxies(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	dir := certificates(t)
	server := newHTTPServer(t)
	secure := newTLSServer(t, dir, "server")
	proxy := newProxy(t)
	prelude := httpPrelude + fmt.Sprintf(`url, secure, proxy, socks, ca = %q, %q, %q, %q, %q`, server.URL, secure, proxy.url, newSOCKS(t), dir+"/ca.pem")
	runScripts(t, prelude, []script{
		{name: "http", code: `
			local r = http.get(url .. "/echo", {proxy = proxy})
			out(r.status, r.headers["X-Proxy"], r.body:match("Proxy%-Authorization")) --> =200 plain nil
			local with = proxy:gsub("//", "//user:secret@")
			out(http.get(url .. "/echo", {proxy = with}).headers["X-Proxy-Auth"]) --> =Basic dXNlcjpzZWNyZXQ=
			out(http.get(url .. "/echo", {proxy = with:gsub("http://", "")}).headers["X-Proxy-Auth"]) --> =Basic dXNlcjpzZWNyZXQ=`},
		{name: "https goes through CONNECT", code: `
			out(http.get(secure, {proxy = proxy, cafile = ca}).body) --> =HTTP/2.0 GET / 127.0.0.1
			local r, err = http.get(secure:gsub("127.0.0.1:%d+", "refused.example:1"), {proxy = proxy})
			out(r, err) --> =nil the proxy does not connect: 403 Forbidden`},
		{name: "socks5, which resolves the name", code: `
			out(http.get(url .. "/echo", {proxy = socks}).status) --> =200
			out((http.get(url:gsub("127.0.0.1", "name.example") .. "/echo", {proxy = socks}).body:match("Host: ([%w.]+)"))) --> =name.example
			out(http.get(secure, {proxy = socks, cafile = ca}).status) --> =200`},
		{name: "that is not there", code: `
			local r, err, errno = http.get(url, {proxy = "127.0.0.1:1"})
			out(r, err, errno == socket.ECONNREFUSED) --> =nil proxy: could not connect to 127.0.0.1:1: Connection refused true
			r, err = http.get(secure, {proxy = "socks5://127.0.0.1:1"})
			out(r, err) --> ~^nil .*could not connect to 127.0.0.1:1: Connection refused`},
	})
	t.Setenv("HTTP_PROXY", proxy.url)
	runScripts(t, prelude, []script{
		{name: "of the environment, but not to this machine", code: `
			local r = http.get("http://name.example/echo")
			out(r and r.headers["X-Proxy"]) --> =plain
			out(http.get(url .. "/echo").headers["X-Proxy"]) --> =nil
			out((http.get("http://name.example/echo", {proxy = false, resolve = {["name.example"] = url:match("//(.*)")}}).headers["X-Proxy"])) --> =nil`},
	})
	t.Setenv("NO_PROXY", "name.example")
	runScripts(t, prelude, []script{
		{name: "of the environment, with exceptions", code: `
			out((http.get("http://name.example/echo", {resolve = {["name.example:80"] = url:match("//(.*)")}}).headers["X-Proxy"])) --> =nil`},
	})
}

func TestHTTPUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "http.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(httpEcho)}}
	server.Start()
	defer server.Close()
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	runScripts(t, httpPrelude+fmt.Sprintf("path = %q", path), []script{{name: "is what every name leads to", code: `
		local r = http.get("http://docker.example/version", {unix_socket = path})
		out((r.body:gsub("\nAccept.*", ""))) --> ="GET /version HTTP/1.1\nHost: docker.example"
		local s = http.session{unix_socket = path}
		s:get("http://x/")
		out(socket.list()[1].kind, socket.list()[1].remote_address == path, r.remote_address == path, r.remote_port) --> =unix true true nil
		s:close()
		out(http.get("http://x/", {unix_socket = "/nowhere/at/all"})) --> =nil could not connect to /nowhere/at/all: No such file or directory 2 connect`}})
}

// newTLSServer starts a server that says what it was asked, with one of the
// certificates in a folder, and returns its URL. Named "asks", it wants one of its
// clients.
func newTLSServer(t *testing.T, dir, name string) string {
	t.Helper()
	file := map[string]string{"asks": "server"}[name]
	if file == "" {
		file = name
	}
	cert, err := tls.LoadX509KeyPair(filepath.Join(dir, file+".pem"), filepath.Join(dir, file+".key"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		w.Header().Set("X-Length", fmt.Sprint(n))
		w.Header().Set("X-Resumed", fmt.Sprint(r.TLS.DidResume))
		host, _, _ := strings.Cut(r.Host, ":")
		fmt.Fprintf(w, "%s %s %s %s", r.Proto, r.Method, r.URL.Path, strings.ToLower(host))
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	if name == "asks" {
		clients, _ := loadRoots(filepath.Join(dir, "ca.pem"), "")
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, clients
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// testProxy is an HTTP proxy, to which every name is this machine.
type testProxy struct{ url string }

func newProxy(t *testing.T) *testProxy {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.Host, "refused."):
			w.WriteHeader(http.StatusForbidden)
		case r.Method == http.MethodConnect:
			tunnel(t, w, r.Host)
		default:
			w.Header().Set("X-Proxy", "plain")
			w.Header().Set("X-Proxy-Auth", r.Header.Get("Proxy-Authorization"))
			fmt.Fprintf(w, "through a proxy to %s", r.URL)
		}
	}))
	t.Cleanup(server.Close)
	return &testProxy{server.URL}
}

func tunnel(t *testing.T, w http.ResponseWriter, to string) {
	out, err := net.Dial("tcp", to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	in, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	io.WriteString(in, "HTTP/1.1 200 OK\r\n\r\n")
	relay(in, out)
}

// relay joins two connections until one ends.
func relay(a, b net.Conn) {
	var open atomic.Int32
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() {
			io.Copy(pair[0], pair[1])
			if open.Add(1) == 1 {
				a.Close()
				b.Close()
			}
		}()
	}
}

// newSOCKS starts a SOCKS5 proxy (RFC 1928), to which every name is this machine,
// and returns its URL.
func newSOCKS(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveSOCKS(c)
		}
	}()
	return "socks5://" + l.Addr().String()
}

func serveSOCKS(c net.Conn) {
	r := bufio.NewReader(c)
	head := make([]byte, 2)
	io.ReadFull(r, head)
	io.ReadFull(r, make([]byte, head[1])) // methods
	c.Write([]byte{5, 0})
	request := make([]byte, 5)
	io.ReadFull(r, request)
	rest := 3 // of an IPv4 address
	if request[3] == 3 {
		rest = int(request[4])
	}
	address := make([]byte, rest+2)
	if _, err := io.ReadFull(r, address); err != nil {
		c.Close()
		return
	}
	port := int(address[rest])<<8 | int(address[rest+1])
	out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		c.Close()
		return
	}
	c.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	relay(c, out)
}

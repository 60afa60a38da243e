package luasock

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestHTTPOverTLS(t *testing.T) {
	ca := newHTTPAuthority(t)
	server := newTLSServer(t, ca.issue(t, time.Hour, "example.org", "127.0.0.1"), nil)
	old := newTLSServer(t, ca.issue(t, -time.Hour, "127.0.0.1"), nil)
	early := newTLSServer(t, ca.issue(t, 48*time.Hour, "127.0.0.1"), nil)
	clients := x509.NewCertPool()
	clients.AddCert(ca.cert)
	asks := newTLSServer(t, ca.issue(t, time.Hour, "127.0.0.1"), clients)
	plain := newHTTPServer(t)
	prelude := httpPrelude + fmt.Sprintf(`
		dir, url, old, early, asks, plain = %q, %q, %q, %q, %q, %q
		port = url:match("%%d+$")
		ca = dir .. "/ca.pem"
	`, ca.dir, server.URL, old.URL, early.URL, asks.URL, plain.URL)
	runScripts(t, prelude, []script{
		{name: "certificates are verified unless said", code: `
			out(http.get(url)) --> =nil certificate is not signed by an authority that is trusted here (option cafile names one) 0
			out(http.get(url, {cafile = ca}).body) --> =HTTP/2.0 GET / 127.0.0.1
			out(http.get(url, {verify = false}).status) --> =200
			out(http.get(url, {verify = true})) --> ~^nil certificate is not signed
			out(#socket.list()) --> =0`},
		{name: "the name counts", code: `
			local there = {["example.org:443"] = "127.0.0.1:" .. port, ["other.example"] = "127.0.0.1:" .. port}
			out(http.get("https://example.org/", {cafile = ca, resolve = there}).body) --> =HTTP/2.0 GET / example.org
			out(http.get("https://EXAMPLE.org/", {cafile = ca, resolve = there}).status) --> =200
			out(http.get("https://other.example/", {cafile = ca, resolve = there})) --> =nil certificate is for example.org, 127.0.0.1, not other.example 0
			out(http.get("https://other.example:8443/", {verify = false, resolve = there}).status) --> =200`},
		{name: "so does the time", code: `
			out(http.get(old, {cafile = ca})) --> ~^nil certificate has expired on \d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC 0$
			out(http.get(early, {cafile = ca})) --> ~^nil certificate is not valid before \d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC 0$`},
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
			out((select(2, http.get(asks, {cafile = ca})):gsub("127.0.0.1:%d+", "HOST"))) --> ~certificate required|is lost: 
			out(http.get(asks, {cafile = ca, cert = dir .. "/cert.pem", key = dir .. "/key.pem"}).body) --> =HTTP/2.0 GET / 127.0.0.1`},
		{name: "files that cannot be used raise", code: `
			local function try(o) return (failure(http.get, url, o):gsub(dir, "DIR")) end
			out(try{cafile = dir .. "/none.pem"}) --> =bad option to 'get' (cafile cannot be read: DIR/none.pem: No such file or directory)
			out(try{cafile = dir .. "/key.pem"}) --> =bad option to 'get' (cafile has no certificate in PEM format: DIR/key.pem)
			out(try{cafile = dir}) --> =bad option to 'get' (cafile cannot be read: DIR: Is a directory)
			out(try{cert = dir .. "/none.pem"}) --> =bad option to 'get' (cert cannot be read: DIR/none.pem: No such file or directory)
			out(try{cert = dir .. "/cert.pem", key = dir .. "/none.pem"}) --> =bad option to 'get' (key cannot be read: DIR/none.pem: No such file or directory)
			out(try{cert = dir .. "/cert.pem", key = dir .. "/other.pem"}) --> =bad option to 'get' (cert cannot be used: private key does not match public key)
			out(try{cert = dir .. "/cert.pem"}) --> ~^bad option to 'get' \(cert cannot be used: .*key`},
		{name: "where there is no TLS", code: `
			out(http.get(plain:gsub("http", "https"), nil)) --> =nil server gave HTTP response to HTTPS client 0
			local shut = assert(socket.stream_server("tcp://127.0.0.1:0"))
			task.spawn(function() local s = shut:accept() s:getc() s:shutdown(1) s:drain(0.2) s:close() end)
			out((select(2, http.get("https://" .. shut:get_name(false))):gsub("127.0.0.1:%d+", "HOST"))) --> =HOST closed the connection in the TLS handshake
			local l = assert(socket.stream_server("tcp://127.0.0.1:0"))
			task.spawn(function() local s = l:accept() s:write("220 mail.example ESMTP\r\n") s:drain(0.2) s:close() end)
			out(http.get("https://" .. l:get_name(false))) --> =nil the server does not speak TLS 0
			out((http.get(url:gsub("https", "http"), nil) or {}).status) --> =400`},
	})
}

func TestHTTPProxies(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
	ca := newHTTPAuthority(t)
	server := newHTTPServer(t)
	secure := newTLSServer(t, ca.issue(t, time.Hour, "127.0.0.1"), nil)
	proxy := newProxy(t)
	prelude := httpPrelude + fmt.Sprintf(`url, secure, proxy, socks, ca = %q, %q, %q, %q, %q`, server.URL, secure.URL, proxy.url, newSOCKS(t), ca.dir+"/ca.pem")
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
		out(http.get("http://x/", {unix_socket = "/nowhere/at/all"})) --> =nil could not connect to /nowhere/at/all: No such file or directory 2`}})
}

// httpAuthority issues certificates. Its folder has ca.pem, and a client's cert.pem
// with key.pem; other.pem is a key of nobody.
type httpAuthority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newHTTPAuthority(t *testing.T) *httpAuthority {
	t.Helper()
	a := &httpAuthority{dir: t.TempDir(), key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"},
		NotBefore: time.Now().Add(-100 * time.Hour), NotAfter: time.Now().Add(100 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	client := a.issue(t, time.Hour, "client")
	a.write(t, "ca.pem", "CERTIFICATE", der)
	a.write(t, "cert.pem", "CERTIFICATE", client.Certificate[0])
	a.writeKey(t, "key.pem", client.PrivateKey.(*ecdsa.PrivateKey))
	a.writeKey(t, "other.pem", newKey(t))
	return a
}

// issue makes a certificate for some names. It ends after a time, which may have
// passed; one that ends after two days begins after one.
func (a *httpAuthority) issue(t *testing.T, left time.Duration, names ...string) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: names[0]},
		NotBefore: time.Now().Add(left - 24*time.Hour), NotAfter: time.Now().Add(left),
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *httpAuthority) writeKey(t *testing.T, name string, key *ecdsa.PrivateKey) {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, name, "EC PRIVATE KEY", der)
}

func (a *httpAuthority) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	if err := os.WriteFile(filepath.Join(a.dir, name), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// newTLSServer starts a server that says what it was asked. With clients it wants
// a certificate.
func newTLSServer(t *testing.T, cert tls.Certificate, clients *x509.CertPool) *httptest.Server {
	t.Helper()
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
	if clients != nil {
		server.TLS.ClientAuth, server.TLS.ClientCAs = tls.RequireAndVerifyClientCert, clients
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
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

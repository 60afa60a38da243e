package php

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// curlTransfer is one curl_exec: a request, those to which redirects lead, and
// what comes. It speaks HTTP/1.1 itself, because what curl shows of it, the header
// lines as they came and the bytes of a body that broke off, package net/http
// does not tell. Its connection lasts as long as curl_exec.
type curlTransfer struct {
	k     call
	h     *curlHandle
	began time.Time

	fp     *luasock.Stream // nil without a connection
	to     string          // where fp leads: scheme, host and port
	r      *bufio.Reader   // of fp
	came   bool            // a byte has come since the request was sent
	method string
	body   bool // the request has one
	target *url.URL
	from   string   // the URL whose redirect led to target
	first  *url.URL // whose server credentials are for

	write func(piece string) bool
	answer
}

// answer is what curl_getinfo tells of a request.
type answer struct {
	url            string
	method         string
	protocol       string
	status         int
	head           []string // the lines of the last head, with their endings
	headBytes      int
	sent           int // bytes of heads
	uploaded       int
	bytes          int // of the last body
	length         int // that its head says; -1 for none
	redirects      int
	local, remote  addr.Addr
	connects       int
	errno          int
	dns, connected time.Duration // since the beginning
	secured, ready time.Duration
	firstByte      time.Duration
	total          time.Duration
}

func (f curlFault) Error() string { return f.text }

// run makes the requests.
func (x *curlTransfer) run(target *url.URL) error {
	defer x.hangUp()
	x.target, x.first = target, target
	x.method, x.body = x.h.method(), x.h.sendsBody()
	most := x.h.number(curlMaxRedirs, curlMostRedirs)
	for {
		x.answer.url, x.answer.method = x.target.String(), x.method
		if err := x.exchange(); err != nil {
			return err
		}
		location := x.field("Location")
		if !x.follows() || location == "" {
			return nil
		}
		if most >= 0 && x.redirects >= most {
			return curlFault{47, fmt.Sprintf("Maximum (%d) redirects followed", most)}
		}
		next, err := x.target.Parse(strings.ReplaceAll(location, " ", "%20"))
		if err != nil {
			return curlFault{3, curlTexts[3]}
		}
		next.Fragment = ""
		if fault := checkURL(next); fault.code != 0 {
			return fault
		}
		x.redirects++
		x.redirect()
		x.from, x.target = x.target.String(), next
	}
}

// follows tells whether the answer is a redirect that is to be followed.
func (x *curlTransfer) follows() bool {
	return x.h.on(curlFollow) && x.status/100 == 3
}

// redirect is what a redirect makes of the method and the body.
func (x *curlTransfer) redirect() {
	if !x.body || x.status != 301 && x.status != 302 && x.status != 303 {
		return
	}
	x.body = false
	if x.h.text(curlCustomRequest) == "" {
		x.method = "GET"
	}
}

// checkURL is the fault of a URL that HTTP cannot have.
func checkURL(u *url.URL) curlFault {
	port := 0
	if u.Port() != "" {
		n, err := addr.ParsePort(u.Port())
		if err != nil {
			return curlFault{3, curlTexts[3]}
		}
		port = n
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return curlFault{1, fmt.Sprintf("Protocol \"%s\" not supported or disabled in libcurl", u.Scheme)}
	case u.Hostname() == "" || u.Port() != "" && port == 0:
		return curlFault{3, curlTexts[3]}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return curlFault{}
}

// exchange makes one request. A kept connection that its peer had closed
// meanwhile is replaced.
func (x *curlTransfer) exchange() error {
	for {
		fresh, err := x.connect()
		if err != nil {
			return err
		}
		x.came = false
		err = x.send()
		if err == nil {
			err = x.receive()
		}
		if err == nil || fresh || x.came {
			return x.explained(err)
		}
		x.hangUp()
	}
}

// explained makes curl's fault of an error of the connection's.
func (x *curlTransfer) explained(err error) error {
	var fault curlFault
	switch {
	case err == nil, errors.As(err, &fault):
		return err
	case errors.Is(err, loop.ErrTimeout):
		return x.timedOut()
	case errors.Is(err, unix.ECONNRESET):
		x.errno = int(unix.ECONNRESET)
		return curlFault{56, "Recv failure: Connection reset by peer"}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return curlFault{52, "Empty reply from server"}
	}
	x.k.raise(err)
	return curlFault{56, "Recv failure: " + err.Error()}
}

// timedOut says how far the request had come.
func (x *curlTransfer) timedOut() error {
	ms := time.Since(x.began).Milliseconds()
	if x.length > 0 {
		return curlFault{28, fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", ms, x.bytes, x.length)}
	}
	return curlFault{28, fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", ms, x.bytes)}
}

// end is when the request must have ended; the zero Time: never.
func (x *curlTransfer) end() time.Time {
	if ms := x.h.limit(); ms > 0 {
		return x.began.Add(time.Duration(ms) * time.Millisecond)
	}
	return time.Time{}
}

// hangUp ends the connection.
func (x *curlTransfer) hangUp() {
	if x.fp != nil && !x.fp.IsClosed() {
		x.fp.Close()
	}
	x.fp = nil
}

// connect sees to a connection and tells whether it is a new one.
func (x *curlTransfer) connect() (bool, error) {
	host, port := x.target.Hostname(), portOf(x.target)
	to := x.target.Scheme + "://" + net.JoinHostPort(host, port)
	if x.fp != nil && x.to == to && !x.fp.EOF() {
		return false, nil
	}
	x.hangUp()
	// Without a limit curl gives a connection five minutes.
	limit := time.Duration(x.h.number(curlConnectMS, 1000*x.h.number(curlConnectTimeout, 0))) * time.Millisecond
	if limit <= 0 {
		limit = 5 * time.Minute
	}
	deadline, whole := time.Now().Add(limit), false
	if end := x.end(); !end.IsZero() && end.Before(deadline) {
		deadline, whole = end, true
	}
	if err := x.dial(host, port, deadline); err != nil {
		return true, err
	}
	x.to = to
	if err := x.tunnel(); err != nil {
		return true, err
	}
	if x.target.Scheme == "https" {
		if err := x.encrypt(host, port, deadline, whole); err != nil {
			return true, err
		}
	}
	x.secured = time.Since(x.began)
	return true, nil
}

// proxy is the proxy of the request; nil for none.
func (x *curlTransfer) proxy() *url.URL {
	text := x.h.text(curlProxy)
	if text == "" || x.h.text(curlUnixSocket) != "" {
		return nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), strconv.Itoa(x.h.number(curlProxyPort, 1080)))
	}
	return u
}

// dial connects to the server, or to its proxy.
func (x *curlTransfer) dial(host, port string, deadline time.Time) error {
	if proxy := x.proxy(); proxy != nil {
		if proxy.Scheme != "http" {
			return curlFault{7, fmt.Sprintf("Unsupported proxy scheme for '%s'", x.h.text(curlProxy))}
		}
		host, port = proxy.Hostname(), proxy.Port()
	}
	began := time.Now()
	list, err := x.addresses(host, port, deadline)
	if err != nil {
		return err
	}
	x.dns = time.Since(x.began)
	s, err := x.k.net().Dial(list, unix.SOCK_STREAM, deadline, func(s *sock.Sock, to addr.Addr) error {
		if to.Family == unix.AF_UNIX {
			return nil
		}
		return s.Setsockopt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	})
	if err != nil {
		x.k.raise(err)
		code, why := 7, curlTexts[7]
		if errors.Is(err, loop.ErrTimeout) {
			code, why = 28, curlTexts[28]
		} else {
			x.errno = errno(err)
		}
		return curlFault{code, fmt.Sprintf("Failed to connect to %s port %s after %d ms: %s", host, port, time.Since(began).Milliseconds(), why)}
	}
	x.fp, _ = luasock.StreamOf(x.k.newStream(s, nil))
	x.r = bufio.NewReaderSize(curlReader{x}, 16<<10)
	x.connects++
	x.connected = time.Since(x.began)
	x.local, _ = s.Getsockname()
	x.remote = list[0]
	if peer, err := s.Getpeername(); err == nil {
		x.remote = peer
	}
	return nil
}

// addresses finds where a host is.
func (x *curlTransfer) addresses(host, port string, deadline time.Time) ([]addr.Addr, error) {
	if path := x.h.text(curlUnixSocket); path != "" {
		a, err := addr.Unix(path)
		if err != nil {
			return nil, curlFault{7, curlTexts[7]}
		}
		return []addr.Addr{a}, nil
	}
	number, err := addr.ParsePort(port)
	if err != nil {
		return nil, curlFault{3, curlTexts[3]}
	}
	if to := x.h.resolve(x.k)[strings.ToLower(host)+":"+port]; to != "" {
		host = to
	}
	var found []sock.Addrinfo
	expired := x.k.vm().Loop().Within(max(time.Until(deadline), 0), func() {
		found, err = x.k.net().Getaddrinfo(host, "", sock.Addrinfo{Type: unix.SOCK_STREAM, Family: x.h.family()})
	})
	if expired && errors.Is(err, loop.ErrExpired) {
		return nil, curlFault{28, fmt.Sprintf("Resolving timed out after %d milliseconds", time.Since(x.began).Milliseconds())}
	}
	if err != nil || len(found) == 0 {
		x.k.raise(err)
		return nil, curlFault{6, "Could not resolve host: " + host}
	}
	var list []addr.Addr
	for _, ai := range found {
		ai.Addr.Port = number
		list = append(list, ai.Addr)
	}
	return list, nil
}

// tunnel asks a proxy for the way to a server of https.
func (x *curlTransfer) tunnel() error {
	proxy := x.proxy()
	if proxy == nil || x.target.Scheme != "https" {
		return nil
	}
	to := net.JoinHostPort(x.target.Hostname(), portOf(x.target))
	head := "CONNECT " + to + " HTTP/1.1\r\nHost: " + to + "\r\n" + x.proxyAuthorization(proxy)
	if agent := x.h.text(curlUserAgent); agent != "" {
		head += "User-Agent: " + agent + "\r\n"
	}
	if err := x.put(head + "Proxy-Connection: Keep-Alive\r\n\r\n"); err != nil {
		return x.explained(err)
	}
	if err := x.readHead(func(string) bool { return true }); err != nil {
		return x.explained(err)
	}
	if x.status/100 != 2 {
		return curlFault{56, fmt.Sprintf("CONNECT tunnel failed, response %d", x.status)}
	}
	x.fp.Stream.Unread(x.takeBuffered())
	return nil
}

// takeBuffered is what was read ahead, which nobody else has seen.
func (x *curlTransfer) takeBuffered() []byte {
	rest, _ := x.r.Peek(x.r.Buffered())
	rest = bytes.Clone(rest)
	x.r.Reset(curlReader{x})
	return rest
}

func (x *curlTransfer) proxyAuthorization(proxy *url.URL) string {
	login := x.h.text(curlProxyUserPwd)
	if proxy.User != nil {
		password, _ := proxy.User.Password()
		login = proxy.User.Username() + ":" + password
	}
	if login == "" {
		return ""
	}
	return "Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(login)) + "\r\n"
}

// encrypt makes the handshake.
func (x *curlTransfer) encrypt(host, port string, deadline time.Time, whole bool) error {
	for number, fault := range map[int]curlFault{
		curlCAInfo:  {77, "error setting certificate file: " + x.h.text(curlCAInfo)},
		curlSSLCert: {58, "could not load PEM client certificate, OpenSSL error error:80000002:system library::No such file or directory, (no key found, wrong pass phrase, or wrong file format?)"},
		curlSSLKey:  {58, "unable to set private key file: '" + x.h.text(curlSSLKey) + "' type PEM"},
	} {
		if path := x.h.text(number); path != "" {
			if _, err := os.ReadFile(path); err != nil {
				return fault
			}
		}
	}
	t := x.h.tls(x.k)
	number, _ := strconv.Atoi(port)
	e := luasock.Encryption{Argument: 1, Options: t, Host: host, Port: number}
	err := x.k.vm().Encrypt(x.k.Call, x.fp, e, deadline)
	if err == nil {
		return nil
	}
	x.k.raise(err)
	if err == loop.ErrTimeout {
		if whole {
			return curlFault{28, fmt.Sprintf("Connection timed out after %d milliseconds", time.Since(x.began).Milliseconds())}
		}
		return curlFault{28, "SSL connection timeout"}
	}
	if common, name, ok := luasock.Untrusted(err); ok {
		switch {
		case name != "" && common != "":
			return curlFault{60, fmt.Sprintf("SSL: certificate subject name '%s' does not match target host name '%s'", common, name)}
		case name != "":
			return curlFault{60, fmt.Sprintf("SSL: no alternative certificate subject name matches target host name '%s'", name)}
		}
		return curlFault{60, "SSL certificate problem: " + distrust(err)}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, unix.ECONNRESET) {
		return curlFault{35, "OpenSSL SSL_connect: " + map[bool]string{true: "Connection reset by peer", false: "SSL_ERROR_SYSCALL"}[errors.Is(err, unix.ECONNRESET)] + " in connection to " + host + ":" + port + " "}
	}
	_, text, _ := strings.Cut(tlsText(err), "error:")
	return curlFault{35, "OpenSSL/3.0.19: error:" + text}
}

// distrust is OpenSSL's word for what is wrong with a certificate.
func distrust(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "self-signed"):
		return "self-signed certificate"
	case strings.Contains(text, "expired"):
		return "certificate has expired"
	case strings.Contains(text, "not valid before"), strings.Contains(text, "not yet valid"):
		return "certificate is not yet valid"
	}
	return "unable to get local issuer certificate"
}

// put sends bytes, in the time that is left.
func (x *curlTransfer) put(text string) error {
	if err := x.hurry(); err != nil {
		return err
	}
	_, err := x.fp.Write([]byte(text))
	return err
}

// hurry gives the next wait the time that is left.
func (x *curlTransfer) hurry() error {
	left := stream.Forever
	if end := x.end(); !end.IsZero() {
		if left = time.Until(end); left <= 0 {
			return loop.ErrTimeout
		}
	}
	x.fp.SetTimeout(left)
	return nil
}

// curlReader reads of a transfer's connection.
type curlReader struct{ x *curlTransfer }

func (r curlReader) Read(p []byte) (int, error) {
	if err := r.x.hurry(); err != nil {
		return 0, err
	}
	data, err := r.x.fp.Read(len(p))
	if len(data) > 0 {
		r.x.came = true
	}
	return copy(p, data), err
}

// send sends the request. A peer that answers before it has read all is heard.
func (x *curlTransfer) send() error {
	x.ready = time.Since(x.began)
	body, kind := "", ""
	if x.body {
		body, kind = x.h.body(x.k)
	}
	head := x.requestHead(kind, len(body))
	x.sent += len(head)
	err := x.put(head + body)
	x.uploaded = len(body)
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return nil // reading tells more
	}
	return err
}

// requestHead is the head of the request, its lines in curl's order.
func (x *curlTransfer) requestHead(kind string, length int) string {
	own, lines := x.h.ownHeaders(x.k)
	authority, path, proxy := authorityOf(x.target), x.target.RequestURI(), x.proxy()
	if proxy != nil && x.target.Scheme == "http" {
		path = x.target.Scheme + "://" + authority + path
	}
	version := "1.1"
	if x.h.number(curlHTTPVersion, 0) == 1 {
		version = "1.0"
	}
	var b strings.Builder
	add := func(name, value string) {
		if value != "" && !own[strings.ToLower(name)] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", x.method, path, version)
	same := authority == authorityOf(x.first) && x.target.Scheme == x.first.Scheme
	host := slices.IndexFunc(lines, func(line string) bool { return strings.EqualFold(nameOf(line), "Host") })
	if host >= 0 && same {
		b.WriteString(lines[host] + "\r\n")
	} else if host >= 0 || !own["host"] {
		b.WriteString("Host: " + authority + "\r\n")
	}
	if proxy != nil && x.target.Scheme == "http" {
		b.WriteString(x.proxyAuthorization(proxy))
	}
	if login := x.login(); login != "" && same {
		add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(login)))
	}
	if s := x.h.text(curlRange); s != "" {
		add("Range", "bytes="+s)
	}
	add("User-Agent", x.h.text(curlUserAgent))
	add("Accept", "*/*")
	if v, ok := x.h.encoding(); ok {
		add("Accept-Encoding", v)
	}
	referer := x.h.text(curlReferer)
	if x.h.on(curlAutoReferer) && x.redirects > 0 {
		referer = x.from
	}
	add("Referer", referer)
	if proxy != nil && x.target.Scheme == "http" {
		add("Proxy-Connection", "Keep-Alive")
	}
	if s := x.cookies(same); s != "" {
		b.WriteString("Cookie: " + s + "\r\n")
	}
	for i, line := range lines {
		secret := strings.EqualFold(nameOf(line), "Authorization") || strings.EqualFold(nameOf(line), "Cookie")
		if i != host && (same || !secret) {
			b.WriteString(line + "\r\n")
		}
	}
	if x.body || x.method == "PUT" {
		add("Content-Length", strconv.Itoa(length))
		add("Content-Type", kind)
	}
	return b.String() + "\r\n"
}

func nameOf(line string) string {
	name, _, _ := strings.Cut(line, ":")
	return name
}

// authorityOf is a URL's host, with the port that is not the scheme's.
func authorityOf(u *url.URL) string {
	if u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		return strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.Host
}

// cookies are those of the option and, of the cookie engine's, those for the URL.
func (x *curlTransfer) cookies(same bool) string {
	var list []string
	if x.h.jar != nil {
		for _, c := range x.h.jar.Cookies(x.target) {
			list = append(list, c.Name+"="+c.Value)
		}
	}
	if s := x.h.text(curlCookie); s != "" && same {
		list = append(list, s)
	}
	return strings.Join(list, "; ")
}

// keepCookies takes in the cookies of the head.
func (x *curlTransfer) keepCookies() {
	var list []*http.Cookie
	for _, line := range x.head[1:] {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Set-Cookie") {
			if c, err := http.ParseSetCookie(strings.TrimSpace(value)); err == nil {
				list = append(list, c)
			}
		}
	}
	x.h.jar.SetCookies(x.target, list)
}

// login is "user:password".
func (x *curlTransfer) login() string {
	if user := x.h.text(curlUserName); user != "" {
		return user + ":" + x.h.text(curlPassword)
	}
	if login := x.h.text(curlUserPwd); login != "" {
		return login
	}
	if u := x.h.credentials; u != nil {
		password, _ := u.Password()
		return u.Username() + ":" + password
	}
	return ""
}

// receive reads the answer and hands it over.
func (x *curlTransfer) receive() error {
	x.bytes, x.length = 0, -1
	for {
		if err := x.readHead(x.deliverHead); err != nil {
			return err
		}
		if x.status/100 != 1 {
			break
		}
	}
	if x.h.jar != nil {
		x.keepCookies()
	}
	if n, err := strconv.Atoi(x.field("Content-Length")); err == nil && n >= 0 && !x.chunked() {
		x.length = n
	}
	if x.h.on(curlFailOnError) && x.status >= 400 {
		return curlFault{22, fmt.Sprintf("The requested URL returned error: %d", x.status)}
	}
	err := x.readBody()
	x.total = time.Since(x.began)
	closes := strings.EqualFold(x.field("Connection"), "close") || x.protocol == "HTTP/1.0"
	if closes || x.length < 0 && !x.chunked() && !x.bodiless() {
		defer x.hangUp()
	}
	return err
}

// readHead reads a status line and fields; each line is handed over.
func (x *curlTransfer) readHead(hand func(line string) bool) error {
	x.head = nil
	const most = 100 << 10
	for size := 0; ; {
		line, err := x.r.ReadString('\n')
		if x.firstByte == 0 {
			x.firstByte = time.Since(x.began)
		}
		if err != nil {
			if len(x.head) == 0 && line == "" {
				return err
			}
			if errors.Is(err, io.EOF) && len(x.head) > 0 {
				return curlFault{56, "Recv failure: the head has no end"}
			}
			return err
		}
		if size += len(line); size > most {
			return curlFault{56, "Too large response headers"}
		}
		if len(x.head) == 0 && !x.statusLine(line) {
			return curlFault{1, "Received HTTP/0.9 when not allowed"}
		}
		x.head = append(x.head, line)
		x.headBytes += len(line)
		if !hand(line) {
			return curlFault{23, "Failed writing header"}
		}
		if strings.TrimRight(line, "\r\n") == "" {
			return nil
		}
	}
}

func (x *curlTransfer) statusLine(line string) bool {
	protocol, rest, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	if !ok || !strings.HasPrefix(protocol, "HTTP/") {
		return false
	}
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(code)
	x.protocol, x.status = protocol, n
	return err == nil && len(code) == 3
}

// field is the last value of a field of the head.
func (a *answer) field(name string) string {
	value := ""
	for _, line := range a.head[min(1, len(a.head)):] {
		if key, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(key, name) {
			value = strings.TrimSpace(v)
		}
	}
	return value
}

func (a *answer) chunked() bool { return strings.EqualFold(a.field("Transfer-Encoding"), "chunked") }

// bodiless tells whether the answer has no body, whatever its head says.
func (x *curlTransfer) bodiless() bool {
	return x.h.on(curlNoBody) || x.method == "HEAD" || x.status == 204 || x.status == 304
}

// deliverHead hands over a line of a head.
func (x *curlTransfer) deliverHead(line string) bool {
	if fn := x.h.function(curlHeaderFunction); fn != nil && !x.h.call(x.k, fn, line) {
		return false
	}
	return !x.h.on(curlHeader) || x.write(line)
}

// readBody reads the body. One of a redirect that is followed is not handed over.
func (x *curlTransfer) readBody() error {
	if x.bodiless() {
		return nil
	}
	deliver := x.write
	if x.follows() && x.field("Location") != "" {
		deliver = func(string) bool { return true }
	}
	var coded bytes.Buffer
	coding := strings.ToLower(x.field("Content-Encoding"))
	_, decode := x.h.encoding()
	decode = decode && (coding == "gzip" || coding == "x-gzip" || coding == "deflate")
	hand := deliver
	if decode {
		hand = func(piece string) bool { coded.WriteString(piece); return true }
	}
	var err error
	switch {
	case x.chunked():
		err = x.readChunks(hand)
	case x.length >= 0:
		if err = x.readPart(x.length, hand); errors.Is(err, io.EOF) {
			err = curlFault{18, fmt.Sprintf("transfer closed with %d bytes remaining to read", x.length-x.bytes)}
		}
	default:
		if err = x.readPart(-1, hand); errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil || !decode {
		return err
	}
	plain, err := decoded(coding, coded.Bytes())
	if err != nil {
		return curlFault{61, "Error while processing content unencoding: " + strings.TrimPrefix(err.Error(), "gzip: ")}
	}
	return handPieces(string(plain), deliver)
}

// handPieces hands a text over in pieces of curl's size.
func handPieces(text string, hand func(string) bool) error {
	const most = 16 << 10
	for text != "" {
		piece := text[:min(most, len(text))]
		text = text[len(piece):]
		if !hand(piece) {
			return curlFault{23, "Failure writing output to destination"}
		}
	}
	return nil
}

func decoded(coding string, data []byte) ([]byte, error) {
	if coding != "deflate" {
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(r)
	}
	if r, err := zlib.NewReader(bytes.NewReader(data)); err == nil {
		return io.ReadAll(r)
	}
	return io.ReadAll(flate.NewReader(bytes.NewReader(data)))
}

// readPart reads n bytes, -1 for all, and hands over what comes as it comes.
func (x *curlTransfer) readPart(n int, hand func(string) bool) error {
	buf := make([]byte, 16<<10)
	for n != 0 {
		p := buf
		if n > 0 {
			p = buf[:min(n, len(buf))]
		}
		got, err := x.r.Read(p)
		x.bytes += got
		if got > 0 && !hand(string(p[:got])) {
			return curlFault{23, "Failure writing output to destination"}
		}
		if err != nil {
			return err
		}
		if n > 0 {
			n -= got
		}
	}
	return nil
}

// readChunks reads a chunked body.
func (x *curlTransfer) readChunks(hand func(string) bool) error {
	short := func(err error) error {
		if errors.Is(err, io.EOF) {
			return curlFault{18, "transfer closed with outstanding read data remaining"}
		}
		return err
	}
	for {
		line, err := x.r.ReadString('\n')
		if err != nil {
			return short(err)
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(strings.TrimSpace(size), 16, 31)
		if err != nil {
			return curlFault{56, "Illegal or missing hexadecimal sequence in chunked-encoding"}
		}
		if n == 0 {
			break
		}
		if err := x.readPart(int(n), hand); err != nil {
			return short(err)
		}
		if _, err := x.r.ReadString('\n'); err != nil {
			return short(err)
		}
	}
	for { // the trailer
		line, err := x.r.ReadString('\n')
		if err != nil || strings.TrimRight(line, "\r\n") == "" {
			return short(err)
		}
	}
}

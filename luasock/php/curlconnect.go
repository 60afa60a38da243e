package php

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

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
	text := x.h.proxyFor(x.target)
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
			return curlFault{7, fmt.Sprintf("Unsupported proxy scheme for '%s'", x.h.proxyFor(x.target))}
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

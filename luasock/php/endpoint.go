package php

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// transport is what a scheme stands for.
type transport struct {
	name   string
	family int // AF_UNIX, or 0 for the host's
	typ    int
	method int // of TLS: the versions as bits of STREAM_CRYPTO_METHOD_…; 0 for plain text
}

// anyTLS are all versions of TLS.
const anyTLS = 8 | 16 | 32 | 64

// transports are the schemes in PHP's order.
var transports = []transport{
	{"tcp", 0, unix.SOCK_STREAM, 0},
	{"udp", 0, unix.SOCK_DGRAM, 0},
	{"unix", unix.AF_UNIX, unix.SOCK_STREAM, 0},
	{"udg", unix.AF_UNIX, unix.SOCK_DGRAM, 0},
	{"ssl", 0, unix.SOCK_STREAM, anyTLS},
	{"tls", 0, unix.SOCK_STREAM, anyTLS},
	{"tlsv1.0", 0, unix.SOCK_STREAM, 8},
	{"tlsv1.1", 0, unix.SOCK_STREAM, 16},
	{"tlsv1.2", 0, unix.SOCK_STREAM, 32},
	{"tlsv1.3", 0, unix.SOCK_STREAM, 64},
}

// openError is why a stream could not be opened, as the by-reference results
// tell it.
type openError struct {
	code int
	text string
}

func (e *openError) Error() string { return e.text }

// openErrorOf is an error of the system as an openError; what ends the task is
// raised.
func (k call) openErrorOf(err error) *openError {
	var own *openError
	switch {
	case errors.As(err, &own):
		return own
	case err == loop.ErrTimeout:
		err = unix.ETIMEDOUT
	}
	k.raise(err)
	code := errno(err)
	return &openError{code, strerror(code)}
}

func strerror(code int) string { return sock.Strerror(code) }

// cutScheme splits "tcp://rest"; the scheme is "" when there is none.
func cutScheme(url string) (scheme, rest string) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return "", url
	}
	return scheme, rest
}

// endpoint is where a URL leads.
type endpoint struct {
	transport
	host string // as a TLS peer is called
	port int
	list []addr.Addr
}

// endpoint reads a URL, as PHP does, and looks its host up until the deadline.
func (k call) endpoint(url string, deadline time.Time) (e endpoint, err error) {
	scheme, rest := cutScheme(url)
	if scheme == "" {
		scheme = "tcp"
	}
	i := slices.IndexFunc(transports, func(t transport) bool { return t.name == scheme })
	if i < 0 {
		return e, &openError{0, fmt.Sprintf("Unable to find the socket transport \"%s\" - did you forget to enable it when you configured PHP?", scheme)}
	}
	t := transports[i]
	e.transport = t
	if t.family == unix.AF_UNIX {
		a, err := k.unixPath(rest)
		e.list = []addr.Addr{a}
		return e, err
	}
	host, port, err := parseAddress(rest)
	if err != nil {
		return e, err
	}
	e.host, e.port = host, port
	e.list, err = k.lookUp(host, port, t.typ, deadline)
	return e, err
}

// unixPath takes a path; one that is too long is cut, of which PHP notices.
func (k call) unixPath(path string) (addr.Addr, error) {
	const most = 107
	if len(path) > most {
		k.notice("socket path exceeded the maximum allowed length of %d bytes and was truncated", most)
		path = path[:most]
	}
	a, err := addr.Unix(path)
	if err != nil {
		return a, &openError{int(unix.EINVAL), strerror(int(unix.EINVAL))}
	}
	return a, nil
}

// parseAddress reads "host:port" and "[host]:port": PHP's parse_ip_address_ex.
func parseAddress(text string) (host string, port int, err error) {
	if strings.Contains(text, "\x00") {
		return "", 0, &openError{0, "The hostname must not contain null bytes"}
	}
	if strings.HasPrefix(text, "[") && len(text) > 1 {
		host, rest, ok := strings.Cut(text[1:], "]:")
		if !ok {
			return "", 0, &openError{0, fmt.Sprintf("Failed to parse IPv6 address \"%s\"", text)}
		}
		return host, atoi(rest), nil
	}
	host, rest, ok := strings.Cut(text, ":")
	if !ok || rest == "" {
		return "", 0, &openError{0, fmt.Sprintf("Failed to parse address \"%s\"", text)}
	}
	return host, atoi(rest), nil
}

// atoi is C's: the digits with which a text begins, as a port.
func atoi(text string) int { return int(uint16(int(leadingNumber(text)))) }

// lookUp finds the addresses of a host; a failure is warned of.
func (k call) lookUp(host string, port, typ int, deadline time.Time) (list []addr.Addr, err error) {
	var found []sock.Addrinfo
	look := func() { found, err = k.net().Getaddrinfo(host, "", sock.Addrinfo{Type: typ}) }
	left := stream.Forever
	if !deadline.IsZero() {
		left = max(time.Until(deadline), 0)
	}
	if k.vm().Loop().Within(left, look) && errors.Is(err, loop.ErrExpired) {
		return nil, loop.ErrTimeout
	}
	var refused sock.EAI
	if errors.As(err, &refused) {
		text := fmt.Sprintf("php_network_getaddresses: getaddrinfo for %s failed: %s", host, refused)
		k.warn("%s", text)
		return nil, &openError{0, text}
	}
	for _, ai := range found {
		ai.Addr.Port = port
		list = append(list, ai.Addr)
	}
	return list, err
}

package luasock

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
)

// dialError is why a stream was not even tried to be opened: errno 0.
type dialError string

func (e dialError) Error() string { return string(e) }

func unparsable(text string) error {
	return dialError(fmt.Sprintf("Failed to parse address \"%s\"", text))
}

// target is what a URL of a stream names.
type target struct {
	scheme string
	family int // AF_UNIX, or 0: of the host's addresses
	typ    int
	host   string
	port   int
	local  addr.Addr // of AF_UNIX
	tls    bool
	method int // of TLS; 0: any
}

// uri is the target as a URL.
func (t target) uri() string {
	if t.family == unix.AF_UNIX {
		return t.scheme + "://" + t.local.Path
	}
	host := t.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Sprintf("%s://%s:%d", t.scheme, host, t.port)
}

var schemes = map[string]target{
	"tcp":  {scheme: "tcp", typ: unix.SOCK_STREAM},
	"udp":  {scheme: "udp", typ: unix.SOCK_DGRAM},
	"unix": {scheme: "unix", typ: unix.SOCK_STREAM, family: unix.AF_UNIX},
	"udg":  {scheme: "udg", typ: unix.SOCK_DGRAM, family: unix.AF_UNIX},

	"ssl":     {scheme: "ssl", typ: unix.SOCK_STREAM, tls: true},
	"tls":     {scheme: "tls", typ: unix.SOCK_STREAM, tls: true},
	"tlsv1.2": {scheme: "tlsv1.2", typ: unix.SOCK_STREAM, tls: true, method: cryptoTLS12},
	"tlsv1.3": {scheme: "tlsv1.3", typ: unix.SOCK_STREAM, tls: true, method: cryptoTLS13},
}

// targetArg reads argument i, a URL; port counts where the URL has none, and
// where it is more than 0.
func targetArg(c bind.Call, i, port int) (target, error) {
	t, err := parseTarget(c.Bytes(i), port)
	if bad, ok := err.(*addr.Error); ok {
		c.Bad(i, "%s", bad)
	}
	return t, err
}

// parseTarget reads a URL. The error is a dialError, or an *addr.Error where the
// script is mistaken.
func parseTarget(url string, port int) (target, error) {
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		scheme, rest = "tcp", url
	}
	t, known := schemes[scheme]
	if !known {
		return t, dialError(fmt.Sprintf("Unable to find the socket transport %q - did you forget to enable it when you configured PHP?", scheme))
	}
	var err error
	if t.family == unix.AF_UNIX {
		t.local, err = addr.Unix(rest)
		return t, err
	}
	if strings.Contains(rest, "\x00") {
		return t, &addr.Error{What: "hostname", Want: "without NUL bytes", Got: bind.Describe(lua.LString(url))}
	}
	rest, _, _ = strings.Cut(rest, "/")
	t.host, t.port, err = parseHostPort(rest, port)
	return t, err
}

// parseHostPort splits "host:port", or "host", for which port counts.
func parseHostPort(text string, port int) (string, int, error) {
	host, digits, err := addr.ParseHostPort(text)
	switch {
	case err != nil, digits == "" && port <= 0:
		return "", 0, unparsable(text)
	case digits == "":
		return host, port, nil
	case strings.Trim(digits, "0123456789") != "":
		return "", 0, unparsable(text)
	}
	if port, err = addr.ParsePort(digits); err != nil {
		return "", 0, &addr.Error{What: "port", Want: "0 to 65535", Got: digits}
	}
	return host, port, nil
}

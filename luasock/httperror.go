package luasock

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// httpError is why there is no answer: a text for a person, and the system's
// number where there is one.
type httpError struct {
	kind  httpKind
	text  string
	errno int
}

func (e httpError) Error() string { return e.text }

// httpKind is what went wrong, for a program.
type httpKind string

const (
	httpBadURL         httpKind = "url"
	httpUnresolved     httpKind = "resolve"
	httpUnconnected    httpKind = "connect"
	httpProxyRefused   httpKind = "proxy"
	httpTLSFailed      httpKind = "tls"
	httpBadCertificate httpKind = "certificate"
	httpTimedOut       httpKind = "timeout"
	httpUnanswered     httpKind = "empty"
	httpNoHTTP         httpKind = "protocol"
	httpLost           httpKind = "lost"
	httpCutShort       httpKind = "partial"
	httpTooLarge       httpKind = "size"
	httpTooFar         httpKind = "redirects"
	httpBadStatus      httpKind = "status"
	httpBadFile        httpKind = "file"
	httpClosed         httpKind = "closed"
)

// httpFailed is an error without a number of the system's.
func httpFailed(kind httpKind, format string, args ...any) error {
	return httpError{kind: kind, text: fmt.Sprintf(format, args...)}
}

// explain makes of net/http's errors what a person can act on.
func (x *httpExchange) explain(err error) error {
	var known httpError
	var op *net.OpError
	if errors.As(err, &known) {
		if errors.As(err, &op) && op.Op == "proxyconnect" {
			known.text = "proxy: " + known.text
		}
		return known
	}
	var errno unix.Errno
	switch host := x.clock.host(); {
	case x.session.ctx.Err() != nil:
		return errSessionClosed
	case errors.Is(err, net.ErrClosed), strings.HasSuffix(err.Error(), "http2: client conn could not be established"):
		return httpFailed(httpLost, "the connection to %s is lost", host)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if x.clock.is(httpTLS) {
			return httpFailed(httpTLSFailed, "%s closed the connection in the TLS handshake", host)
		}
		return httpFailed(httpUnanswered, "%s closed the connection before it answered", host)
	case errors.As(err, &errno):
		return httpError{httpLost, fmt.Sprintf("the connection to %s is lost: %s", host, sock.Strerror(int(errno))), int(errno)}
	}
	if tls := tlsProblem(err); tls != nil {
		return tls
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return httpFailed(httpNoHTTP, "%s", plain(err))
}

// hint adds to the loss of a connection what the server has missed.
func (r *httpCaller) hint(err error) error {
	known, ok := err.(httpError)
	if ok && r.asked.Load() && (known.kind == httpLost || known.kind == httpUnanswered) {
		known.text += " (the server has asked for a client's certificate: cert)"
		return known
	}
	return err
}

// plain is a Go error's text without the names of the packages that made it.
func plain(err error) string {
	text := err.Error()
	for before := ""; text != before; {
		before = text
		for _, prefix := range []string{"net/http: ", "http: ", "http2: ", "proxyconnect tcp: ", "HTTP/1.x transport connection broken: "} {
			text = strings.TrimPrefix(text, prefix)
		}
	}
	return text
}

// cutShort says how much of a body came.
func cutShort(err error, n, all int64) error {
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if all >= 0 {
		return httpFailed(httpCutShort, "the connection was closed after %d of the body's %d bytes", n, all)
	}
	return httpFailed(httpCutShort, "the connection was closed after %d bytes of the body, before its end", n)
}

// urlProblem is what is wrong with a URL, without the URL, in which there may be
// a password.
func urlProblem(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return strings.TrimPrefix(err.Error(), "net/url: ")
}

// tlsProblem says what is wrong in a TLS handshake; nil for other errors.
func tlsProblem(err error) error {
	var (
		refused *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		alert   *net.OpError
		logging *keyLogError
	)
	switch {
	case errors.As(err, &refused):
		return httpFailed(httpBadCertificate, "%s", certificateProblem(refused))
	case errors.As(err, &record):
		return httpFailed(httpTLSFailed, "the peer speaks no TLS: it has sent %s", sample(record.RecordHeader[:]))
	case errors.As(err, &alert) && alert.Op == "remote error":
		text := alertMessage(strings.TrimPrefix(alert.Err.Error(), "tls: "))
		return httpFailed(httpTLSFailed, "%s", strings.ReplaceAll(text, "local_cert", "cert"))
	case errors.As(err, &logging):
		return httpFailed(httpTLSFailed, "%s", logging)
	}
	return nil
}

// certificateProblem says why a certificate is not accepted, and what can be
// done.
func certificateProblem(e *tls.CertificateVerificationError) string {
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		leaf    = e.UnverifiedCertificates[0]
	)
	switch {
	case errors.As(e, &name):
		return fmt.Sprintf("certificate is for %s, not %s", namesOf(leaf), name.Host)
	case errors.As(e, &unknown) && isSelfSigned(leaf):
		return fmt.Sprintf("certificate for %s is self-signed: name it in cafile, or set verify = false to trust anybody", namesOf(leaf))
	case errors.As(e, &unknown):
		return fmt.Sprintf("certificate for %s is signed by an unknown authority (%s): name that in cafile, or set verify = false to trust anybody", namesOf(leaf), leaf.Issuer)
	case errors.As(e, &invalid) && invalid.Reason == x509.Expired:
		return dateMessage(invalid.Cert)
	}
	return fmt.Sprintf("certificate for %s cannot be accepted: %s", namesOf(leaf), strings.TrimPrefix(e.Err.Error(), "x509: "))
}

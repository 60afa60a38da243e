package luasock

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// httpError is why there is no answer: a text for a person, and the system's
// number where there is one.
type httpError struct {
	text  string
	errno int
}

func (e httpError) Error() string { return e.text }

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
	switch host := x.to.Host; {
	case errors.Is(err, net.ErrClosed):
		return errSessionClosed
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		if x.clock.is(httpTLS) {
			return httpError{text: fmt.Sprintf("%s closed the connection in the TLS handshake", host)}
		}
		return httpError{text: fmt.Sprintf("%s closed the connection before it answered", host)}
	case errors.As(err, &errno):
		return httpError{fmt.Sprintf("the connection to %s is lost: %s", host, sock.Strerror(int(errno))), int(errno)}
	}
	if text := certificateProblem(err); text != "" {
		return httpError{text: text}
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return httpError{text: plain(err)}
}

// plain is a Go error's text without the name of the package that made it.
func plain(err error) string {
	text := err.Error()
	for _, prefix := range []string{"net/http: ", "http: ", "http2: ", "proxyconnect tcp: ", "HTTP/1.x transport connection broken: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// cutShort says how much of a body came.
func cutShort(err error, n, all int64) error {
	if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	if all >= 0 {
		return httpError{text: fmt.Sprintf("the connection was closed after %d of the body's %d bytes", n, all)}
	}
	return httpError{text: fmt.Sprintf("the connection was closed after %d bytes of the body, before its end", n)}
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

// fileProblem is "cannot be read: /path: No such file or directory".
func fileProblem(err error) string {
	var path *os.PathError
	var errno unix.Errno
	if errors.As(err, &path) && errors.As(err, &errno) {
		return fmt.Sprintf("cannot be read: %s: %s", path.Path, sock.Strerror(int(errno)))
	}
	return "cannot be read: " + err.Error()
}

// newCertPool reads certificates in PEM format; nil when there are none.
func newCertPool(pem []byte) *x509.CertPool {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil
	}
	return pool
}

// plainTLS is the text of an error of crypto/tls without its name.
func plainTLS(err error) string { return strings.TrimPrefix(err.Error(), "tls: ") }

// certificateProblem says what is wrong in a TLS handshake; "" for other
// errors.
func certificateProblem(err error) string {
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
		alert   tls.AlertError
		refused *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("certificate is for %s, not %s", certificateNames(name.Certificate), name.Host)
	case errors.As(err, &unknown):
		return "certificate is not signed by an authority that is trusted here (option cafile names one)"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return expired(invalid)
	case errors.As(err, &record):
		return "the server does not speak TLS"
	case errors.As(err, &alert):
		return "the server ended the TLS handshake: " + plainTLS(alert)
	case errors.As(err, &refused):
		return "certificate is not valid: " + strings.TrimPrefix(refused.Err.Error(), "x509: ")
	}
	return ""
}

func expired(e x509.CertificateInvalidError) string {
	const day = "2006-01-02 15:04:05 UTC"
	from, to := e.Cert.NotBefore.UTC(), e.Cert.NotAfter.UTC()
	if strings.Contains(e.Detail, "is before") {
		return "certificate is not valid before " + from.Format(day)
	}
	return "certificate has expired on " + to.Format(day)
}

// certificateNames are the hosts that a certificate is for.
func certificateNames(c *x509.Certificate) string {
	names := append([]string{}, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host"
	}
	return strings.Join(names, ", ")
}

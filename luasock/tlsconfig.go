package luasock

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// tlsPeer is the server that a client wants.
type tlsPeer struct {
	host string // a name or an address, of which the certificate must be; "" when unknown
	port int    // tells the sessions of one host's servers apart
}

// client makes crypto/tls's Config of the options for a connection to a peer.
// method, unless 0, goes before the option crypto_method.
func (o *tlsOptions) client(peer tlsPeer, method int) *tls.Config {
	c := o.config(method)
	name := peer.host
	if o.peerName != "" {
		name = o.peerName
	}
	if !o.noSNI {
		c.ServerName = serverName(name)
	}
	if o.cert != nil {
		// Whoever the server trusts, or its refusal would not say why.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return o.cert, nil }
	}
	c.InsecureSkipVerify = true // check does it, as PHP's options want it
	c.VerifyConnection = func(s tls.ConnectionState) error { return o.check(s, name, true) }
	c.ClientSessionCache = o.sessions.of(peer)
	return c
}

// server makes, once, crypto/tls's Config for a server.
func (o *tlsOptions) server(method int) *tls.Config {
	method = cmp.Or(method, o.method)
	if c := o.servers[method]; c != nil {
		return c
	}
	c := o.config(method)
	c.GetCertificate = o.certificateFor
	switch {
	case o.mustVerify(false):
		c.ClientAuth, c.ClientCAs = tls.RequireAnyClientCert, o.roots
	case o.capture:
		c.ClientAuth = tls.RequestClientCert
	}
	if c.ClientAuth != tls.NoClientCert {
		c.VerifyConnection = func(s tls.ConnectionState) error { return o.check(s, o.peerName, false) }
	}
	o.servers[method] = c
	return c
}

// config is what both ends have in common.
func (o *tlsOptions) config(method int) *tls.Config {
	method = cmp.Or(method, o.method)
	c := &tls.Config{
		CipherSuites:                o.ciphers,
		NextProtos:                  o.alpn,
		DynamicRecordSizingDisabled: true, // records of 16 KB: twice as fast in bulk
	}
	c.MinVersion, c.MaxVersion = versions(method)
	if path := os.Getenv("SSLKEYLOGFILE"); path != "" {
		c.KeyLogWriter = keyLog(path)
	}
	return c
}

// hasIdentity tells whether a server with these options has a certificate.
func (o *tlsOptions) hasIdentity() bool { return o.cert != nil || len(o.named) > 0 }

// certificateFor finds the certificate for the name that a client wants.
func (o *tlsOptions) certificateFor(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	if !o.noSNI && name != "" {
		if cert := o.named[name]; cert != nil {
			return cert, nil
		}
		if _, parent, ok := strings.Cut(name, "."); ok && o.named["*."+parent] != nil {
			return o.named["*."+parent], nil
		}
	}
	return o.cert, nil // none: crypto/tls answers that the name is unknown
}

// serverName is a host as SNI has it: not an address (RFC 6066, section 3).
func serverName(host string) string {
	host = strings.TrimSuffix(host, ".")
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// sessionCache keeps the sessions of a context's clients. crypto/tls tells them
// apart by the server's name alone, and one host may have several servers.
type sessionCache struct{ tls.ClientSessionCache }

func (s sessionCache) of(peer tlsPeer) tls.ClientSessionCache {
	return peerCache{s.ClientSessionCache, peer.key()}
}

func (p tlsPeer) key() string { return target{scheme: "tls", host: p.host, port: p.port}.uri() }

type peerCache struct {
	all tls.ClientSessionCache
	key string
}

func (c peerCache) Get(name string) (*tls.ClientSessionState, bool) {
	return c.all.Get(c.key + "/" + name)
}

func (c peerCache) Put(name string, s *tls.ClientSessionState) { c.all.Put(c.key+"/"+name, s) }

// keyLog appends the secrets of connections to a file, from which Wireshark and
// tshark decrypt what they have captured (NSS's SSLKEYLOGFILE). It opens the file
// for each, so that nothing has to be closed.
type keyLog string

func (path keyLog) Write(line []byte) (int, error) {
	f, err := os.OpenFile(string(path), os.O_APPEND|os.O_CREATE|os.O_WRONLY|unix.O_NONBLOCK, 0o600) // a FIFO must not hold up the loop
	if err != nil {
		return 0, &keyLogError{err}
	}
	n, err := f.Write(line)
	if closing := f.Close(); err == nil {
		err = closing
	}
	return n, err
}

type keyLogError struct{ err error }

func (e *keyLogError) Error() string {
	return "cannot write what SSLKEYLOGFILE asks for: " + e.err.Error()
}

// loadSystemRoots reads the system's authorities, if a client with these options
// needs them, beside the loop: they are many files. Once they are there it costs
// nothing.
func (vm *VM) loadSystemRoots(o *tlsOptions, deadline time.Time) error {
	host := vm.streams
	if host.rooted || o.roots != nil || !isTrue(o.verifyPeer, true) {
		return nil
	}
	_, err := loop.Await(vm.loop, loop.Why{Op: "certificates"}, deadline, func(context.Context) (struct{}, error) {
		x509.SystemCertPool() // when it fails, verifying says so
		return struct{}{}, nil
	})
	host.rooted = err == nil
	return err
}

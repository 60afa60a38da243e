package luasock

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// untrusted is why a peer's certificate is not accepted.
type untrusted string

func (e untrusted) Error() string { return string(e) }

// mustVerify tells whether the peer must show a certificate.
func (o *tlsOptions) mustVerify(client bool) bool {
	return isTrue(o.verifyPeer, client) || isTrue(o.verifyName, client) || len(o.prints) > 0
}

// check judges a peer by its certificate, as PHP's options want it: the
// authority, the fingerprints and the name, each unless its option is off. It is
// called for a resumed session too.
func (o *tlsOptions) check(s tls.ConnectionState, name string, client bool) error {
	if len(s.PeerCertificates) == 0 {
		if o.mustVerify(client) {
			return untrusted("the peer has shown no certificate")
		}
		return nil
	}
	leaf := s.PeerCertificates[0]
	if o.capture {
		o.captured = leaf
	}
	if isTrue(o.verifyPeer, client) {
		if err := o.checkChain(s.PeerCertificates, client); err != nil {
			return err
		}
	}
	for _, p := range o.prints {
		h := p.hash()
		h.Write(leaf.Raw)
		if sum := h.Sum(nil); string(sum) != string(p.sum) {
			return untrusted(fmt.Sprintf("certificate has the %s fingerprint %x, not %x (peer_fingerprint)", p.name, sum, p.sum))
		}
	}
	if isTrue(o.verifyName, client) {
		return checkName(leaf, name)
	}
	return nil
}

// checkChain looks for a chain from the certificate to an authority.
func (o *tlsOptions) checkChain(chain []*x509.Certificate, client bool) error {
	leaf, usage := chain[0], x509.ExtKeyUsageClientAuth
	if client {
		usage = x509.ExtKeyUsageServerAuth
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: o.roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{usage}})
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) && o.selfSigned && isSelfSigned(leaf) {
		err = checkDates(leaf)
	}
	if err != nil {
		return untrusted(o.chainMessage(leaf, err))
	}
	return nil
}

// isSelfSigned tells whether a certificate is its own authority.
func isSelfSigned(c *x509.Certificate) bool {
	return string(c.RawIssuer) == string(c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func checkDates(c *x509.Certificate) error {
	if now := time.Now(); now.Before(c.NotBefore) || now.After(c.NotAfter) {
		return x509.CertificateInvalidError{Cert: c, Reason: x509.Expired}
	}
	return nil
}

// chainMessage says what is wrong with a certificate, and what can be done.
func (o *tlsOptions) chainMessage(leaf *x509.Certificate, err error) string {
	who := namesOf(leaf)
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		roots   x509.SystemRootsError
	)
	switch {
	case errors.As(err, &unknown) && isSelfSigned(leaf):
		return fmt.Sprintf("certificate for %s is self-signed: name it in cafile, or set allow_self_signed, or verify_peer = false to trust anybody", who)
	case errors.As(err, &unknown):
		return fmt.Sprintf("certificate for %s is signed by an unknown authority (%s): name that in cafile, or set verify_peer = false to trust anybody", who, leaf.Issuer)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return dateMessage(invalid.Cert)
	case errors.As(err, &roots):
		return "the system's authorities cannot be read (install ca-certificates, or name a cafile): " + err.Error()
	}
	return fmt.Sprintf("certificate for %s cannot be accepted: %s", who, strings.TrimPrefix(err.Error(), "x509: "))
}

func dateMessage(c *x509.Certificate) string {
	const layout = "2006-01-02 15:04:05 MST"
	if time.Now().Before(c.NotBefore) {
		return fmt.Sprintf("certificate for %s is not valid before %s: is this computer's clock right?", namesOf(c), c.NotBefore.UTC().Format(layout))
	}
	return fmt.Sprintf("certificate for %s has expired on %s", namesOf(c), c.NotAfter.UTC().Format(layout))
}

// checkName tells whether the certificate is for a host. Its common name counts
// where it has no other, as PHP has it.
func checkName(c *x509.Certificate, host string) error {
	switch {
	case host == "":
		return untrusted("there is no name that the certificate could be for: set peer_name, or verify_peer_name = false")
	case c.VerifyHostname(strings.TrimSuffix(host, ".")) == nil:
		return nil
	case len(alternativeNames(c)) == 0 && matchesName(c.Subject.CommonName, host):
		return nil
	}
	return untrusted(fmt.Sprintf("certificate is for %s, not %s", namesOf(c), host))
}

// matchesName compares a name from a certificate, whose first label may be "*".
func matchesName(pattern, host string) bool {
	pattern, host = strings.ToLower(pattern), strings.TrimSuffix(strings.ToLower(host), ".")
	if pattern == host {
		return true
	}
	_, parent, ok := strings.Cut(host, ".")
	_, err := netip.ParseAddr(host)
	return ok && err != nil && strings.Contains(parent, ".") && pattern == "*."+parent
}

// alternativeNames lists the hosts that a certificate is for.
func alternativeNames(c *x509.Certificate) []string {
	names := append([]string(nil), c.DNSNames...)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	return names
}

// namesOf says for whom a certificate is.
func namesOf(c *x509.Certificate) string {
	const most = 4
	names := alternativeNames(c)
	switch {
	case len(names) > most:
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d others", len(names)-most)
	case len(names) > 0:
		return strings.Join(names, ", ")
	case c.Subject.CommonName != "":
		return c.Subject.CommonName
	}
	return "nobody"
}

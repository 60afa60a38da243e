package luasock

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/youmark/pkcs8"
	"golang.org/x/sys/unix"
)

// authority signs the certificates of the tests.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certificates writes certificates into a folder of the test's:
//
//	ca.pem          the authority
//	NAME.pem .key   certificate and key, signed by it: of localhost and 127.0.0.1
//	                (server), example.org (other), *.example.net (wild), common name
//	                localhost only (common), out of date (expired, future), a
//	                client's (client)
//	self.pem .key   signed by itself, for localhost and 127.0.0.1
//	both.pem        server.pem and server.key in one
//	legacy.key pkcs8.key   server.key with the passphrase "secret"
//	broken.pem      no certificate
//	fifo pipes      into which nobody writes; a folder with such a one
func certificates(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	a := &authority{dir: dir}
	now := time.Now()
	a.sign("ca", x509.Certificate{Subject: pkix.Name{CommonName: "Test CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	local := x509.Certificate{DNSNames: []string{"localhost"}, IPAddresses: []net.IP{{127, 0, 0, 1}}}
	key := a.sign("server", local)
	a.sign("other", x509.Certificate{DNSNames: []string{"example.org"}})
	a.sign("wild", x509.Certificate{DNSNames: []string{"*.example.net"}})
	a.sign("common", x509.Certificate{Subject: pkix.Name{CommonName: "localhost"}})
	a.sign("client", x509.Certificate{Subject: pkix.Name{CommonName: "a client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	expired, future := local, local
	expired.NotBefore, expired.NotAfter = now.AddDate(-2, 0, 0), now.AddDate(-1, 0, 0)
	future.NotBefore, future.NotAfter = now.AddDate(1, 0, 0), now.AddDate(2, 0, 0)
	a.sign("expired", expired)
	a.sign("future", future)
	alone := &authority{dir: dir}
	alone.sign("self", local)
	old := &authority{dir: dir}
	old.sign("oldself", expired)
	a.files(key)
	return dir
}

// sign makes a certificate and its key; the first of an authority is its own.
func (a *authority) sign(name string, template x509.Certificate) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = &template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, parent, key.Public(), signer)
	check(err)
	if a.cert == nil {
		a.key = key
		a.cert, err = x509.ParseCertificate(der)
		check(err)
	}
	a.write(name+".pem", "CERTIFICATE", der)
	a.write(name+".key", "PRIVATE KEY", pkcs8Of(key))
	return key
}

func pkcs8Of(key crypto.PrivateKey) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	return der
}

// files writes the variants of server.pem's key.
func (a *authority) files(key *ecdsa.PrivateKey) {
	read := func(name string) []byte {
		text, err := os.ReadFile(filepath.Join(a.dir, name))
		check(err)
		return text
	}
	check(os.WriteFile(filepath.Join(a.dir, "both.pem"), append(read("server.pem"), read("server.key")...), 0o600))
	check(os.WriteFile(filepath.Join(a.dir, "broken.pem"), []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), 0o600))
	check(os.WriteFile(filepath.Join(a.dir, "empty.pem"), nil, 0o600))
	check(unix.Mkfifo(filepath.Join(a.dir, "fifo"), 0o600))
	check(os.Mkdir(filepath.Join(a.dir, "pipes"), 0o700))
	check(unix.Mkfifo(filepath.Join(a.dir, "pipes", "fifo"), 0o600))
	sec1, err := x509.MarshalECPrivateKey(key)
	check(err)
	a.write("sec1.key", "EC PRIVATE KEY", sec1)
	legacy, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", sec1, []byte("secret"), x509.PEMCipherAES256) //lint:ignore SA1019 to test what reads it
	check(err)
	check(os.WriteFile(filepath.Join(a.dir, "legacy.key"), pem.EncodeToMemory(legacy), 0o600))
	encrypted, err := pkcs8.MarshalPrivateKey(key, []byte("secret"), nil)
	check(err)
	a.write("pkcs8.key", "ENCRYPTED PRIVATE KEY", encrypted)
	check(os.MkdirAll(filepath.Join(a.dir, "authorities"), 0o700))
	check(os.WriteFile(filepath.Join(a.dir, "authorities", "mine.crt"), read("ca.pem"), 0o600))
	check(os.WriteFile(filepath.Join(a.dir, "authorities", "README"), []byte("no certificate"), 0o600))
	check(os.MkdirAll(filepath.Join(a.dir, "none"), 0o700))
}

func (a *authority) write(name, kind string, der []byte) {
	check(os.WriteFile(filepath.Join(a.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

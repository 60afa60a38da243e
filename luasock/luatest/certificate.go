package luatest

import (
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
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

var certificateRows = []bind.Row{
	{Name: "certificate", Sig: "certificate([names])", Returns: "table", Doc: "Makes a certificate authority and a certificate of it for the names and addresses (a text or a list; without, localhost, 127.0.0.1 and ::1) and returns their PEM files: {cert =, key =, ca =}.", Fn: testCertificate},
}

func testCertificate(c bind.Call) int {
	return c.Return(certificateTable(c, namesArg(c, 1)))
}

// anyLoopback are the names of this machine for itself.
var anyLoopback = []string{"localhost", "127.0.0.1", "::1"}

// certificateTable makes a certificate; without names for anyLoopback.
func certificateTable(c bind.Call, names []string) *lua.LTable {
	if names == nil {
		names = anyLoopback
	}
	dir := tempDir(c)
	p, err := await(c.Host().(*luasock.VM), "certificate", func() (*paths, error) { return writeCertificate(dir, names) })
	if err != nil {
		c.Raise("test.%s: %s", c.Name(), err)
	}
	t := c.L.NewTable()
	t.RawSetString("cert", lua.LString(p.cert))
	t.RawSetString("key", lua.LString(p.key))
	t.RawSetString("ca", lua.LString(p.ca))
	return t
}

// namesArg reads argument i, a name or a list of names.
func namesArg(c bind.Call, i int) []string {
	var names []string
	switch v := c.Arg(i).(type) {
	case *lua.LNilType:
		return nil
	case lua.LString:
		names = []string{string(v)}
	case *lua.LTable:
		for k := 1; k <= v.Len(); k++ {
			name, ok := v.RawGetInt(k).(lua.LString)
			if !ok {
				c.Bad(i, "names must be a list of names, got %s at [%d]", bind.Describe(v.RawGetInt(k)), k)
			}
			names = append(names, string(name))
		}
	default:
		c.Wrong(i, "a name or a list of names")
	}
	if len(names) == 0 {
		c.Bad(i, "names must not be empty")
	}
	return names
}

// paths are the files of a certificate.
type paths struct{ cert, key, ca string }

// signed is a certificate with its key.
type signed struct {
	cert *x509.Certificate
	der  []byte
	key  *ecdsa.PrivateKey
}

// writeCertificate makes a certificate for the names, and its authority.
func writeCertificate(dir string, names []string) (*paths, error) {
	now := time.Now()
	template := func(name string) *x509.Certificate {
		serial := make([]byte, 16)
		rand.Read(serial)
		return &x509.Certificate{
			SerialNumber: new(big.Int).SetBytes(serial),
			Subject:      pkix.Name{CommonName: name},
			NotBefore:    now.Add(-time.Hour), // clocks differ
			NotAfter:     now.Add(7 * 24 * time.Hour),
		}
	}
	root := template("sockscript test CA")
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageCRLSign
	ca, err := sign(root, nil)
	if err != nil {
		return nil, err
	}
	leaf := template(names[0])
	leaf.KeyUsage = x509.KeyUsageDigitalSignature
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			leaf.IPAddresses = append(leaf.IPAddresses, ip)
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	own, err := sign(leaf, ca)
	if err != nil {
		return nil, err
	}
	return write(dir, own, ca)
}

// sign makes a key and its certificate; without an authority it is its own.
func sign(template *x509.Certificate, ca *signed) (*signed, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	s := &signed{key: key}
	if ca == nil {
		ca = &signed{cert: template, key: key}
	}
	if s.der, err = x509.CreateCertificate(rand.Reader, template, ca.cert, &key.PublicKey, ca.key); err != nil {
		return nil, err
	}
	s.cert, err = x509.ParseCertificate(s.der)
	return s, err
}

// write writes the PEM files.
func write(dir string, own, ca *signed) (*paths, error) {
	key, err := x509.MarshalPKCS8PrivateKey(own.key)
	if err != nil {
		return nil, err
	}
	p := &paths{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), filepath.Join(dir, "ca.pem")}
	for _, file := range []struct {
		path  string
		block pem.Block
	}{
		{p.cert, pem.Block{Type: "CERTIFICATE", Bytes: own.der}},
		{p.key, pem.Block{Type: "PRIVATE KEY", Bytes: key}},
		{p.ca, pem.Block{Type: "CERTIFICATE", Bytes: ca.der}},
	} {
		if err := os.WriteFile(file.path, pem.EncodeToMemory(&file.block), 0o600); err != nil {
			return nil, err
		}
	}
	return p, nil
}

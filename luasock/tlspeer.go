package luasock

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// certificateTable is a certificate for scripts; nil for none.
func certificateTable(L *lua.LState, cert *x509.Certificate) lua.LValue {
	if cert == nil {
		return lua.LNil
	}
	t := L.NewTable()
	for key, text := range map[string]string{
		"subject":             cert.Subject.String(),
		"issuer":              cert.Issuer.String(),
		"common_name":         cert.Subject.CommonName,
		"serial":              fmt.Sprintf("%X", cert.SerialNumber),
		"signature_algorithm": cert.SignatureAlgorithm.String(),
		"key":                 keyText(cert),
		"pem":                 string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})),
	} {
		t.RawSetString(key, lua.LString(text))
	}
	names, prints := L.NewTable(), L.NewTable()
	for _, name := range alternativeNames(cert) {
		names.Append(lua.LString(name))
	}
	for _, d := range digests {
		prints.RawSetString(d.name, lua.LString(digest(d.hash(), cert)))
	}
	t.RawSetString("names", names)
	t.RawSetString("fingerprints", prints)
	t.RawSetString("not_before", lua.LNumber(cert.NotBefore.Unix()))
	t.RawSetString("not_after", lua.LNumber(cert.NotAfter.Unix()))
	t.RawSetString("is_ca", lua.LBool(cert.IsCA))
	t.RawSetString("self_signed", lua.LBool(isSelfSigned(cert)))
	return t
}

// keyText names the kind of a certificate's key: "RSA 2048", "ECDSA P-256".
func keyText(cert *x509.Certificate) string {
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return cert.PublicKeyAlgorithm.String()
}

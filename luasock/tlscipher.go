package luasock

import (
	"crypto/tls"
	"fmt"
	"strings"
)

// cipherSuite is a suite of TLS as OpenSSL, and so PHP, calls it.
type cipherSuite struct {
	id      uint16
	name    string
	bits    int
	version string // the first that has it, as PHP's cipher_version
}

// cipherSuites are those that crypto/tls has, the ones of TLS 1.3 first.
var cipherSuites = []cipherSuite{
	{tls.TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", 128, "TLSv1.3"},
	{tls.TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", 256, "TLSv1.3"},
	{tls.TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", 256, "TLSv1.3"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, "ECDHE-ECDSA-AES128-GCM-SHA256", 128, "TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, "ECDHE-RSA-AES128-GCM-SHA256", 128, "TLSv1.2"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, "ECDHE-ECDSA-AES256-GCM-SHA384", 256, "TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "ECDHE-RSA-AES256-GCM-SHA384", 256, "TLSv1.2"},
	{tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-ECDSA-CHACHA20-POLY1305", 256, "TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, "ECDHE-RSA-CHACHA20-POLY1305", 256, "TLSv1.2"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, "ECDHE-ECDSA-AES128-SHA256", 128, "TLSv1.2"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256, "ECDHE-RSA-AES128-SHA256", 128, "TLSv1.2"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, "ECDHE-ECDSA-AES128-SHA", 128, "TLSv1.0"},
	{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, "ECDHE-RSA-AES128-SHA", 128, "TLSv1.0"},
	{tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, "ECDHE-ECDSA-AES256-SHA", 256, "TLSv1.0"},
	{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, "ECDHE-RSA-AES256-SHA", 256, "TLSv1.0"},
	{tls.TLS_RSA_WITH_AES_128_GCM_SHA256, "AES128-GCM-SHA256", 128, "TLSv1.2"},
	{tls.TLS_RSA_WITH_AES_256_GCM_SHA384, "AES256-GCM-SHA384", 256, "TLSv1.2"},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA256, "AES128-SHA256", 128, "TLSv1.2"},
	{tls.TLS_RSA_WITH_AES_128_CBC_SHA, "AES128-SHA", 128, "SSLv3"},
	{tls.TLS_RSA_WITH_AES_256_CBC_SHA, "AES256-SHA", 256, "SSLv3"},
	{tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, "ECDHE-RSA-DES-CBC3-SHA", 168, "TLSv1.0"},
	{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, "DES-CBC3-SHA", 168, "SSLv3"},
}

// suiteOf finds a suite by its number; one that is not in the table has no name.
func suiteOf(id uint16) cipherSuite {
	for _, s := range cipherSuites {
		if s.id == id {
			return s
		}
	}
	return cipherSuite{id: id, name: tls.CipherSuiteName(id)}
}

// suiteNamed finds a suite by OpenSSL's name or by that of its RFC.
func suiteNamed(name string) (cipherSuite, bool) {
	for _, s := range cipherSuites {
		if s.name == name || tls.CipherSuiteName(s.id) == name {
			return s, true
		}
	}
	return cipherSuite{}, false
}

// neverOffered are OpenSSL's words for what crypto/tls does not offer by itself,
// so that leaving it out, as in "HIGH:!aNULL:!MD5", is granted.
var neverOffered = map[string]bool{
	"aNULL": true, "eNULL": true, "NULL": true, "MD5": true, "RC4": true, "DES": true, "3DES": true,
	"EXPORT": true, "EXP": true, "LOW": true, "MEDIUM": true, "PSK": true, "SRP": true, "DSS": true,
	"aDSS": true, "ADH": true, "AECDH": true, "IDEA": true, "SEED": true, "CAMELLIA": true, "SSLv2": true,
}

// parseCiphers reads the option ciphers: OpenSSL's names of suites up to TLS 1.2
// with ":" between them, in any order of preference, which is crypto/tls's. The
// words DEFAULT and HIGH stand for what crypto/tls offers by itself.
func parseCiphers(text string) ([]uint16, error) {
	var ids []uint16
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(":, ", r) }) {
		name, out := strings.CutPrefix(word, "!")
		suite, known := suiteNamed(name)
		switch {
		case out && neverOffered[name]:
		case !out && (name == "DEFAULT" || name == "HIGH"):
			ids = append(ids, defaultSuites()...)
		case !known:
			return nil, fmt.Errorf("has no cipher suite %q here; known are %s", word, knownSuites())
		case suite.version == "TLSv1.3":
			return nil, fmt.Errorf("cannot choose %s: the suites of TLS 1.3 are all on (crypto_method says which TLS)", name)
		case out:
			ids = without(ids, suite.id)
		default:
			ids = append(ids, suite.id)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("leaves no cipher suite")
	}
	return ids, nil
}

func defaultSuites() (ids []uint16) {
	for _, s := range tls.CipherSuites() {
		if suiteOf(s.ID).version != "TLSv1.3" {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

func without(ids []uint16, id uint16) (rest []uint16) {
	for _, other := range ids {
		if other != id {
			rest = append(rest, other)
		}
	}
	return rest
}

// knownSuites lists the names that ciphers takes.
func knownSuites() string {
	var names []string
	for _, s := range cipherSuites {
		if s.version != "TLSv1.3" {
			names = append(names, s.name)
		}
	}
	return strings.Join(names, ", ")
}

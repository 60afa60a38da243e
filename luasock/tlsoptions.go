package luasock

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// tlsOptions are the options of TLS, checked: the table ssl of a context.
type tlsOptions struct {
	verifyPeer *bool // nil: a client does, a server does not
	verifyName *bool
	peerName   string         // "" for the host that is connected to
	roots      *x509.CertPool // nil: the system's
	selfSigned bool
	prints     []fingerprint

	cert    *tls.Certificate // nil for none
	named   map[string]*tls.Certificate
	noSNI   bool
	alpn    []string
	ciphers []uint16 // nil: crypto/tls's choice
	method  int      // 0: any
	capture bool

	captured *x509.Certificate // of the last peer
	sessions sessionCache
	servers  map[int]*tls.Config // by method: a session can be resumed where its Config is the same
}

func newTLSOptions() *tlsOptions {
	return &tlsOptions{sessions: sessionCache{tls.NewLRUClientSessionCache(0)}, servers: map[int]*tls.Config{}}
}

var sslOptions = []string{
	"SNI_enabled", "SNI_server_certs", "allow_self_signed", "alpn_protocols", "cafile", "capath",
	"capture_peer_cert", "ciphers", "crypto_method", "local_cert", "local_pk", "passphrase",
	"peer_fingerprint", "peer_name", "verify_peer", "verify_peer_name",
}

// readTLSOptions reads the table ssl of a context's options. Files are read now:
// one that cannot be used is a mistake of the program that shows where it stands.
func readTLSOptions(f bind.Fields) *tlsOptions {
	f.Only(sslOptions...)
	o := newTLSOptions()
	o.verifyPeer, o.verifyName = boolOption(f, "verify_peer"), boolOption(f, "verify_peer_name")
	for key, to := range map[string]*bool{"allow_self_signed": &o.selfSigned, "capture_peer_cert": &o.capture} {
		*to = isTrue(boolOption(f, key), false)
	}
	o.noSNI = !isTrue(boolOption(f, "SNI_enabled"), true)
	o.peerName = textOption(f, "peer_name")
	o.readTrust(f)
	o.readIdentity(f)
	o.readNegotiation(f)
	return o
}

// boolOption reads a boolean; nil when it is absent.
func boolOption(f bind.Fields, key string) *bool {
	if !f.Has(key) {
		return nil
	}
	b, ok := f.Get(key).(lua.LBool)
	if !ok {
		f.Wrong(key, "a boolean")
	}
	on := bool(b)
	return &on
}

func isTrue(b *bool, otherwise bool) bool {
	if b == nil {
		return otherwise
	}
	return *b
}

// textOption reads a text that is not empty; "" when it is absent.
func textOption(f bind.Fields, key string) string {
	text := f.OptBytes(key, "")
	if f.Has(key) && (text == "" || strings.Contains(text, "\x00")) {
		f.Wrong(key, "a text without NUL bytes")
	}
	return text
}

func (o *tlsOptions) readTrust(f bind.Fields) {
	var bad *pemError
	if o.roots, bad = loadRoots(textOption(f, "cafile"), textOption(f, "capath")); bad != nil {
		f.Bad(bad.option, "%s", bad)
	}
	switch v := f.Get("peer_fingerprint").(type) {
	case *lua.LNilType:
	case lua.LString:
		o.addFingerprint(f, "peer_fingerprint", "", string(v))
	case *lua.LTable:
		sub := f.Sub("peer_fingerprint")
		v.ForEach(func(k, _ lua.LValue) {
			name, ok := k.(lua.LString)
			if !ok {
				f.Wrong("peer_fingerprint", "a table {algorithm = hash}")
			}
			o.addFingerprint(sub, string(name), string(name), sub.Bytes(string(name)))
		})
	default:
		f.Wrong("peer_fingerprint", "a string or a table")
	}
}

func (o *tlsOptions) addFingerprint(f bind.Fields, key, name, text string) {
	print, err := parseFingerprint(name, text)
	if err != nil {
		f.Bad(key, "%s", err)
	}
	o.prints = append(o.prints, print)
}

func (o *tlsOptions) readIdentity(f bind.Fields) {
	passphrase := f.OptBytes("passphrase", "")
	if f.Has("local_cert") {
		o.cert = readPair(f, passphrase)
	} else if f.Has("local_pk") {
		f.Bad("local_pk", "is a key without a certificate: local_cert is missing")
	}
	if !f.Has("SNI_server_certs") {
		return
	}
	sub := f.Sub("SNI_server_certs")
	o.named = map[string]*tls.Certificate{}
	sub.Table().ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok {
			f.Wrong("SNI_server_certs", "a table {name = path}")
		}
		o.named[strings.ToLower(string(name))] = readNamed(sub, string(name), passphrase)
	})
}

// readPair loads local_cert and local_pk.
func readPair(f bind.Fields, passphrase string) *tls.Certificate {
	if !f.Has("local_cert") {
		f.Wrong("local_cert", "a path")
	}
	pair, bad := loadPair(textOption(f, "local_cert"), textOption(f, "local_pk"), passphrase)
	if bad != nil {
		f.Bad(bad.option, "%s", bad)
	}
	return pair
}

// readNamed loads the certificate for one name: a path, or both paths.
func readNamed(f bind.Fields, name, passphrase string) *tls.Certificate {
	switch f.Get(name).(type) {
	case lua.LString:
		pair, bad := loadPair(textOption(f, name), "", passphrase)
		if bad != nil {
			f.Bad(name, "%s", bad)
		}
		return pair
	case *lua.LTable:
		sub := f.Sub(name)
		sub.Only("local_cert", "local_pk", "passphrase")
		return readPair(sub, sub.OptBytes("passphrase", passphrase))
	}
	f.Wrong(name, "a path, or a table with local_cert and local_pk")
	return nil
}

func (o *tlsOptions) readNegotiation(f bind.Fields) {
	o.readALPN(f)
	if text := textOption(f, "ciphers"); text != "" {
		var err error
		if o.ciphers, err = parseCiphers(text); err != nil {
			f.Bad("ciphers", "%s", err)
		}
	}
	if f.Has("crypto_method") {
		o.method = f.Int("crypto_method", 0, 1<<31-1)
		if !validMethod(o.method) {
			f.Wrong("crypto_method", wantMethod)
		}
	}
}

// readALPN reads alpn_protocols: "h2,http/1.1", or a list.
func (o *tlsOptions) readALPN(f bind.Fields) {
	const want = "a string or a table of strings"
	switch v := f.Get("alpn_protocols").(type) {
	case *lua.LNilType:
		return
	case lua.LString:
		o.alpn = strings.Split(string(v), ",")
	case *lua.LTable:
		for _, name := range f.List("alpn_protocols") {
			text, ok := name.(lua.LString)
			if !ok {
				f.Wrong("alpn_protocols", want)
			}
			o.alpn = append(o.alpn, string(text))
		}
	default:
		f.Wrong("alpn_protocols", "a string or a table")
	}
	for i, name := range o.alpn {
		o.alpn[i] = strings.TrimSpace(name)
	}
	if slices.ContainsFunc(o.alpn, func(name string) bool { return name == "" || len(name) > 255 }) {
		f.Bad("alpn_protocols", "must be names of 1 to 255 bytes")
	}
}

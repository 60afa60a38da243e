package luasock

import (
	"errors"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/stream"
)

// Encryption is how TLS is to be begun on a Stream.
type Encryption struct {
	// Options are those of a context under "ssl", read in the name of argument
	// Argument of the call: what is wrong in them raises.
	Options  *lua.LTable
	Argument int
	Method   int // of STREAM_CRYPTO_METHOD_…; 0 for any
	Server   bool
	Host     string // the server that a client wants, and its port
	Port     int
}

// Encrypt starts TLS on a Stream, if that has not been done, and makes the
// handshake until the deadline: then the error is loop.ErrTimeout. On a
// non-blocking stream it is unix.EAGAIN until the handshake is over. At a wrong
// certificate or protocol it is a *stream.TLSError.
func (vm *VM) Encrypt(c bind.Call, fp *Stream, e Encryption, deadline time.Time) error {
	if fp.tls == nil {
		options := readTLSOptions(c.FieldsOf(e.Argument, e.Options))
		config := options.server(e.Method)
		if !e.Server {
			if err := vm.loadSystemRoots(options, deadline); err != nil {
				return err
			}
			config = options.client(tlsPeer{e.Host, e.Port}, e.Method)
		}
		if err := fp.startTLS(config, e.Server); err != nil {
			return err
		}
	}
	return fp.Handshake(deadline)
}

// Decrypt ends TLS on a Stream, which goes on in plain text.
func (fp *Stream) Decrypt() error { return fp.stopTLS() }

// Crypto is the TLS on the stream; nil for none.
func (fp *Stream) Crypto() *stream.TLS { return fp.tls }

// CryptoTable is what get_meta_data tells of TLS; nil before the handshake is
// over.
func (fp *Stream) CryptoTable(L *lua.LState) *lua.LTable {
	if fp.tls == nil || fp.tls.State() == nil {
		return nil
	}
	return fp.cryptoTable(L)
}

// PeerCertificate is what the peer has shown, as get_meta_data tells it; nil for
// none.
func (fp *Stream) PeerCertificate(L *lua.LState) lua.LValue {
	if fp.tls == nil || fp.tls.State() == nil || len(fp.tls.State().PeerCertificates) == 0 {
		return lua.LNil
	}
	return certificateTable(L, fp.tls.State().PeerCertificates[0])
}

// Untrusted tells whether an error is that a peer's certificate is not accepted;
// of one that is another host's, the host that was wanted, and its common name
// unless it has alternative ones.
func Untrusted(err error) (common, host string, ok bool) {
	var name *wrongName
	if errors.As(err, &name) {
		return name.common, name.host, true
	}
	var bad untrusted
	return "", "", errors.As(err, &bad)
}

// ServerTLS reads the key ssl of a table, the options of a TLS server as
// stream_context has them, and returns a function that makes an accepted Stream
// the server of TLS. The handshake is left to the first read or write.
func ServerTLS(f bind.Fields) func(object *lua.LUserData) error {
	ssl := f.Sub("ssl")
	options := readTLSOptions(ssl)
	if !options.hasIdentity() {
		ssl.Wrong("local_cert", "a path")
	}
	listener := &Stream{serves: options.server(0)}
	return func(object *lua.LUserData) error { return object.Value.(*Stream).acceptedBy(listener) }
}

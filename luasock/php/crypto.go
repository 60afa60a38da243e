package php

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/stream"
)

var cryptoRows = []bind.Row{
	differs(row("stream_socket_enable_crypto(resource $stream, bool $enable, ?int $crypto_method = null, resource $session_stream = null): int|bool", "Starts TLS on a connected stream, or ends it; 0 when a non-blocking stream must be asked again.", streamSocketEnableCrypto),
		"session_stream is not used: clients of one VM resume their sessions anyway"),
}

// client is the bit of STREAM_CRYPTO_METHOD_… that says that this end is the
// client.
const client = 1

func streamSocketEnableCrypto(k call) int {
	fp, on, method := k.stream(1), k.bool(2), k.int(3)
	context := attached(fp).context
	if v := contextOption(context, "ssl", "crypto_method"); !k.has(3) && v != lua.LNil {
		method = k.cast(v)
	}
	switch {
	case !on:
		return k.Boolean(fp.Crypto() != nil && fp.Decrypt() == nil)
	case method == 0:
		k.valueError(3, "must be specified when enabling encryption")
	case !encryptable(fp):
		k.warn("This stream does not support SSL/crypto")
		return k.no()
	case fp.Crypto() != nil && fp.Crypto().State() != nil:
		k.warn("SSL/TLS already set-up for this stream")
		return k.no()
	}
	err := k.encrypt(fp, method, k.vm().Loop().Deadline(timeout))
	switch {
	case errors.Is(err, unix.EAGAIN):
		return k.Integer(0)
	case err != nil:
		return k.no()
	}
	return k.True()
}

// encryptable tells whether PHP has TLS on a stream: it is one of TCP.
func encryptable(fp *luasock.Stream) bool {
	s := fp.Sock()
	return s != nil && s.Type() == unix.SOCK_STREAM && s.Family() != unix.AF_UNIX
}

// encrypt starts TLS on a stream and makes the handshake. A failure is warned of,
// but for a peer that has just closed; unix.EAGAIN asks for another call.
func (k call) encrypt(fp *luasock.Stream, method int, deadline time.Time) error {
	a := attached(fp)
	context := a.context
	e := luasock.Encryption{Argument: 1, Options: k.sslOptions(context), Method: method, Server: method&client == 0, Host: a.host, Port: a.port}
	if fp.Crypto() == nil {
		if text, plain := missing(e); text != "" {
			if !plain {
				text = k.p.name + "(): " + text
			}
			k.report(eWarning, text)
			return &openError{0, strings.TrimPrefix(text, k.p.name+"(): ")}
		}
	}
	err := k.vm().Encrypt(k.Call, fp, e, deadline)
	if truth(contextOption(context, "ssl", "capture_peer_cert")) {
		ctx, _ := contextOf(context)
		ctx.set(k.L, "ssl", "peer_certificate", fp.PeerCertificate(k.L))
	}
	if err == nil || errors.Is(err, unix.EAGAIN) {
		return err
	}
	k.raise(err)
	text := tlsText(err)
	if text != "" {
		k.warn("%s", text)
	}
	return &openError{0, text}
}

// tlsText is PHP's text of a failed handshake; "" where PHP says nothing.
func tlsText(err error) string {
	const failed = "SSL operation failed with code 1. OpenSSL Error messages:\nerror:"
	var (
		early   *stream.EarlyError
		bad     *stream.TLSError
		refused *net.OpError
	)
	if err == loop.ErrTimeout {
		return "SSL: Handshake timed out"
	}
	if common, host, ok := luasock.Untrusted(err); ok {
		switch {
		case host != "" && common != "":
			return fmt.Sprintf("Peer certificate CN=`%s' did not match expected CN=`%s'", common, host)
		case host != "":
			return fmt.Sprintf("Peer certificate subjectAltName did not match expected name `%s'", host)
		}
		return failed + "0A000086:SSL routines::certificate verify failed"
	}
	switch {
	case err == io.EOF || errors.Is(err, unix.ECONNRESET):
		return ""
	case errors.As(err, &early):
		return failed + "0A00010B:SSL routines::wrong version number"
	case errors.As(err, &bad) && len(bad.Saw) > 0:
		return failed + "0A00010B:SSL routines::wrong version number"
	case errors.As(err, &refused) && refused.Op == "remote error":
		return failed + alertText(strings.TrimPrefix(refused.Err.Error(), "tls: "))
	}
	return failed + "0A000126:SSL routines::unexpected eof while reading"
}

// alerts are OpenSSL's numbers and texts of the alerts that a peer sends, by
// crypto/tls's names (RFC 8446, section 6).
var alerts = map[string]string{
	"unexpected message":             "0A0003F2:SSL routines::sslv3 alert unexpected message",
	"bad record MAC":                 "0A0003FC:SSL routines::sslv3 alert bad record mac",
	"handshake failure":              "0A000410:SSL routines::sslv3 alert handshake failure",
	"bad certificate":                "0A000412:SSL routines::sslv3 alert bad certificate",
	"unsupported certificate":        "0A000413:SSL routines::sslv3 alert unsupported certificate",
	"revoked certificate":            "0A000414:SSL routines::sslv3 alert certificate revoked",
	"expired certificate":            "0A000415:SSL routines::sslv3 alert certificate expired",
	"unknown certificate":            "0A000416:SSL routines::sslv3 alert certificate unknown",
	"illegal parameter":              "0A000417:SSL routines::sslv3 alert illegal parameter",
	"unknown certificate authority":  "0A000418:SSL routines::tlsv1 alert unknown ca",
	"access denied":                  "0A000419:SSL routines::tlsv1 alert access denied",
	"error decoding message":         "0A00041A:SSL routines::tlsv1 alert decode error",
	"error decrypting message":       "0A00041B:SSL routines::tlsv1 alert decrypt error",
	"protocol version not supported": "0A00042E:SSL routines::tlsv1 alert protocol version",
	"insufficient security level":    "0A00042F:SSL routines::tlsv1 alert insufficient security",
	"internal error":                 "0A000438:SSL routines::tlsv1 alert internal error",
	"certificate required":           "0A00045C:SSL routines::tlsv13 alert certificate required",
	"unrecognized name":              "0A000458:SSL routines::tlsv1 unrecognized name",
	"no application protocol":        "0A000460:SSL routines::tlsv1 alert no application protocol",
}

func alertText(name string) string {
	if text, ok := alerts[name]; ok {
		return text
	}
	return "0A000410:SSL routines::sslv3 alert " + name
}

// sslKinds are the options of TLS that count, with what PHP makes of their
// values; anything is left as it is.
var sslKinds = map[string]kind{
	"verify_peer": boolean, "verify_peer_name": boolean, "allow_self_signed": boolean, "SNI_enabled": boolean, "capture_peer_cert": boolean,
	"peer_name": text, "cafile": text, "capath": text, "local_cert": text, "local_pk": text, "passphrase": text, "ciphers": text, "alpn_protocols": text,
	"peer_fingerprint": anything, "SNI_server_certs": anything,
}

// sslOptions are the options of TLS of a context, as luasock takes them.
func (k call) sslOptions(context *lua.LUserData) *lua.LTable {
	t := k.L.NewTable()
	for name, kind := range sslKinds {
		v := contextOption(context, "ssl", name)
		switch {
		case v == lua.LNil || kind == text && valueText(v) == "":
			continue
		case kind == boolean:
			v = lua.LBool(truth(v))
		case kind == text:
			v = lua.LString(k.string(v))
		}
		t.RawSetString(name, v)
	}
	return t
}

// missing is PHP's text of what the options lack, a file that cannot be read or a
// server's certificate; "" for nothing. plain says that PHP puts no function's
// name before it.
func missing(e luasock.Encryption) (text string, plain bool) {
	option := func(name string) string { return lua.LVAsString(e.Options.RawGetString(name)) }
	if path := option("cafile"); path != "" {
		if _, err := os.Stat(path); err != nil {
			return fmt.Sprintf("failed loading cafile stream: `%s'", path), true
		}
	}
	if path := option("local_cert"); path != "" {
		data, err := luasock.ReadPEM(path)
		if err != nil || !strings.Contains(string(data), "-----BEGIN CERTIFICATE") {
			return fmt.Sprintf("Unable to set local cert chain file `%s'; Check that your cafile/capath settings include details of your certificate and its issuer", path), false
		}
	} else if e.Server && e.Options.RawGetString("SNI_server_certs") == lua.LNil {
		return "SSL_R_NO_SHARED_CIPHER: no suitable shared cipher could be used.  This could be because the server is missing an SSL certificate (local_cert context option)", false
	}
	return "", false
}

// secure starts TLS on a stream that was opened by a URL of TLS. A failure is
// warned of, and the stream closed.
func (k call) secure(fp *luasock.Stream, method int, deadline time.Time) error {
	err := k.encrypt(fp, method, deadline)
	if err == nil {
		return nil
	}
	k.warn("Failed to enable crypto")
	if !fp.IsClosed() {
		fp.Close()
	}
	if method&client != 0 {
		return &openError{0, ""}
	}
	return err
}

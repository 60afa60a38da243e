package luasock

import (
	"cmp"
	"crypto/tls"
	"math"
	"net/netip"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
)

var cryptoMethods = []bind.Row{
	{Name: "enable_crypto", Sig: "fp:enable_crypto(on [, method [, context]])", Returns: "boolean or error", PHP: "stream_socket_enable_crypto", Doc: "Starts TLS on a connected stream (STARTTLS) and makes the handshake within its time-out, or ends TLS and goes on in plain text. Without method a stream that was accepted is the server, any other the client. context is a StreamContext or its options; without one the stream's own counts. Bytes that were buffered before are an error, for they may be an attacker's.", Fn: streamEnableCrypto},
}

func streamEnableCrypto(c bind.Call) int {
	fp, on := socketStreamArg(c, 1), c.Bool(2)
	if fp.sock.Type() != unix.SOCK_STREAM {
		c.Bad(1, "TLS needs a stream of bytes, got datagrams")
	}
	method := c.OptInt(3, 0, math.MinInt32, math.MaxInt32)
	if c.Has(3) && !validMethod(method) {
		c.Wrong(3, wantMethod)
	}
	switch {
	case !on:
		return cryptoDone(c, fp.stopTLS())
	case fp.tls != nil && fp.tls.State() != nil:
		c.Bad(1, "TLS is on already, on %s", fp)
	case fp.tls == nil:
		if c.Has(4) || fp.context == nil {
			fp.context = contextArg(c, 4)
		}
		if err := hostOf(c).startTLS(c, fp, method); err != nil {
			return cryptoDone(c, err)
		}
	}
	return cryptoDone(c, fp.Stream.Handshake(fp.Deadline()))
}

// cryptoDone returns true, or fails.
func cryptoDone(c bind.Call, err error) int {
	if err != nil {
		return streamFail(c, err)
	}
	return c.True()
}

// startTLS puts TLS on a stream, in the role that the method says, or else the
// option crypto_method, or else how the stream has come about.
func (vm *VM) startTLS(c bind.Call, fp *Stream, method int) error {
	options, server := fp.context.ssl, fp.accepted
	if m := cmp.Or(method, options.method); m != 0 {
		server = m&cryptoClient == 0
	}
	if !server {
		if err := vm.loadSystemRoots(options, fp.Deadline()); err != nil {
			return err
		}
		return fp.startTLS(options.client(fp.peer(), method), false)
	}
	if !options.hasIdentity() {
		c.Bad(1, "context.ssl must have key \"local_cert\" (a path) for a server of TLS")
	}
	return fp.startTLS(options.server(method), true)
}

// startTLS puts TLS on the stream.
func (fp *Stream) startTLS(config *tls.Config, server bool) error {
	t, err := fp.Stream.StartTLS(config, server)
	if err != nil {
		return err
	}
	t.Observe = fp.sock.Tell
	fp.sock.BeginTLS()
	fp.tls = t
	return nil
}

func (fp *Stream) stopTLS() error {
	if fp.tls == nil {
		return nil
	}
	err := fp.Stream.StopTLS()
	if err == nil {
		fp.tls = nil
		fp.sock.EndTLS()
	}
	return err
}

// acceptedBy makes the stream what a listening one's connections are. The
// handshake is left to the first read or write, so that a silent client holds up
// nobody.
func (fp *Stream) acceptedBy(listener *Stream) error {
	fp.accepted = true
	if listener.serves == nil {
		return nil
	}
	return fp.startTLS(listener.serves, true)
}

// peer is whom the stream is connected to: as it was opened, or the address.
func (fp *Stream) peer() tlsPeer {
	if fp.server.host != "" {
		return fp.server
	}
	a, err := fp.sock.Getpeername()
	if err != nil || a.IP == (netip.Addr{}) {
		return tlsPeer{}
	}
	return tlsPeer{a.Host(), a.Port}
}

// probe tells whether a read would have an answer, for a select.
func (fp *Stream) probe() bool { return fp.EOF() || fp.Readable() }

// cryptoText is what tostring tells of TLS.
func (fp *Stream) cryptoText() string {
	switch {
	case fp.tls == nil:
		return ""
	case fp.tls.State() == nil:
		return ", TLS not yet agreed on"
	}
	return ", " + protocolName(fp.tls.State().Version)
}

// protocolName is a version of TLS as PHP has it.
func protocolName(version uint16) string {
	return map[uint16]string{
		tls.VersionTLS10: "TLSv1", tls.VersionTLS11: "TLSv1.1",
		tls.VersionTLS12: "TLSv1.2", tls.VersionTLS13: "TLSv1.3",
	}[version]
}

// cryptoTable is what get_meta_data tells of TLS.
func (fp *Stream) cryptoTable(L *lua.LState) *lua.LTable {
	state, t := fp.tls.State(), L.NewTable()
	suite := suiteOf(state.CipherSuite)
	t.RawSetString("protocol", lua.LString(protocolName(state.Version)))
	t.RawSetString("cipher_name", lua.LString(suite.name))
	t.RawSetString("cipher_bits", bind.Int(suite.bits))
	t.RawSetString("cipher_version", lua.LString(suite.version))
	t.RawSetString("resumed", lua.LBool(state.DidResume))
	if state.NegotiatedProtocol != "" {
		t.RawSetString("alpn_protocol", lua.LString(state.NegotiatedProtocol))
	}
	if state.ServerName != "" {
		t.RawSetString("server_name", lua.LString(state.ServerName))
	}
	if fp.context != nil && fp.context.ssl.capture && len(state.PeerCertificates) > 0 {
		t.RawSetString("peer_certificate", certificateTable(L, state.PeerCertificates[0]))
	}
	return t
}

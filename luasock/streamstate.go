package luasock

import (
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
)

var stateMethods = []bind.Row{
	{Name: "set_timeout", Sig: "fp:set_timeout(seconds [, microseconds=0])", Returns: "boolean", PHP: "stream_set_timeout", Doc: "Sets how long each wait of a read or write may last: 60 seconds unless said otherwise, math.huge for ever.", Fn: streamSetTimeout},
	{Name: "set_blocking", Sig: "fp:set_blocking(on)", Returns: "boolean", PHP: "stream_set_blocking", Doc: "Makes calls wait (true), or return nil, \"Resource temporarily unavailable\", EAGAIN instead.", Fn: streamSetBlocking},
	{Name: "get_meta_data", Sig: "fp:get_meta_data()", Returns: "table", PHP: "stream_get_meta_data", Doc: "Returns a table with timed_out, blocked, eof, unread_bytes, stream_type, mode, seekable and uri; with TLS also crypto, a table with protocol, cipher_name, cipher_bits, cipher_version, alpn_protocol, server_name, resumed, and with capture_peer_cert peer_certificate.", Fn: streamGetMetaData},
	{Name: "get_name", Sig: "fp:get_name(remote)", Returns: "string or error", PHP: "stream_socket_get_name", Doc: "Returns the local (false) or the peer's (true) address, as \"127.0.0.1:1935\", \"[::1]:1935\", or a path.", Fn: streamGetName},
	{Name: "shutdown", Sig: "fp:shutdown(how)", Returns: "boolean or error", PHP: "stream_socket_shutdown", Doc: "Ends reading, writing or both: STREAM_SHUT_RD, STREAM_SHUT_WR, STREAM_SHUT_RDWR.", Fn: streamShutdown},
}

func streamSetTimeout(c bind.Call) int {
	fp, d := streamArg(c, 1), c.Seconds(2)
	if fp.file != nil && fp.file.IsRegular() {
		c.Bad(1, "a file has no time-out")
	}
	if c.Has(3) && d != bind.Forever {
		d += time.Duration(c.Int(3, 0, 1<<31-1)) * time.Microsecond
	}
	fp.SetTimeout(d)
	return c.True()
}

func streamSetBlocking(c bind.Call) int {
	streamArg(c, 1).SetBlocking(c.Bool(2))
	return c.True()
}

func streamGetMetaData(c bind.Call) int {
	fp := streamArg(c, 1)
	t := c.L.NewTable()
	for key, v := range map[string]lua.LValue{
		"timed_out":    lua.LBool(fp.TimedOut()),
		"blocked":      lua.LBool(fp.Blocking()),
		"eof":          lua.LBool(fp.EOF()), // before unread_bytes: it may read ahead
		"stream_type":  lua.LString(fp.kind),
		"mode":         lua.LString(fp.mode),
		"seekable":     lua.LFalse,
		"unread_bytes": bind.Int(fp.Buffered()),
	} {
		t.RawSetString(key, v)
	}
	if fp.uri != "" {
		t.RawSetString("uri", lua.LString(fp.uri))
	}
	if fp.tls != nil && fp.tls.State() != nil {
		t.RawSetString("crypto", fp.cryptoTable(c.L))
	}
	return c.Return(t)
}

func streamGetName(c bind.Call) int {
	fp, remote := streamArg(c, 1), c.Bool(2)
	if fp.sock == nil {
		return c.Fail(unix.ENOTSOCK)
	}
	name := fp.sock.Getsockname
	if remote {
		name = fp.sock.Getpeername
	}
	a, err := name()
	if err != nil {
		return c.Fail(err)
	}
	return c.Text(streamName(a))
}

// streamName is an address as PHP's streams have it: an AF_UNIX one is its
// bytes.
func streamName(a addr.Addr) string {
	if a.Family == unix.AF_UNIX {
		return a.Path
	}
	return a.String()
}

func streamShutdown(c bind.Call) int {
	fp, how := streamArg(c, 1), c.Int(2, -1<<31, 1<<31-1)
	if how < unix.SHUT_RD || how > unix.SHUT_RDWR {
		c.Wrong(2, "STREAM_SHUT_RD, STREAM_SHUT_WR or STREAM_SHUT_RDWR")
	}
	if fp.sock == nil {
		return c.Fail(unix.ENOTCONN)
	}
	if fp.tls != nil && how != unix.SHUT_RD {
		fp.tls.CloseWrite()
	}
	return c.Done(fp.sock.Shutdown(how))
}

package php

import (
	lua "github.com/yuin/gopher-lua"
	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/stream"
)

var stateRows = []bind.Row{
	row("stream_set_timeout(resource $stream, int $seconds, int $microseconds = 0): bool", "Sets how long each wait of a read or write may last; below 0 for ever.", streamSetTimeout),
	row("socket_set_timeout(resource $stream, int $seconds, int $microseconds = 0): bool", "An alias of stream_set_timeout.", streamSetTimeout),
	row("stream_set_blocking(resource $stream, bool $enable): bool", "Makes calls wait, or not.", streamSetBlocking),
	row("socket_set_blocking(resource $stream, bool $enable): bool", "An alias of stream_set_blocking.", streamSetBlocking),
	row("stream_get_meta_data(resource $stream): array", "Gives {timed_out=, blocked=, eof=, stream_type=, mode=, unread_bytes=, seekable=}.", streamGetMetaData),
	row("socket_get_status(resource $stream): array", "An alias of stream_get_meta_data.", streamGetMetaData),
	differs(row("stream_set_read_buffer(resource $stream, int $size): int", "Does nothing.", streamSetReadBuffer), "the stream goes on reading ahead with size 0"),
	row("stream_set_write_buffer(resource $stream, int $size): int", "Gives -1: a stream writes without a buffer.", streamSetWriteBuffer),
	row("stream_set_chunk_size(resource $stream, int $size): int", "Sets how many bytes fread gives at most; gives the number before.", streamSetChunkSize),
	row("stream_is_local(mixed $stream): bool", "Tells whether a stream or URL is no network's.", streamIsLocal),
	row("stream_isatty(resource $stream): bool", "Tells whether the stream is a terminal.", streamIsatty),
	row("stream_supports_lock(resource $stream): bool", "Tells whether the stream is a file that can be locked.", streamSupportsLock),
	row("is_resource(mixed $value): bool", "Tells whether a value is an open stream, or a stream context.", isResourceRow),
	row("get_resource_type(resource $resource): string", "Tells \"stream\", \"persistent stream\", \"stream-context\", or \"Unknown\" of a closed one.", getResourceType),
}

func streamSetTimeout(k call) int {
	fp, sec, usec := k.stream(1), k.int(2), k.int(3)
	if fp.Sock() == nil {
		return k.no()
	}
	if usec > 999999 || usec < -999999 {
		sec, usec = sec+usec/1000000, usec%1000000
	}
	d := stream.Forever
	if sec >= 0 {
		d = max(span(sec, usec), 0)
	}
	fp.SetTimeout(d)
	return k.True()
}

func streamSetBlocking(k call) int {
	k.stream(1).SetBlocking(k.bool(2))
	return k.True()
}

func streamGetMetaData(k call) int {
	fp := k.stream(1)
	t := k.L.CreateTable(0, 9)
	for key, v := range map[string]lua.LValue{
		"timed_out":    lua.LBool(fp.TimedOut()),
		"blocked":      lua.LBool(fp.Blocking()),
		"eof":          lua.LBool(fp.Ended()),
		"stream_type":  lua.LString(fp.Kind()),
		"mode":         lua.LString(fp.Mode()),
		"seekable":     lua.LFalse,
		"unread_bytes": bind.Int(fp.Buffered()),
	} {
		t.RawSetString(key, v)
	}
	if crypto := fp.CryptoTable(k.L); crypto != nil {
		for _, ours := range []string{"resumed", "server_name", "peer_certificate"} {
			crypto.RawSetString(ours, lua.LNil)
		}
		t.RawSetString("crypto", crypto)
	}
	if fp.File() != nil {
		t.RawSetString("wrapper_type", lua.LString("PHP"))
		t.RawSetString("uri", lua.LString(fp.URI()))
		t.RawSetString("mode", lua.LString(fp.Mode()+"b"))
	}
	return k.Return(t)
}

func streamSetReadBuffer(k call) int {
	k.stream(1)
	return k.Integer(0)
}

func streamSetWriteBuffer(k call) int {
	k.stream(1)
	return k.Integer(-1)
}

func streamSetChunkSize(k call) int {
	fp := k.stream(1)
	a, n := attached(fp), k.positive(2)
	before := a.chunk
	a.chunk = n
	return k.Integer(before)
}

func streamIsLocal(k call) int {
	if _, ok := luasock.StreamOf(k.arg(1)); ok {
		return k.Boolean(k.stream(1).Sock() == nil)
	}
	scheme, _ := cutScheme(k.string(k.arg(1)))
	return k.Boolean(scheme != "http" && scheme != "https" && scheme != "ftp" && scheme != "ftps")
}

func streamIsatty(k call) int {
	fp := k.stream(1)
	if fp.File() == nil {
		return k.no()
	}
	return k.Boolean(fp.File().IsTerminal())
}

func streamSupportsLock(k call) int { return k.Boolean(k.stream(1).File() != nil) }

func isResourceRow(k call) int {
	if fp, ok := luasock.StreamOf(k.arg(1)); ok {
		return k.Boolean(!fp.IsClosed())
	}
	return k.Boolean(isResource(k.arg(1)))
}

func getResourceType(k call) int {
	if fp, ok := luasock.StreamOf(k.arg(1)); ok && !fp.IsClosed() && k.state().persistent(fp) {
		return k.Text("persistent stream")
	}
	return k.Text(resourceType(k.arg(1)))
}

// resourceType is what PHP calls a resource, but for the persistent ones.
func resourceType(v lua.LValue) string {
	fp, ok := luasock.StreamOf(v)
	switch {
	case !ok:
		return "stream-context"
	case fp.IsClosed():
		return "Unknown"
	}
	return "stream"
}

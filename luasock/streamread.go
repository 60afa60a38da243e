package luasock

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/stream"
)

var readMethods = []bind.Row{
	{Name: "gets", Sig: "fp:gets([length])", Returns: "string or error", PHP: "fgets", Doc: "Returns one line with its ending, at most length-1 bytes; at the end what is left, then nil, \"closed\", 0. After a time-out the part that came stays readable. Without length, a line of more than 128 MB is nil, a message, EMSGSIZE.", Fn: streamGets},
	{Name: "getc", Sig: "fp:getc()", Returns: "string or error", PHP: "fgetc", Doc: "Returns one byte.", Fn: streamGetc},
	{Name: "read", Sig: "fp:read(length)", Returns: "string or error", PHP: "fread", Doc: "Returns up to length bytes: what is buffered, or what comes first.", Fn: streamRead},
	{Name: "get_contents", Sig: "fp:get_contents([max=-1])", Returns: "string or error", PHP: "stream_get_contents", Doc: "Returns everything up to the end, or max bytes. At the end that is \"\". Without max that is at most 1 GB: beyond it nil, a message, EMSGSIZE.", Fn: streamGetContents},
	{Name: "get_line", Sig: "fp:get_line(length [, ending=\"\"])", Returns: "string or error", PHP: "stream_get_line", Doc: "Returns what stands before an ending, which is dropped, or length bytes when they do not hold it; 0 is no limit but 128 MB, beyond which it is nil, a message, EMSGSIZE.", Fn: streamGetLine},
	{Name: "getss", Sig: "fp:getss([length [, allowed=\"\"]])", Returns: "string or error", PHP: "fgetss", Doc: "Returns a line as gets does, without HTML and PHP tags, but for those in allowed, as \"<a><b>\".", Fn: streamGetss},
	{Name: "passthru", Sig: "fp:passthru()", Returns: "integer or error", PHP: "fpassthru", Doc: "Writes everything up to the end to standard output and returns the number of bytes.", Fn: streamPassthru},
	{Name: "copy_to", Sig: "fp:copy_to(other [, max=-1])", Returns: "integer or error", PHP: "stream_copy_to_stream", Doc: "Copies everything up to the end, or max bytes, to another Stream and returns the number of bytes. Where it can, the kernel moves them. A failure returns it too: nil, message, errno, number.", Fn: streamCopyTo},
	{Name: "eof", Sig: "fp:eof()", Returns: "boolean", PHP: "feof", Doc: "Tells whether all was read and the peer has closed. Never waits.", Fn: streamEOF},
}

// iterMethods are those of a Socket too.
var iterMethods = []bind.Row{
	{Name: "lines", Sig: "fp:lines()", Returns: "fun(): string?", Doc: "For a loop over the lines, without their endings \"\\n\" or \"\\r\\n\", up to the end: for line in fp:lines() do. Other failures raise.", Fn: streamLines},
	{Name: "chunks", Sig: "fp:chunks([size=8192])", Returns: "fun(): string?", Doc: "For a loop over what comes, up to size bytes at once, up to the end: for chunk in fp:chunks() do. Other failures raise.", Fn: streamChunks},
}

func streamGets(c bind.Call) int {
	fp, most := streamArg(c, 1), math.MaxInt
	if c.Has(2) {
		most = lengthArg(c, 2, 2) - 1
	}
	p, err := fp.Gets(most)
	return streamData(c, p, err)
}

func streamGetc(c bind.Call) int {
	p, err := streamArg(c, 1).Read(1)
	return streamData(c, p, err)
}

func streamRead(c bind.Call) int {
	fp, most := streamArg(c, 1), lengthArg(c, 2, 1)
	p, err := fp.Read(most)
	return streamData(c, p, err)
}

func streamGetContents(c bind.Call) int {
	fp, most := streamArg(c, 1), optLengthArg(c, 2, -1, -1)
	p, err := fp.Contents(most)
	return streamData(c, p, err)
}

func streamGetLine(c bind.Call) int {
	fp, most, ending := streamArg(c, 1), lengthArg(c, 2, 0), c.OptBytes(3, "")
	p, err := fp.GetLine(most, []byte(ending))
	return streamData(c, p, err)
}

func streamGetss(c bind.Call) int {
	fp, most := streamArg(c, 1), math.MaxInt
	if c.Has(2) {
		most = lengthArg(c, 2, 2) - 1
	}
	allowed := allowedTags(c.OptBytes(3, ""))
	p, err := fp.Gets(most)
	if err == nil {
		p = fp.tags.strip(p, allowed)
	}
	return streamData(c, p, err)
}

func streamPassthru(c bind.Call) int {
	fp := streamArg(c, 1)
	n, err := fp.CopyTo(hostOf(c).standardStream(1).Stream, -1)
	return copied(c, n, err)
}

func streamCopyTo(c bind.Call) int {
	fp, to, most := streamArg(c, 1), streamArg(c, 2), optLengthArg(c, 3, -1, -1)
	n, err := fp.CopyTo(to.Stream, most)
	return copied(c, n, err)
}

// copied returns a count of bytes to Lua, behind an error too.
func copied(c bind.Call, n int, err error) int {
	switch err {
	case nil:
		return c.Integer(n)
	case stream.ErrWriting: // to the other one
		c.Bad(min(c.N(), 2), "%s", err)
	}
	return streamFail(c, err) + c.Integer(n)
}

func streamEOF(c bind.Call) int { return c.Boolean(streamArg(c, 1).EOF()) }

func streamLines(c bind.Call) int {
	st := readerArg(c, 1)
	return iterate(c, st.ReadLine)
}

func streamChunks(c bind.Call) int {
	st, size := readerArg(c, 1), optLengthArg(c, 2, 8192, 1)
	return iterate(c, func() ([]byte, error) { return st.Read(size) })
}

// iterate returns a function that gives what read gives, nil at the end of the
// stream, and raises where read fails otherwise: a loop that simply ended would
// hide it.
func iterate(c bind.Call, read func() ([]byte, error)) int {
	object, vm := c.Arg(1), hostOf(c)
	return c.Return(c.L.NewFunction(func(L *lua.LState) int {
		vm.env.Running = L
		p, err := read()
		switch {
		case err == nil:
			L.Push(lua.LString(vm.streams.group.Text(p)))
			return 1
		case isEnd(err):
			L.Push(lua.LNil)
			return 1
		}
		inner := c
		inner.L = L
		L.SetTop(0)
		L.Push(object) // whose failure it is
		n := streamFail(inner, err)
		inner.Raise("%s: %s", c.Name(), L.Get(-n+1).String())
		return 0
	}))
}

// isEnd tells whether an error is the end of a stream, perhaps because it was
// closed.
func isEnd(err error) bool {
	return judge(err).Message == "closed" || err == stream.ErrClosed || err == stream.ErrTruncated
}

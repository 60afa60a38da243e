package luasock

import (
	"math"

	"sockscript/luasock/bind"
)

var writeMethods = []bind.Row{
	{Name: "write", Sig: "fp:write(data [, length])", Returns: "integer or error", PHP: "fwrite", Doc: "Writes data, or its first length bytes, and returns the number of bytes; a blocking stream writes all. A time-out behind some of them returns their number too: nil, message, errno, number.", Fn: streamWrite},
	{Name: "puts", Sig: "fp:puts(data [, length])", Returns: "integer or error", PHP: "fputs", Doc: "Is write under another name.", Fn: streamWrite},
	{Name: "flush", Sig: "fp:flush()", Returns: "boolean", PHP: "fflush", Doc: "Returns true: what was written has gone to the system already, and with TLS has now.", Fn: streamFlush},
	{Name: "close", Sig: "fp:close()", Returns: "boolean or error", PHP: "fclose", Doc: "Closes the stream. Calls that wait on it return nil, \"closed\", 0.", Fn: streamClose},
}

func streamWrite(c bind.Call) int {
	fp, p := streamArg(c, 1), bytesOf(c, 2)
	n, err := fp.Write(p[:min(len(p), optLengthArg(c, 3, math.MaxInt, 0))])
	return streamNumber(c, n, err)
}

func streamFlush(c bind.Call) int {
	if err := streamArg(c, 1).Flush(); err != nil {
		return streamFail(c, err)
	}
	return c.True()
}

func streamClose(c bind.Call) int {
	if err := streamArg(c, 1).Close(); err != nil {
		return streamFail(c, err)
	}
	return c.True()
}

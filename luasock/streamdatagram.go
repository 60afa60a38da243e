package luasock

import (
	"errors"
	"math"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
)

// The flags of recvfrom and sendto, as PHP numbers them.
const (
	streamOOB  = 1
	streamPeek = 2
)

var datagramMethods = []bind.Row{
	{Name: "recvfrom", Sig: "fp:recvfrom(length [, flags=0])", Returns: "string data, string address or error", PHP: "stream_socket_recvfrom", Doc: "Returns up to length bytes and the sender's address, as \"127.0.0.1:1935\", or \"\". Flags: STREAM_PEEK, STREAM_OOB.", Fn: streamRecvfrom},
	{Name: "sendto", Sig: "fp:sendto(data [, flags=0 [, address]])", Returns: "integer or error", PHP: "stream_socket_sendto", Doc: "Sends data to the peer, or to an address such as \"127.0.0.1:1935\" or a path, and returns the number of bytes. Flags: STREAM_OOB.", Fn: streamSendto},
}

// messageFlags reads flags of recvfrom and sendto, argument i, as the system's.
func messageFlags(c bind.Call, i, allowed int, want string) int {
	v, flags := c.OptInt(i, 0, math.MinInt32, math.MaxInt32), 0
	if v&^allowed != 0 {
		c.Wrong(i, want)
	}
	if v&streamOOB != 0 {
		flags |= unix.MSG_OOB
	}
	if v&streamPeek != 0 {
		flags |= unix.MSG_PEEK
	}
	return flags
}

// socketStreamArg reads argument i, an open stream on a socket.
func socketStreamArg(c bind.Call, i int) *Stream {
	fp := streamArg(c, i)
	if fp.sock == nil {
		c.Bad(i, "fp must be a stream on a socket, got %s", fp)
	}
	return fp
}

// plainStreamArg is socketStreamArg without TLS, which these calls would pass by.
func plainStreamArg(c bind.Call, i int) *Stream {
	fp := socketStreamArg(c, i)
	if fp.tls != nil {
		c.Bad(i, "fp must be a stream without TLS, got %s", fp)
	}
	return fp
}

func streamRecvfrom(c bind.Call) int {
	fp, length := plainStreamArg(c, 1), lengthArg(c, 2, 1)
	flags := messageFlags(c, 3, streamOOB|streamPeek, "STREAM_PEEK, STREAM_OOB or 0")
	var from addr.Addr
	p, err := fp.ReadDirect(length, flags&unix.MSG_OOB != 0, flags&unix.MSG_PEEK != 0, func(p []byte) (n int, err error) {
		n, from, err = fp.sock.TryRecvfrom(p, flags)
		return n, err
	})
	if err != nil {
		return streamFail(c, err)
	}
	return c.Return(lua.LString(p), lua.LString(streamName(from)))
}

func streamSendto(c bind.Call) int {
	fp, p := plainStreamArg(c, 1), bytesOf(c, 2)
	flags := messageFlags(c, 3, streamOOB, "STREAM_OOB or 0")
	to, err := fp.destination(c, 4)
	if err != nil {
		return c.Fail(err)
	}
	n, err := fp.WriteDirect(p, func(p []byte) (int, error) { return fp.sock.TrySendto(p, flags, to) })
	return streamNumber(c, n, err)
}

// destination reads an address, argument i: of the stream's own family; a name
// is looked up. Without one it is zero, the peer.
func (fp *Stream) destination(c bind.Call, i int) (addr.Addr, error) {
	text := c.OptBytes(i, "")
	if text == "" {
		return addr.Addr{}, nil
	}
	host, port := text, 0
	if fp.sock.Family() != unix.AF_UNIX {
		h, p, err := addr.ParseHostPort(text)
		if err == nil {
			port, err = addr.ParsePort(p)
		}
		if err != nil {
			c.Wrong(i, "host:port")
		}
		host = h
	}
	a, err := fp.sock.Resolve(host, port)
	var bad *addr.Error
	if errors.As(err, &bad) {
		c.Bad(i, "%s", err)
	}
	return a, err
}

package luasock

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// streamRows are the functions of the socket module that are about streams.
var streamRows = slices.Concat(shareRows, dialRows, serverRows, contextRows)

// streamMethods are what a Stream can do; streamSocketMethods what of it a
// Socket can do too, beside its own.
var (
	streamMethods       = slices.Concat(readMethods, iterMethods, writeMethods, stateMethods, cryptoMethods, datagramMethods, acceptMethods, expectMethods)
	streamSocketMethods = slices.Concat(iterMethods, expectMethods)
)

var streamClass = &bind.Class{
	Name:   "Stream",
	Doc:    "Buffered bytes over a connection, a pipe or a file.",
	String: func(v any) string { return v.(*Stream).String() },
}

// Stream is a stream.Stream as scripts have it.
type Stream struct {
	*stream.Stream
	sock *sock.Sock   // beneath it; nil for a file
	file *stream.File // beneath it; nil for a socket

	kind    string // as get_meta_data has it: "tcp_socket/ssl"
	mode    string
	uri     string // by which it was opened; "" for none
	context *streamContext
	tags    tagStripper

	// Attached is what a package above keeps with the stream.
	Attached any
	tls      *stream.TLS // between the stream and sock; nil for none
	serves   *tls.Config // of a listening stream: what the accepted ones speak; nil for plain text
	server   tlsPeer     // that it was opened to; zero if it was not
	accepted bool
}

func (fp *Stream) String() string {
	switch {
	case fp.IsClosed():
		return "stream: closed"
	case fp.sock != nil:
		return "stream:" + fp.sock.String()[len("socket:"):] + fp.cryptoText()
	}
	return fmt.Sprintf("stream: %s fd %d", fp.uri, fp.file.FD())
}

// Descriptor gives the descriptor to be passed to another process.
func (fp *Stream) Descriptor() (int, error) {
	switch {
	case fp.IsClosed():
		return -1, sock.ErrClosed
	case fp.sock != nil:
		return fp.sock.Descriptor()
	}
	return fp.file.FD(), nil
}

// Ready is the stream in a select.
func (fp *Stream) Ready(want loop.Event) sock.Ready {
	var r sock.Ready
	if fp.sock != nil {
		r = fp.sock.Ready(want)
	} else {
		r = sock.Ready{FD: fp.file.LoopFD(), N: fp.file.FD(), Want: want}
	}
	r.Buffered = r.Buffered || fp.Readable()
	if fp.tls != nil {
		r.Probe = fp.probe
		r.Buffered = r.Buffered || fp.tls.Holds() && fp.probe()
	}
	return r
}

// newStream makes a Stream over a socket.
func (vm *VM) newStream(s *sock.Sock) *Stream {
	return &Stream{
		Stream: vm.streams.group.New(s, hasDatagrams(s)),
		sock:   s, kind: streamKind(s), mode: "r+",
	}
}

// pushStream makes a Stream a value.
func (vm *VM) pushStream(fp *Stream) *lua.LUserData { return vm.env.New(streamClass, fp) }

func hasDatagrams(s *sock.Sock) bool { return s.Type() != unix.SOCK_STREAM }

// streamKind is what PHP calls the kind of a socket's stream.
func streamKind(s *sock.Sock) string {
	inet := s.Family() == unix.AF_INET || s.Family() == unix.AF_INET6
	switch {
	case inet && s.Type() == unix.SOCK_STREAM:
		return "tcp_socket/ssl"
	case inet && s.Type() == unix.SOCK_DGRAM:
		return "udp_socket"
	case s.Family() == unix.AF_UNIX && s.Type() == unix.SOCK_STREAM:
		return "unix_socket"
	case s.Family() == unix.AF_UNIX && s.Type() == unix.SOCK_DGRAM:
		return "udg_socket"
	}
	return "generic_socket"
}

// streamArg reads argument i, an open stream.
func streamArg(c bind.Call, i int) *Stream {
	fp := bind.Object[*Stream](c, i, streamClass)
	if fp.IsClosed() {
		c.Bad(i, "stream is closed")
	}
	return fp
}

// readerArg reads argument i, an open stream, or a socket, whose buffer is the
// socket's own.
func readerArg(c bind.Call, i int) *stream.Stream {
	if _, ok := bind.To[*Socket](c.Arg(i)); !ok {
		return streamArg(c, i).Stream
	}
	s := socketArg(c, i)
	st := hostOf(c).streams.group.New(s, hasDatagrams(s))
	st.Share(true)
	st.SetTimeout(stream.Forever)
	if d := s.ReadTimeout(); d > 0 {
		st.SetTimeout(d)
	}
	return st
}

// streamFail returns or raises the error of a call whose argument 1 is the
// stream or socket.
func streamFail(c bind.Call, err error) int {
	if s, ok := bind.To[*Socket](c.Arg(1)); ok {
		switch {
		case err == io.EOF && s.IsClosed():
			err = sock.ErrClosedUnder
		case err == loop.ErrTimeout: // SO_RCVTIMEO
			err = unix.EAGAIN
		case err == stream.ErrReading:
			c.Bad(1, "another task is reading from the socket")
		}
	}
	var bad *addr.Error
	var long stream.TooLongError
	switch {
	case err == stream.ErrReading, err == stream.ErrWriting, err == stream.ErrClosed, errors.As(err, &bad):
		c.Bad(1, "%s", err)
	case err == stream.ErrNoMatch, errors.As(err, &long):
		return c.Return(lua.LNil, lua.LString(err.Error()), bind.Int(int(unix.EMSGSIZE)))
	}
	return c.Fail(err)
}

// streamData returns bytes to Lua.
func streamData(c bind.Call, p []byte, err error) int {
	if err != nil {
		return streamFail(c, err)
	}
	return c.Text(hostOf(c).streams.group.Text(p))
}

// streamNumber returns a count of bytes to Lua, and at a time-out how many were
// done before it.
func streamNumber(c bind.Call, n int, err error) int {
	if err != nil {
		results := streamFail(c, err)
		if err == loop.ErrTimeout && n > 0 { // the script may go on behind them
			results += c.Integer(n)
		}
		return results
	}
	return c.Integer(n)
}

// lengthArg reads a number of bytes, min or more.
func lengthArg(c bind.Call, i, min int) int {
	n, ok := c.Arg(i).(lua.LNumber)
	if v, whole := bind.Whole(n); ok && whole && v > maxLength || ok && math.IsInf(float64(n), 1) {
		return maxLength
	}
	v, whole := bind.Whole(n)
	if !ok || !whole || v < min {
		c.Wrong(i, fmt.Sprintf("%d or more", min))
	}
	return v
}

// optLengthArg is lengthArg with a default for nil.
func optLengthArg(c bind.Call, i, def, min int) int {
	if !c.Has(i) {
		return def
	}
	return lengthArg(c, i, min)
}

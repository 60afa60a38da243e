package php

import (
	"errors"
	"io"
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/stream"
)

var streamRows = []bind.Row{
	row("fgets(resource $stream, ?int $length = null): string|false", "Reads a line with its \"\\n\", at most length-1 bytes.", fgets),
	row("fgetc(resource $stream): string|false", "Reads one byte.", fgetc),
	differs(row("fread(resource $stream, int $length): string|false", "Reads what is there, up to length bytes and one chunk.", fread),
		"bytes that are buffered come at once (D16); a datagram is never joined with the next, an empty one is no end (D17)"),
	differs(row("fgetss(resource $stream, ?int $length = null, string $allowable_tags = \"\"): string|false", "Reads a line without its HTML and PHP tags.", fgetss),
		"PHP 8 has it no more; it is PHP 7's"),
	row("fwrite(resource $stream, string $data, ?int $length = null): int|false", "Writes data, or its first length bytes.", fwrite),
	row("fputs(resource $stream, string $data, ?int $length = null): int|false", "An alias of fwrite.", fwrite),
	row("feof(resource $stream): bool", "Tells whether all was read and the peer has closed.", feof),
	row("fflush(resource $stream): bool", "Does nothing: what was written has gone to the system.", fflush),
	row("fclose(resource $stream): bool", "Closes the stream.", fclose),
	row("ftell(resource $stream): int|false", "Tells how many bytes were read and written.", ftell),
	row("fseek(resource $stream, int $offset, int $whence = SEEK_SET): int", "Skips bytes with SEEK_CUR; else it fails: a stream cannot go back.", fseek),
	row("rewind(resource $stream): bool", "Fails: a stream cannot go back.", rewind),
	row("fpassthru(resource $stream): int", "Prints all that comes up to the end.", fpassthru),
	row("stream_get_contents(resource $stream, ?int $length = null, int $offset = -1): string|false", "Reads everything up to the end, or length bytes.", streamGetContents),
	row("stream_get_line(resource $stream, int $length, string $ending = \"\"): string|false", "Reads what stands before an ending, which is dropped.", streamGetLine),
	row("stream_copy_to_stream(resource $from, resource $to, ?int $length = null, int $offset = 0): int|false", "Copies everything up to the end, or length bytes, to another stream.", streamCopyToStream),
}

// chunkSize is how many bytes fread gives at most unless
// stream_set_chunk_size says otherwise.
const chunkSize = 8192

// attachment is what this module keeps with a stream.
type attachment struct {
	chunk   int
	context *lua.LUserData // a streamContext; nil for the default
	host    string         // that it was opened to, and the port
	port    int
	serves  int // of a listening stream: the versions of TLS that the accepted ones speak; 0 for plain text
}

// attached gives what is kept with a stream.
func attached(fp *luasock.Stream) *attachment {
	a, ok := fp.Attached.(*attachment)
	if !ok {
		a = &attachment{chunk: chunkSize}
		fp.Attached = a
	}
	return a
}

// stream is argument i, declared resource, an open stream.
func (k call) stream(i int) *luasock.Stream {
	fp, ok := luasock.StreamOf(k.arg(i))
	if !ok || fp.IsClosed() {
		k.throw("TypeError", k.p.name+"(): supplied resource is not a valid stream resource")
	}
	return fp
}

// read returns what was read, or false.
func (k call) read(p []byte, err error) int {
	if err != nil {
		k.raise(err)
		return k.no()
	}
	return k.Text(string(p))
}

// positive throws unless argument i is more than 0.
func (k call) positive(i int) int {
	n := k.int(i)
	if n <= 0 {
		k.valueError(i, "must be greater than 0")
	}
	return n
}

// line reads a line of up to argument 2 less one bytes; what has come when the
// wait ends is consumed.
func (k call) line(fp *luasock.Stream) (p []byte, ok bool) {
	most := math.MaxInt
	if k.has(2) {
		if most = k.positive(2) - 1; most == 0 {
			return nil, false
		}
	}
	p, err := fp.Gets(most)
	if err != nil {
		k.raise(err)
		p = fp.Take(most)
	}
	return p, len(p) > 0
}

func fgets(k call) int {
	p, ok := k.line(k.stream(1))
	if !ok {
		return k.no()
	}
	return k.Text(string(p))
}

func fgetss(k call) int {
	fp := k.stream(1)
	p, ok := k.line(fp)
	if !ok {
		return k.no()
	}
	return k.Text(string(fp.StripTags(p, k.text(3))))
}

func fgetc(k call) int {
	p, err := k.stream(1).Read(1)
	return k.read(p, err)
}

func fread(k call) int {
	fp, n := k.stream(1), k.positive(2)
	p, err := fp.Read(min(n, attached(fp).chunk))
	if err == nil || err == loop.ErrTimeout {
		return k.read(p, err)
	}
	k.raise(err)
	if errors.Is(err, stream.ErrTruncated) {
		return k.Text("")
	}
	// PHP meets an error of a connection in the call that gives the last bytes.
	if in, _ := fp.Moved(); err != io.EOF && !errors.Is(err, unix.EAGAIN) && in == 0 {
		return k.no()
	}
	return k.Text("")
}

func fwrite(k call) int {
	fp, p := k.stream(1), k.bytes(2)
	if k.has(3) {
		p = p[:max(min(len(p), k.int(3)), 0)]
	}
	n, err := fp.Write(p)
	if err == nil {
		return k.Integer(n)
	}
	k.raise(err)
	if errors.Is(err, unix.EAGAIN) {
		return k.Integer(n)
	}
	code := int(unix.EPIPE)
	if fp.Crypto() != nil && err != loop.ErrTimeout {
		k.warn("SSL: %s", strerror(code))
		return k.Integer(n)
	}
	switch {
	case err == loop.ErrTimeout:
		code = int(unix.EAGAIN)
	case err != io.EOF:
		code = errno(err)
	}
	k.sendFailed(len(p)-n, code)
	if n == 0 {
		return k.no()
	}
	return k.Integer(n)
}

// sendFailed is the notice of a write that has failed.
func (k call) sendFailed(left, code int) {
	k.notice("Send of %d bytes failed with errno=%d %s", left, code, strerror(code))
}

func feof(k call) int { return k.Boolean(k.stream(1).EOF()) }

func fflush(k call) int {
	k.stream(1)
	return k.True()
}

func fclose(k call) int {
	fp := k.stream(1)
	k.state().forget(fp)
	k.raise(fp.Close())
	return k.True()
}

func (k call) tell(fp *luasock.Stream) int {
	in, out := fp.Moved()
	return int(in + out)
}

func ftell(k call) int { return k.Integer(k.tell(k.stream(1))) }

func fseek(k call) int {
	fp, offset := k.stream(1), k.int(2)
	const seekCur = 1
	if k.optInt(3, 0) == 0 {
		offset -= k.tell(fp) // what is ahead can be skipped
	}
	if whence := k.optInt(3, 0); offset >= 0 && (whence == seekCur || whence == 0 && offset <= fp.Buffered() && offset > 0) {
		for offset > 0 {
			p, err := fp.Read(offset)
			if err != nil {
				k.raise(err)
				break
			}
			offset -= len(p)
		}
		return k.Integer(0)
	}
	k.warn("Stream does not support seeking")
	return k.Integer(-1)
}

func rewind(k call) int {
	k.stream(1)
	k.warn("Stream does not support seeking")
	return k.no()
}

func fpassthru(k call) int {
	fp := k.stream(1)
	out, _ := luasock.StreamOf(k.vm().StandardStream(1))
	n, err := fp.CopyTo(out.Stream, -1)
	k.raise(err)
	return k.Integer(n)
}

func streamGetContents(k call) int {
	fp, most := k.stream(1), -1
	if k.has(2) {
		if most = k.int(2); most < -1 {
			k.valueError(2, "must be greater than or equal to -1")
		}
	}
	if offset := k.optInt(3, -1); offset >= 0 && !k.skipTo(fp, offset) {
		k.warn("Failed to seek to position %d in the stream", offset)
		return k.no()
	}
	p, err := fp.Contents(most)
	if err != nil {
		k.raise(err)
		if most < 0 {
			most = math.MaxInt
		}
		p = fp.Take(most)
	}
	return k.Text(string(p))
}

// skipTo reads up to a position of the stream, if that is still ahead.
func (k call) skipTo(fp *luasock.Stream, position int) bool {
	for left := position - k.tell(fp); left != 0; {
		if left < 0 {
			return false
		}
		p, err := fp.Read(left)
		if err != nil {
			k.raise(err)
			return false
		}
		left -= len(p)
	}
	return true
}

func streamGetLine(k call) int {
	fp, most := k.stream(1), k.int(2)
	if most < 0 {
		k.valueError(2, "must be greater than or equal to 0")
	}
	if most == 0 {
		most = chunkSize
	}
	p, err := fp.GetLine(most, k.bytes(3))
	return k.read(p, err)
}

func streamCopyToStream(k call) int {
	from, to, most := k.stream(1), k.stream(2), -1
	if k.has(3) {
		most = k.int(3)
	}
	if offset := k.int(4); offset > 0 && !k.skipTo(from, offset+k.tell(from)) {
		k.warn("Failed to seek to position %d in the stream", offset)
		return k.no()
	}
	n, err := from.CopyTo(to.Stream, most)
	k.raise(err)
	return k.Integer(n)
}

// timeout is default_socket_timeout.
const timeout = stream.DefaultTimeout

// seconds is a number of seconds as a Duration: below 0 or beyond what a
// Duration holds for ever.
func seconds(f float64) time.Duration {
	if !(f >= 0) || f >= bind.Forever.Seconds() {
		return stream.Forever
	}
	return time.Duration(f * float64(time.Second))
}

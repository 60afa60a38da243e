package stream

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// wire is the connection that crypto/tls has: memory on both sides, between it
// and the transport. It knows where records end and gives no byte beyond, so
// that what follows the last record is not lost when TLS is switched off.
//
// While nobody is inside a call, it refers to no transport and to none of the
// memory that the group's streams share.
type wire struct {
	group *Group
	inner Transport           // of the call under way
	size  int                 // how many bytes that may ask of the transport
	local bool                // it may not ask any more
	yield func(struct{}) bool // leaves the handshake's coroutine
	in    []byte              // has come
	lent  bool                // in lies in the group's memory
	end   error               // comes after it
	out   []byte              // is to be sent
	mine  bool                // out is no memory of the group
	head  [recordHeader]byte  // of the record that crypto/tls reads
	read  int                 // bytes of head that it has read
	body  int                 // bytes of the record's body that it has not
	alert byte                // what the last record says, if it is a plain alert
}

// recordHeader is the size of what stands before each record: type, version,
// length (RFC 8446, section 5.1).
const recordHeader = 5

// errNotYet tells crypto/tls that nothing is there. It forgets an error that is
// temporary, except during a handshake.
var errNotYet net.Error = notReady{}

type notReady struct{}

func (notReady) Error() string   { return "nothing is there yet" }
func (notReady) Timeout() bool   { return true }
func (notReady) Temporary() bool { return true }

// enter begins a call, which asks inner for up to about size bytes; nil for none.
func (w *wire) enter(inner Transport, size int) {
	const least = 17 << 10 // one record
	w.inner, w.local = inner, inner == nil
	w.size = min(max(size, least), len(w.group.cipher))
	if len(w.out) == 0 {
		w.out, w.mine = w.group.sealed[:0], false
	}
}

// leave ends it.
func (w *wire) leave() {
	w.inner = nil
	if len(w.in) == 0 {
		w.in = nil
	} else if w.lent {
		w.in = bytes.Clone(w.in)
	}
	w.lent = false
}

// flush sends what was written. What the transport does not take moves out of
// the group's memory; where it fails, nothing is left.
func (w *wire) flush(to Transport) error {
	if len(w.out) == 0 {
		w.out = nil
		return nil
	}
	if !w.mine && cap(w.out) > cap(w.group.sealed) { // it has grown
		w.group.sealed = w.out[:0]
	}
	n, err := to.TryWrite(w.out)
	switch {
	case !errors.Is(err, unix.EAGAIN):
		w.out = nil
	case w.mine:
		w.out = w.out[n:]
	default:
		w.out, w.mine = bytes.Clone(w.out[n:]), true
	}
	return err
}

// pull asks the transport. It reports false when nothing is there.
func (w *wire) pull() bool {
	if w.local || w.inner == nil {
		return false
	}
	p := w.group.cipher[:w.size]
	n, err := w.inner.TryRead(p)
	switch {
	case errors.Is(err, unix.EAGAIN):
		return false
	case err != nil:
		w.end = err
	default:
		w.in, w.lent = p[:n], true
	}
	return true
}

// Read implements net.Conn for crypto/tls.
func (w *wire) Read(p []byte) (int, error) {
	for len(w.in) == 0 {
		switch {
		case w.end != nil:
			return 0, w.end
		case w.pull():
		case w.yield == nil:
			return 0, errNotYet
		case !w.yield(struct{}{}):
			return 0, net.ErrClosed
		}
	}
	return w.give(p), nil
}

// give gives the rest of a record's header, or of its body.
func (w *wire) give(p []byte) (n int) {
	if w.body > 0 {
		n = copy(p[:min(len(p), w.body)], w.in)
		if w.body -= n; w.body == 0 && string(w.head[:1]) == "\x15" && string(w.head[3:]) == "\x00\x02" {
			w.alert = w.in[n-1]
		}
	} else {
		n = copy(p[:min(len(p), recordHeader-w.read)], w.in)
		copy(w.head[w.read:], w.in[:n])
		if w.read += n; w.read == recordHeader {
			w.read, w.body = 0, int(binary.BigEndian.Uint16(w.head[3:]))
		}
	}
	w.in = w.in[n:]
	return n
}

// Write implements net.Conn for crypto/tls.
func (w *wire) Write(p []byte) (int, error) {
	w.out = append(w.out, p...)
	return len(p), nil
}

// What crypto/tls does not need.

func (w *wire) Close() error                     { return nil }
func (w *wire) LocalAddr() net.Addr              { return nowhere{} }
func (w *wire) RemoteAddr() net.Addr             { return nowhere{} }
func (w *wire) SetDeadline(time.Time) error      { return nil }
func (w *wire) SetReadDeadline(time.Time) error  { return nil }
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

type nowhere struct{}

func (nowhere) Network() string { return "tls" }
func (nowhere) String() string  { return "tls" } // crypto/tls keeps no session under ""

package stream

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// ErrTruncated is told once, in place of io.EOF, where the peer has ended the
// connection without TLS's close_notify: what came may have been cut short by
// somebody else (RFC 8446, section 6.1). After it comes io.EOF.
var ErrTruncated = errors.New("closed without TLS's close_notify: the data may be cut short")

// atEnd tells whether all of a stream was read, as far as the peer has sent it.
func atEnd(err error) bool { return err == io.EOF || err == ErrTruncated }

// TLSError is a failure of TLS itself: of the handshake, or of a record. It
// comes again with every further call.
type TLSError struct {
	Err    error  // of crypto/tls, or of what its Config's functions return
	Server bool   // this end is the server
	Saw    []byte // the first bytes that came, of a peer that speaks no TLS
}

func (e *TLSError) Error() string { return "TLS: " + e.Err.Error() }
func (e *TLSError) Unwrap() error { return e.Err }

// TLS is a Transport that speaks TLS over another one, which it owns. The
// handshake runs inside the first reads or writes.
//
// crypto/tls holds locks while it reads and writes, so nothing waits inside it:
// what it writes goes to memory and from there to the transport after each call;
// where it reads and nothing is there, it is given an error that it forgets (see
// wire) or, during the handshake, is left on a coroutine of its own (see
// handshake). All waiting is in WaitRead and WaitWrite.
type TLS struct {
	// Observe, if set, is told of every handshake ("tls handshake") and of the
	// bytes inside TLS ("tls read", "tls write"), which are valid during the call.
	Observe func(op string, p []byte, err error)

	group     *Group
	inner     Transport
	wire      *wire
	conn      *tls.Conn
	server    bool
	handshake *handshake           // nil before the first step
	cleanup   runtime.Cleanup      // of the handshake
	done      bool                 // the handshake is over
	failed    error                // why it failed
	state     *tls.ConnectionState // once it has succeeded
	by        time.Time            // when it must be over; zero until somebody waits for it
	dry       bool                 // all that came was given
	truncated bool                 // ErrTruncated was told
	flushing  bool                 // a task sends what is left
	closed    bool
}

// NewTLS returns TLS over a transport, as the server or the client.
func (g *Group) NewTLS(over Transport, config *tls.Config, server bool) *TLS {
	if g.cipher == nil {
		g.cipher, g.handshakes = make([]byte, most), map[*handshake]struct{}{}
	}
	t := &TLS{group: g, inner: over, wire: &wire{group: g}, server: server}
	if server {
		t.conn = tls.Server(t.wire, config)
	} else {
		t.conn = tls.Client(t.wire, config)
	}
	return t
}

// State is what the handshake has agreed on; nil before its end.
func (t *TLS) State() *tls.ConnectionState { return t.state }

// IsServer tells whether this end is the server.
func (t *TLS) IsServer() bool { return t.server }

// TryRead implements Transport.
func (t *TLS) TryRead(p []byte) (int, error) {
	if t.IsClosed() {
		return 0, io.EOF
	}
	if err := t.step(); err != nil {
		return 0, err
	}
	n, err := t.readRecords(p)
	t.flushSoon()
	if n > 0 {
		t.observe("tls read", p[:n], nil)
		return n, nil // an error comes again
	}
	if err = t.readError(err); !errors.Is(err, unix.EAGAIN) {
		t.observe("tls read", nil, err)
	}
	return 0, err
}

// readRecords decrypts what is there. Once it has something, it asks the
// transport for no more.
func (t *TLS) readRecords(p []byte) (n int, err error) {
	t.wire.enter(t.inner, len(p))
	defer t.wire.leave()
	for n < len(p) && err == nil {
		var m int
		m, err = t.conn.Read(p[n:])
		n += m
		if t.dry = err == errNotYet || err == nil && len(t.wire.in) == 0 && n < len(p); t.dry {
			break // it has given less than it could, and so all
		}
		t.wire.local = true
	}
	return n, err
}

// readError is how a read without a byte ends.
func (t *TLS) readError(err error) error {
	ended := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	switch {
	case err == errNotYet:
		return unix.EAGAIN
	case ended && t.wire.end == io.EOF && !t.truncated:
		t.truncated = true
		return ErrTruncated
	case ended:
		return io.EOF
	}
	return t.failure(err)
}

// isLocal tells whether it is this end that has broken off.
func isLocal(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "local error"
}

// failure makes an error of crypto/tls one of this package. An error of the
// transport stays as it is.
//
// A client that refuses a server's certificate under TLS 1.3 says so in plain
// where OpenSSL is its TLS, though RFC 8446 has it encrypted by then (section 5).
// crypto/tls takes that for damage.
func (t *TLS) failure(err error) error {
	switch {
	case t.wire.end != nil && errors.Is(err, t.wire.end):
		return t.wire.end
	case errors.Is(err, net.ErrClosed):
		return io.EOF
	}
	if t.state == nil && t.wire.alert != 0 && isLocal(err) {
		err = &net.OpError{Op: "remote error", Err: tls.AlertError(t.wire.alert)}
	}
	failed := &TLSError{Err: err, Server: t.server}
	var header tls.RecordHeaderError
	if errors.As(err, &header) && t.state == nil {
		failed.Saw = append(header.RecordHeader[:], t.wire.in...)
	}
	return failed
}

// TryWrite implements Transport. What it has taken is on its way when the error
// is nil; with unix.EAGAIN the last of it still lies here, and goes with the next
// call or, if there is none, by itself.
func (t *TLS) TryWrite(p []byte) (done int, err error) {
	const piece = 64 << 10
	if t.IsClosed() {
		return 0, unix.EPIPE
	}
	if err := t.step(); err != nil {
		return 0, err
	}
	for err = t.flush(); err == nil && done < len(p); {
		var n int
		n, err = t.seal(p[done:min(len(p), done+piece)])
		done += n
		if err == nil {
			err = t.flush()
		}
	}
	if done > 0 || err != nil && !errors.Is(err, unix.EAGAIN) {
		t.observe("tls write", p[:done], err)
	}
	if t.Nonblock() {
		t.flushSoon()
	}
	return done, err
}

// seal encrypts p into the memory of the wire.
func (t *TLS) seal(p []byte) (int, error) {
	t.wire.enter(nil, 0)
	defer t.wire.leave()
	n, err := t.conn.Write(p)
	var op *net.OpError
	if err != nil && !errors.As(err, &op) { // shut down, by this end
		return n, unix.EPIPE
	}
	if err != nil {
		err = t.failure(err)
	}
	return n, err
}

// flush sends what lies in memory. With unix.EAGAIN some of it is left.
func (t *TLS) flush() error { return t.wire.flush(t.inner) }

// flushSoon sends what lies in memory, and has a task send what is left of it:
// the stream's user need not come back.
func (t *TLS) flushSoon() {
	if !errors.Is(t.flush(), unix.EAGAIN) || t.flushing {
		return
	}
	t.flushing = true
	t.group.loop.Go("tls flush", func() {
		defer func() { t.flushing = false }()
		deadline := t.group.loop.Deadline(DefaultTimeout)
		for !t.IsClosed() && errors.Is(t.flush(), unix.EAGAIN) {
			if t.inner.WaitWrite(deadline) != nil {
				return
			}
		}
	})
}

// Holds tells whether something may have come that no read has taken, and of
// which no event tells.
func (t *TLS) Holds() bool { return t.done && !t.dry }

// MayRead tells whether a TryRead could succeed as far as is known.
func (t *TLS) MayRead() bool {
	inner, ok := t.inner.(interface{ MayRead() bool })
	return !t.dry || !ok || inner.MayRead()
}

// WaitRead implements Transport.
func (t *TLS) WaitRead(deadline time.Time) error {
	if !t.done {
		return t.waitForHandshake(deadline)
	}
	return t.inner.WaitRead(deadline)
}

// WaitWrite implements Transport.
func (t *TLS) WaitWrite(deadline time.Time) error {
	if !t.done {
		return t.waitForHandshake(deadline)
	}
	err := t.inner.WaitWrite(deadline)
	if err != nil && !t.IsClosed() {
		t.flushSoon()
	}
	return err
}

// Nonblock implements Transport.
func (t *TLS) Nonblock() bool { return t.inner.Nonblock() }

// SetNonblock implements Transport.
func (t *TLS) SetNonblock(on bool) { t.inner.SetNonblock(on) }

// IsClosed implements Transport.
func (t *TLS) IsClosed() bool { return t.closed || t.inner.IsClosed() }

// CloseWrite sends close_notify: the peer's reads end, what it sends can still
// be read. Before the end of the handshake it does nothing.
func (t *TLS) CloseWrite() error {
	if t.state == nil {
		return nil
	}
	t.wire.enter(nil, 0)
	t.conn.CloseWrite()
	t.wire.leave()
	t.flushSoon()
	return nil
}

// Close implements Transport. It sends close_notify, and never waits: what the
// transport does not take at once is sent by a task, while the transport is
// closed as far as anybody can see.
func (t *TLS) Close() error {
	if t.IsClosed() {
		return ErrClosed
	}
	t.CloseWrite()
	t.closed = true
	t.endHandshake()
	t.discard()
	if len(t.wire.out) > 0 {
		if d, ok := t.inner.(interface{ Detach() (int, error) }); ok {
			return t.linger(d.Detach())
		}
	}
	return t.inner.Close()
}

// discard takes what came and nobody has read: tickets of the server's mostly.
// The kernel would answer a close before them with a reset, and that could
// overtake what was sent.
func (t *TLS) discard() {
	t.wire.enter(t.inner, most)
	t.wire.pull()
	t.wire.in = nil
	t.wire.leave()
}

// linger sends what is left on a descriptor, and closes it.
func (t *TLS) linger(fd int, err error) error {
	if err != nil {
		return err
	}
	l, out := t.group.loop, t.wire.out
	f := NewFile(l, fd, true, "tls")
	l.Go("tls close", func() {
		defer f.Close()
		for deadline := l.Deadline(DefaultTimeout); ; {
			n, err := f.TryWrite(out)
			out = out[n:]
			if !errors.Is(err, unix.EAGAIN) || f.WaitWrite(deadline) != nil {
				return
			}
		}
	})
	return nil
}

func (t *TLS) observe(op string, p []byte, err error) {
	if t.Observe != nil {
		t.Observe(op, p, err)
	}
}

// onCollected has the loop end a handshake whose TLS nobody refers to any more.
// Once the loop is closed, Group.Close does.
func (t *TLS) onCollected() {
	g := t.group
	t.cleanup = runtime.AddCleanup(t, func(h *handshake) { g.loop.Post(func() { h.end(g) }) }, t.handshake)
}

// endHandshake ends the coroutine, if there is one.
func (t *TLS) endHandshake() {
	if t.handshake != nil {
		t.cleanup.Stop()
		t.handshake.end(t.group)
	}
}

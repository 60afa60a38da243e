package stream

import (
	"crypto/tls"
	"errors"
	"io"
	"iter"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// handshake is one under way. It runs on a coroutine of its own, which is left
// where crypto/tls wants bytes that have not come: an error there would be the
// handshake's last. So whoever needs it to go on takes it a step further, be it
// a reader, a writer or a select, and one whose wait is cut short leaves it
// whole.
//
// The coroutine is a root for the collector: it must refer neither to the TLS
// nor to the transport, or an abandoned stream would never be closed.
type handshake struct {
	next func() (struct{}, bool)
	stop func()
	err  error
}

func (g *Group) newHandshake(conn *tls.Conn, w *wire) *handshake {
	h := &handshake{}
	h.next, h.stop = iter.Pull(func(yield func(struct{}) bool) {
		w.yield = yield
		h.err = conn.Handshake()
		w.yield = nil
	})
	g.handshakes[h] = struct{}{}
	return h
}

// end ends the coroutine.
func (h *handshake) end(g *Group) {
	h.stop()
	delete(g.handshakes, h)
}

// endHandshakes ends the handshakes under way, once the loop is closed.
func (g *Group) endHandshakes() {
	for h := range g.handshakes {
		h.end(g)
	}
}

// step takes the handshake as far as it goes without waiting: the error is nil
// when it has succeeded, unix.EAGAIN while it wants more, or why it failed.
func (t *TLS) step() error {
	if t.done {
		return t.failed
	}
	if t.handshake == nil {
		t.handshake = t.group.newHandshake(t.conn, t.wire)
		t.onCollected()
	}
	t.wire.enter(t.inner, most)
	_, more := t.handshake.next()
	t.wire.leave()
	t.flushSoon()
	if more {
		return unix.EAGAIN
	}
	t.endHandshake()
	t.finish(t.handshake.err)
	return t.failed
}

// finish notes how the handshake has ended.
func (t *TLS) finish(err error) {
	t.done, t.by = true, time.Time{}
	switch {
	case err == nil:
		state := t.conn.ConnectionState()
		t.state = &state
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		t.failed = io.EOF
	default:
		t.failed = t.failure(err)
	}
	t.observe("tls handshake", nil, t.failed)
}

// waitForHandshake waits until the handshake can take another step. The deadline
// of the first wait is for all of it: each byte of a slow peer would move it
// otherwise.
func (t *TLS) waitForHandshake(deadline time.Time) error {
	if t.by.IsZero() || !deadline.IsZero() && deadline.Before(t.by) {
		t.by = deadline
	}
	wait := t.inner.WaitRead
	if len(t.wire.out) > 0 {
		wait = t.inner.WaitWrite
	}
	err := wait(t.by)
	if err != nil {
		t.by = time.Time{} // the next call has its own time
	}
	return err
}

// Handshake runs the handshake to its end, or until the deadline (the zero Time:
// none): then the error is loop.ErrTimeout, and a later call goes on.
func (t *TLS) Handshake(deadline time.Time) error {
	for waited := error(nil); ; {
		if t.IsClosed() {
			return io.EOF
		}
		err := t.step()
		if !errors.Is(err, unix.EAGAIN) || t.Nonblock() {
			return err
		}
		if waited != nil { // and nothing came with the time-out
			return waited
		}
		if waited = t.waitForHandshake(deadline); waited != nil && waited != loop.ErrTimeout {
			return waited
		}
	}
}

// Package stream is buffered bytes over a transport: lines, exact counts,
// time-outs that lose nothing. The transport is a socket, a file or pipe, or
// TLS over one of those.
//
// A Stream belongs to the goroutine that owns the loop. Two tasks may use one
// at once, one to read and one to write; a second reader gets ErrReading and a
// second writer ErrWriting, because their bytes would be mixed.
package stream

import (
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

var (
	// ErrClosed is returned for a call on a stream that has been closed.
	ErrClosed = errors.New("stream is closed")
	// ErrReading is returned to a second task that reads at once.
	ErrReading = errors.New("another task is reading from the stream")
	// ErrWriting is returned to a second task that writes at once.
	ErrWriting = errors.New("another task is writing to the stream")
)

// Transport moves bytes. Its Try methods never wait: where they would, the
// error is unix.EAGAIN. The Wait methods park the task until it is worth
// another try, or end with one of the loop's errors. At the end of a stream
// TryRead returns io.EOF; of a datagram transport it reads one datagram.
type Transport interface {
	TryRead(p []byte) (int, error)
	TryWrite(p []byte) (int, error)
	WaitRead(deadline time.Time) error
	WaitWrite(deadline time.Time) error
	Nonblock() bool
	SetNonblock(on bool)
	Close() error
	IsClosed() bool
}

// Keeper is a transport that others may read from beside the stream. What the
// stream has read and not given, the Keeper keeps for whoever reads next.
type Keeper interface {
	Transport
	// TryPeek is TryRead that takes nothing.
	TryPeek(p []byte) (int, error)
	// Keep puts bytes, which are the Keeper's from then on, before those that
	// are still to be read, and an error behind the bytes. io.EOF need not be
	// kept: it comes again.
	Keep(p []byte, err error)
	// TakeKept takes all bytes that are kept.
	TakeKept() []byte
	// Buffered is how many bytes are kept.
	Buffered() int
	// AtEnd tells, without waiting or taking a byte, whether nothing more comes.
	AtEnd() bool
	// Claim notes that a task reads, until Release; false if one does already.
	Claim() bool
	Release()
}

// DefaultTimeout is how long a read or write waits unless SetTimeout says
// otherwise: PHP's default_socket_timeout.
const DefaultTimeout = 60 * time.Second

// Forever is a time-out that never runs out.
const Forever = time.Duration(-1)

const (
	// chunk is how many bytes are read ahead.
	chunk = 8 << 10
	// most is how many bytes are asked of the transport at once.
	most = loop.ScratchSize
)

// Group is the streams of one loop. They share the memory into which they read,
// so that a stream that waits holds none.
type Group struct {
	loop    *loop.Loop
	scratch loop.Scratch
	given   *byte  // where what the last read gave begins, if nobody writes to it any more
	pipes   pipes  // for copying in the kernel
	moved   uint64 // bytes that the kernel has moved past the streams

	// Of TLS: what came and what is to be sent during a call, and the handshakes
	// under way.
	cipher     []byte
	sealed     []byte
	handshakes map[*handshake]struct{}

	mostUntil int // MostUntil, but in tests
}

// NewGroup returns a Group whose streams wait on l.
func NewGroup(l *loop.Loop) *Group {
	return &Group{loop: l, mostUntil: MostUntil}
}

// Text makes a string of what a read has given, which the caller must not use any
// more. It is the one copy of a byte on its way in, or none.
func (g *Group) Text(p []byte) string {
	if len(p) >= loop.Large && &p[0] == g.given {
		g.given = nil
		return loop.String(p)
	}
	return g.scratch.Text(p)
}

// Close closes what the Group keeps for its streams, which cannot be used after
// it. Their loop must be closed before.
func (g *Group) Close() {
	g.endHandshakes()
	g.pipes.close()
}

// Stream is buffered bytes over a transport, which it owns.
type Stream struct {
	group     *Group
	transport Transport
	keeper    Keeper // the transport, once it is shared; else nil
	exact     bool   // nothing is read ahead
	datagrams bool

	buf      []byte // was read, and not yet given
	lent     bool   // buf lies in the group's scratch
	still    bool   // buf lies in what was scratch, to which nobody writes any more
	flooded  bool   // the last that came was as much as could be taken
	hoard    []byte // was read before the transport was shared, and is not for the others
	hoarded  int    // so many bytes at the start of buf are of the hoard
	peeked   int    // so many bytes at the end of buf are still to be taken from the keeper
	whole    bool   // buf is a datagram, or the rest of one; it may be empty
	pending  error  // io.EOF or what broke the stream; is told after buf
	ended    bool   // the last that came was the end or an error
	timeout  time.Duration
	limit    time.Time // of the read under way; zero for none
	timedOut bool
	reading  bool
	writing  bool
	in, out  uint64 // bytes given and taken
}

// New returns a Stream over a transport. datagrams says that each TryRead is
// one datagram, which is never joined with the next.
func (g *Group) New(t Transport, datagrams bool) *Stream {
	return &Stream{group: g, transport: t, datagrams: datagrams, timeout: DefaultTimeout}
}

// Transport is what the stream runs over.
func (s *Stream) Transport() Transport { return s.transport }

// SetTransport puts another transport in place, TLS over the one before. The
// buffer must be empty.
func (s *Stream) SetTransport(t Transport) { s.transport = t }

// SetTimeout sets how long each wait of a read or write may last; negative:
// without end.
func (s *Stream) SetTimeout(d time.Duration) { s.timeout = d }

// Timeout is what SetTimeout has set.
func (s *Stream) Timeout() time.Duration { return s.timeout }

// TimedOut tells whether the last read, or a write since, ran out of time.
func (s *Stream) TimedOut() bool { return s.timedOut }

// SetBlocking makes calls wait (the default), or return unix.EAGAIN instead.
func (s *Stream) SetBlocking(on bool) { s.transport.SetNonblock(!on) }

// Blocking tells whether calls wait.
func (s *Stream) Blocking() bool { return !s.transport.Nonblock() }

// Buffered is how many bytes were read ahead.
func (s *Stream) Buffered() int {
	if s.keeper != nil {
		return len(s.hoard) + len(s.buf) + s.keeper.Buffered()
	}
	return len(s.buf)
}

// Readable tells whether a read has an answer here.
func (s *Stream) Readable() bool {
	return s.Buffered() > 0 || s.whole || s.pending != nil
}

// Ended tells whether the last that came was the end of the stream, or an
// error. Unlike EOF it does not look for it.
func (s *Stream) Ended() bool { return s.ended && s.Buffered() == 0 }

// ShareRest is Share without ahead, but what was read ahead by now stays the
// stream's own: the others do not get it.
func (s *Stream) ShareRest() bool {
	if _, ok := s.transport.(Keeper); ok && s.keeper == nil && !s.reading {
		s.own()
		s.hoard = s.buf
		s.drop()
	}
	return s.Share(false)
}

// Share says that others read from the transport beside the stream. What it
// has read ahead goes to the transport, now and after each read; without ahead
// it reads nothing ahead any more. It reports false when the transport is no
// Keeper.
func (s *Stream) Share(ahead bool) bool {
	keeper, ok := s.transport.(Keeper)
	if ok && s.keeper == nil {
		s.keeper, s.exact = keeper, !ahead && !s.datagrams
		if s.reading {
			s.claim()
		} else {
			s.putBack()
		}
	}
	return ok
}

// Moved tells how many bytes were read from and written to the stream.
func (s *Stream) Moved() (in, out uint64) { return s.in, s.out }

// IsClosed tells whether the stream has been closed.
func (s *Stream) IsClosed() bool { return s.transport.IsClosed() }

// Close closes the transport. Tasks that wait on the stream get io.EOF.
func (s *Stream) Close() error {
	if s.IsClosed() {
		return ErrClosed
	}
	s.drop()
	return s.transport.Close()
}

// EOF tells whether nothing is buffered and the peer has closed, or the stream
// is broken. It never waits.
func (s *Stream) EOF() bool {
	switch {
	case s.Buffered() > 0 || s.whole:
		return false
	case s.ended || s.pending != nil:
		return true
	case s.reading || s.IsClosed():
		return s.IsClosed()
	case s.keeper != nil:
		return s.keeper.AtEnd()
	}
	s.take(chunk)
	s.own()
	if notYet(s.pending) {
		s.pending, s.ended = nil, false
	}
	return s.pending != nil
}

// notYet tells whether an error says of a socket that it was never connected:
// there is nothing that could end. AF_UNIX says EINVAL.
func notYet(err error) bool {
	return errors.Is(err, unix.ENOTCONN) || errors.Is(err, unix.EINVAL)
}

// begin enters a direction, one task at a time.
func (s *Stream) begin(busy *bool, taken error) error {
	if s.IsClosed() {
		return ErrClosed
	}
	reads := busy == &s.reading
	if *busy || reads && !s.claim() {
		return taken
	}
	*busy = true
	if err := s.group.loop.Spend(); err != nil {
		*busy = false
		if reads {
			s.release()
		}
		return err
	}
	return nil
}

// claim makes this stream the only reader of a transport that is shared.
func (s *Stream) claim() bool { return s.keeper == nil || s.keeper.Claim() }

func (s *Stream) release() {
	if s.keeper != nil {
		s.keeper.Release()
	}
}

// interrupted notes a time-out; a stream that was closed under a wait is at
// its end.
func (s *Stream) interrupted(err error) error {
	if err == loop.ErrTimeout {
		s.timedOut = true
		return err
	}
	if s.IsClosed() {
		return io.EOF
	}
	return err
}

// Deadline is when a wait that begins now must end: the zero Time is never.
func (s *Stream) Deadline() time.Time { return s.deadline() }

// deadline is when a wait that begins now must end.
func (s *Stream) deadline() time.Time {
	d := s.group.loop.Deadline(s.timeout)
	if !s.limit.IsZero() && (d.IsZero() || s.limit.Before(d)) {
		return s.limit
	}
	return d
}

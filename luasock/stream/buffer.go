package stream

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// take reads once without waiting, up to size bytes: into the buffer, or into
// pending. It reports false when nothing is there.
func (s *Stream) take(size int) bool {
	into, try := s.room(size), s.transport.TryRead
	if s.exact {
		try = s.keeper.TryPeek
	}
	n, err := try(into)
	s.flooded = n == len(into)
	if errors.Is(err, unix.EAGAIN) {
		s.own()
		return false
	}
	if err != nil {
		s.pending, s.ended = err, true
		return true
	}
	s.ended = false
	if s.exact {
		s.peeked = n
	}
	if len(s.buf) == 0 {
		s.buf, s.lent, s.whole = into[:n], true, s.datagrams
		return true
	}
	s.buf = s.buf[:len(s.buf)+n]
	return true
}

// swallow takes from the keeper so much of what was only peeked at that the
// first n bytes of the buffer are the stream's; they are written where they are
// already. An error is that of a connection that broke meanwhile, and comes
// again.
func (s *Stream) swallow(n int) {
	for s.peeked > 0 && n > len(s.buf)-s.peeked {
		at := len(s.buf) - s.peeked
		got, err := s.transport.TryRead(s.buf[at:n])
		if err != nil || got == 0 {
			break
		}
		s.peeked -= got
	}
}

// unpeek forgets what was only peeked at.
func (s *Stream) unpeek() {
	s.buf, s.peeked = s.buf[:len(s.buf)-s.peeked], 0
	if len(s.buf) == 0 {
		s.drop()
	}
}

// room is where the transport may write up to size bytes: the group's scratch,
// or behind what the buffer holds. Of a peer that sends faster than is read it
// gives all of the scratch: fewer calls cost less.
func (s *Stream) room(size int) []byte {
	if s.datagrams {
		return s.datagramRoom()
	}
	size = min(max(size, 1), most)
	switch flood := s.flooded && !s.exact && s.shareable(); {
	case len(s.buf) == 0 && flood:
		return s.group.scratch.Bytes()
	case len(s.buf) == 0:
		return s.group.scratch.Bytes()[:size]
	case len(s.buf) < loop.Large && flood:
		room := s.group.scratch.Bytes()
		n := copy(room, s.buf)
		s.buf, s.lent, s.still = room[:n], true, false
		return room[n:]
	}
	s.own()
	s.buf, s.still = slices.Grow(s.buf, size), false
	return s.buf[len(s.buf) : len(s.buf)+size]
}

// shareable tells whether what is read ahead can be left to others.
func (s *Stream) shareable() bool {
	_, ok := s.transport.(Keeper)
	return ok
}

// datagramRoom fits the next datagram whole: of AF_UNIX it may be larger than
// the scratch.
func (s *Stream) datagramRoom() []byte {
	t, ok := s.transport.(interface{ Pending() int })
	if !ok {
		return s.group.scratch.Bytes()
	}
	if n := t.Pending(); n > most {
		return make([]byte, n)
	}
	return s.group.scratch.Bytes()
}

// own gets the buffer out of the scratch, which the next read of any stream
// overwrites: with its memory or, when little is in it, without.
func (s *Stream) own() {
	switch {
	case !s.lent && !s.still:
	case len(s.buf) < loop.Large:
		s.buf, s.lent, s.still = bytes.Clone(s.buf), false, false
	case s.lent:
		s.buf, s.lent, s.still = s.group.scratch.Take(s.buf), false, true
	}
}

// give takes n bytes out of the buffer, and drops some behind them. The bytes
// are valid until the next read of any stream of the group.
func (s *Stream) give(n, drop int) []byte {
	s.swallow(n + drop)
	if n >= loop.Large || len(s.buf)-n-drop >= loop.Large {
		s.own() // as long as it begins where the scratch does
	}
	p := s.buf[:n:n]
	if s.group.given = nil; s.still && n >= loop.Large {
		s.group.given = &p[0]
	}
	s.buf = s.buf[n+drop:]
	s.hoarded = max(s.hoarded-n-drop, 0)
	s.in += uint64(n + drop)
	if len(s.buf) == 0 {
		s.drop()
	}
	return p
}

// drop empties the buffer.
func (s *Stream) drop() { s.buf, s.lent, s.still, s.whole, s.peeked = nil, false, false, false, 0 }

// fetch takes into the buffer what the transport keeps for it.
func (s *Stream) fetch() {
	if s.keeper == nil {
		return
	}
	if kept := s.keeper.TakeKept(); len(kept) > 0 {
		s.buf, s.lent, s.still, s.whole = append(kept, s.buf...), false, false, s.datagrams
	}
	if len(s.hoard) > 0 {
		s.buf, s.lent, s.still, s.whole = append(s.hoard, s.buf...), false, false, s.datagrams
		s.hoard, s.hoarded = nil, len(s.hoard)
	}
}

// putBack leaves with the transport what was read ahead.
func (s *Stream) putBack() {
	if s.keeper == nil {
		s.own()
		return
	}
	if s.peeked > 0 {
		s.unpeek()
	}
	s.own()
	if n := min(s.hoarded, len(s.buf)); n > 0 {
		s.hoard, s.buf = s.buf[:n:n], s.buf[n:]
	}
	s.hoarded = 0
	pending := s.pending
	if pending == io.EOF {
		pending = nil
	}
	if len(s.buf) > 0 || pending != nil {
		s.keeper.Keep(s.buf, pending)
	}
	s.drop()
	s.pending = nil
}

// fill waits until the buffer has got more, or pending is set. An error says
// why the wait was in vain. size is how many bytes the caller can use.
func (s *Stream) fill(size int) error {
	s.swallow(len(s.buf))
	s.own() // others may read while this task waits
	if err := s.group.loop.Spend(); err != nil {
		return err
	}
	if size < chunk {
		size = chunk
	}
	for {
		if s.IsClosed() {
			return io.EOF
		}
		nonblock := s.transport.Nonblock()
		if (nonblock || s.mayRead()) && s.take(size) {
			return nil
		}
		if nonblock {
			return unix.EAGAIN
		}
		if took, err := s.pause(size); took || err != nil {
			return err
		}
	}
}

// pause waits until it is worth another take. It reports true when something
// came with the time-out, and was taken.
func (s *Stream) pause(size int) (took bool, err error) {
	err = s.transport.WaitRead(s.deadline())
	if err == loop.ErrTimeout && !s.IsClosed() && s.take(size) {
		return true, nil
	}
	if err != nil {
		err = s.interrupted(err)
	}
	return false, err
}

// mayRead tells whether it is worth asking the transport before a wait.
func (s *Stream) mayRead() bool {
	t, ok := s.transport.(interface{ MayRead() bool })
	return !ok || t.MayRead()
}

// Unread puts bytes back before those that are still to be read.
func (s *Stream) Unread(p []byte) error {
	switch {
	case s.IsClosed():
		return ErrClosed
	case s.reading || !s.claim():
		return ErrReading
	}
	defer s.release()
	if len(p) == 0 {
		return nil
	}
	s.fetch()
	s.restore(p)
	s.in -= min(s.in, uint64(len(p)))
	s.putBack()
	return nil
}

// restore puts bytes, of which it makes a copy, before the buffer.
func (s *Stream) restore(p []byte) {
	s.buf, s.lent, s.still, s.whole = append(bytes.Clone(p), s.buf...), false, false, s.datagrams
}

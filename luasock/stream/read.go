package stream

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
)

// What comes without end must not fill the memory. So many bytes may be waited
// for where the caller has not said how many: for an ending, and in all.
const (
	MostUntil    = 128 << 20 // as much as PHP's memory_limit is
	MostContents = 1 << 30
)

// TooLongError is the error of a read whose end has not come in as many bytes as
// may be waited for. They stay.
type TooLongError int

func (e TooLongError) Error() string { return fmt.Sprintf("no end in %d bytes", int(e)) }

// ErrNoMatch ends a ReadUntil that found nothing in as many bytes as it was
// allowed to look at. They stay.
var ErrNoMatch = errors.New("no match in as many bytes as were allowed")

// finder looks at the buffer and at the reason why it does not grow any more
// (nil: it may). It says how many bytes to give and how many to drop behind
// them; or, without ok, that it wants more.
type finder func(buf []byte, end error) (give, drop int, ok bool)

// until reads until found is content. When nothing more comes before that, the
// buffer stays and the reason is the error. want is how many bytes found may need
// in all; if that is not known, less than MostUntil.
func (s *Stream) until(want int, found finder) ([]byte, error) {
	if err := s.begin(&s.reading, ErrReading); err != nil {
		return nil, err
	}
	s.timedOut = false
	s.fetch()
	defer s.finish()
	for {
		end := s.pending
		if s.whole {
			if len(s.buf) == 0 {
				s.drop()
				return []byte{}, nil // an empty datagram
			}
			end = io.EOF // of the datagram
		}
		give, drop, ok := found(s.buf, end)
		if s.IsClosed() { // found may run other tasks
			return nil, io.EOF
		}
		if ok {
			return s.give(give, drop), nil
		}
		if end != nil {
			if !s.whole {
				s.pending = nil // is told once; the transport says it again
			}
			return nil, end
		}
		if most := max(want, s.group.mostUntil); len(s.buf) >= most {
			return nil, TooLongError(most)
		}
		if err := s.fill(want - len(s.buf)); err != nil {
			return nil, err
		}
	}
}

// finish leaves a read.
func (s *Stream) finish() {
	s.reading, s.limit = false, time.Time{}
	s.release()
	s.putBack()
}

// tail gives what is left when nothing more comes.
func tail(buf []byte, end error) (give, drop int, ok bool) {
	return len(buf), 0, end != nil && len(buf) > 0
}

// The results of what follows are valid until the next read of any stream of
// the group. At the end of the stream the error is io.EOF, when a wait took too
// long loop.ErrTimeout, on a non-blocking stream that would have to wait
// unix.EAGAIN; what has come by then stays readable.

// Read gives up to n bytes: what is buffered, or what comes first.
func (s *Stream) Read(n int) ([]byte, error) {
	return s.until(n, func(buf []byte, _ error) (int, int, bool) {
		return min(n, len(buf)), 0, len(buf) > 0
	})
}

// Take gives up to n bytes of those that are buffered. It never waits, and
// TimedOut stays as it is.
func (s *Stream) Take(n int) []byte {
	if s.reading || s.IsClosed() {
		return nil
	}
	s.fetch()
	defer s.putBack()
	return s.give(min(n, len(s.buf)), 0)
}

// Forget drops what is buffered, and an end that was met: the next read asks anew.
// It does nothing while a task reads.
func (s *Stream) Forget() {
	if !s.reading {
		s.Take(s.Buffered())
		s.pending, s.ended = nil, false
	}
}

// Gets gives a line with its "\n", at most n bytes (math.MaxInt: up to MostUntil,
// then it fails); at the end what is left.
func (s *Stream) Gets(n int) ([]byte, error) {
	seen := 0
	return s.until(bound(n), func(buf []byte, end error) (int, int, bool) {
		part := buf[:min(n, len(buf))]
		if i := bytes.IndexByte(part[seen:], '\n'); i >= 0 {
			return seen + i + 1, 0, true
		}
		if len(part) == n {
			return n, 0, true
		}
		seen = len(part)
		return tail(buf, end)
	})
}

// bound is how many bytes a read may need whose most are n; 1 when nobody said.
func bound(n int) int {
	if n == math.MaxInt {
		return 1
	}
	return n
}

// ReadLine gives a line without its ending, "\n" or "\r\n"; at the end what is
// left.
func (s *Stream) ReadLine() ([]byte, error) {
	line, err := s.Gets(math.MaxInt)
	if line, ok := bytes.CutSuffix(line, []byte("\n")); ok {
		return bytes.TrimSuffix(line, []byte("\r")), err
	}
	return line, err
}

// GetLine gives what stands before an ending, which is dropped, or n bytes when
// those do not hold it; at the end what is left. n 0 is no limit; an empty
// ending is none.
func (s *Stream) GetLine(n int, ending []byte) ([]byte, error) {
	if n == 0 {
		n = math.MaxInt
	}
	seen, back := 0, max(0, len(ending)-1) // the ending may stand across what is seen
	return s.until(bound(n), func(buf []byte, end error) (int, int, bool) {
		part := buf[:min(n, len(buf))]
		if i := bytes.Index(part[seen:], ending); i >= 0 && len(ending) > 0 {
			return seen + i, len(ending), true
		}
		if len(part) == n {
			return n, 0, true
		}
		seen = max(0, len(part)-back)
		return tail(buf, end)
	})
}

// ReadExactly gives n bytes.
func (s *Stream) ReadExactly(n int) ([]byte, error) {
	return s.until(n, func(buf []byte, _ error) (int, int, bool) {
		return n, 0, len(buf) >= n
	})
}

// Contents gives everything up to the end, or max bytes (negative: everything, up
// to MostContents). At the end of an empty stream that is no byte and no error.
func (s *Stream) Contents(max int) ([]byte, error) {
	want := max
	if max < 0 {
		want, max = MostContents, math.MaxInt
	}
	return s.until(want, func(buf []byte, end error) (int, int, bool) {
		return min(max, len(buf)), 0, len(buf) >= max || atEnd(end)
	})
}

// Peek waits until n bytes are buffered and gives them without taking them; at
// the end of the stream they may be fewer.
func (s *Stream) Peek(n int) ([]byte, error) {
	var seen []byte
	_, err := s.until(n, func(buf []byte, end error) (int, int, bool) {
		if len(buf) < n && (end == nil || len(buf) == 0) {
			return 0, 0, false
		}
		seen = bytes.Clone(buf[:min(n, len(buf))])
		return 0, 0, true
	})
	return seen, err
}

// A Match looks for something in the buffer, which is not empty. It returns the length up to and
// with what it found, or that it wants more. It may wait and use other streams.
type Match func(buf []byte) (length int, ok bool)

// Text matches a text, which must not be empty.
func Text(text []byte) Match {
	seen := 0
	return func(buf []byte) (int, bool) {
		if i := bytes.Index(buf[seen:], text); i >= 0 {
			return seen + i + len(text), true
		}
		seen = max(0, len(buf)-len(text)+1)
		return 0, false
	}
}

// Until is what ReadUntil waits for, and for how long.
type Until struct {
	Match Match
	Max   int       // the most bytes to look at; 0 is no limit
	Limit time.Time // when to give up, beside the time-out of each wait; zero is never
	// Failed, if set, is shown the buffer when the wait is in vain.
	Failed func(buf []byte)
}

// ReadUntil gives everything up to and with a match. Without one in the first
// u.Max bytes the error is ErrNoMatch.
func (s *Stream) ReadUntil(u Until) ([]byte, error) {
	tooLong, left := false, []byte(nil)
	p, err := s.until(max(u.Max, 1), func(buf []byte, _ error) (int, int, bool) {
		s.limit = u.Limit
		s.own()
		part := s.buf
		if len(part) == 0 {
			return 0, 0, false
		}
		if u.Max > 0 {
			part = part[:min(u.Max, len(part))]
		}
		if n, ok := u.Match(part); ok {
			return n, 0, true
		}
		tooLong = u.Max > 0 && len(part) == u.Max
		left = s.buf
		return 0, 0, tooLong
	})
	if tooLong && err == nil {
		err = ErrNoMatch
	}
	if err != nil && u.Failed != nil {
		u.Failed(left)
	}
	return p, err
}

// Drain throws away what comes until nothing came for the time idle, and
// returns how many bytes that were. It ends with the stream too, of which the
// next read tells.
func (s *Stream) Drain(idle time.Duration) (int, error) {
	timeout, total := s.timeout, 0
	s.timeout = idle
	defer func() { s.timeout, s.timedOut = timeout, false }()
	for {
		p, err := s.Read(most)
		total += len(p)
		switch {
		case err == nil:
		case err == loop.ErrTimeout, errors.Is(err, unix.EAGAIN):
			return total, nil
		case err == io.EOF && !s.IsClosed():
			return total, nil
		case total > 0 && s.ended: // broken: the next read tells
			s.pending = err
			s.putBack()
			return total, nil
		default:
			return total, err
		}
	}
}

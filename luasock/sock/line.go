package sock

import (
	"bytes"
	"io"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// ReadLine receives up to and with the first "\n" or "\r", at most max bytes:
// PHP's PHP_NORMAL_READ. On a stream it waits for the rest of a line, and gives
// what has come when the socket is non-blocking, SO_RCVTIMEO passes or the
// stream ends. Of a datagram what is behind the line end is lost.
func (s *Sock) ReadLine(max int) ([]byte, error) {
	data, err := s.readLine(max)
	s.observe("read", data, addr.Addr{}, err)
	return data, err
}

func (s *Sock) readLine(max int) ([]byte, error) {
	if !s.isStream() {
		data, err := s.recv(max, 0)
		return data[:lineEnd(data)], err
	}
	var line []byte
	for len(line) < max {
		part, err := s.recv(max-len(line), unix.MSG_PEEK)
		if err != nil {
			return s.unfinished(line, err)
		}
		end := lineEnd(part)
		if part, err = s.recv(end, 0); err != nil {
			return s.unfinished(line, err)
		}
		line = append(line, part...)
		if last := line[len(line)-1]; last == '\n' || last == '\r' {
			break
		}
	}
	return line, nil
}

// lineEnd is the length of data up to and with its first line end.
func lineEnd(data []byte) int {
	if i := bytes.IndexAny(data, "\r\n"); i >= 0 {
		return i + 1
	}
	return len(data)
}

// unfinished ends a read that has got a part of what it waits for. Where the
// world has no more, the part is the result, and an error is the next call's;
// where the script cut the wait short, the part stays readable.
func (s *Sock) unfinished(part []byte, err error) ([]byte, error) {
	if len(part) == 0 {
		return nil, err
	}
	errno := toErrno(err)
	if err == io.EOF || errno != 0 && err != ErrClosedUnder {
		if errno == unix.EAGAIN {
			s.unfail()
		} else {
			s.later = errno
		}
		return part, nil
	}
	s.Unread(part)
	return nil, err
}

// Unread puts bytes back before those that are still to be received.
func (s *Sock) Unread(data []byte) {
	s.back = append(append([]byte(nil), data...), s.back...)
}

// Buffered is how many bytes Unread has put back.
func (o *open) Buffered() int { return len(o.back) }

// held tells whether the next receive has its answer here.
func (o *open) held() bool {
	return !o.closed && (o.back != nil || o.later != 0 || len(o.letters) > 0)
}

// letter is a datagram that came by another way than this socket's own.
type letter struct {
	data []byte
	from addr.Addr
}

// Deliver puts a datagram, whose bytes are the socket's from then on, behind
// those delivered before it and before those that are still to be received. It
// is for a server that gives each peer a socket of its own: what came before
// that was there. Tasks that wait already are not woken.
func (s *Sock) Deliver(data []byte, from addr.Addr) {
	if data == nil {
		data = []byte{}
	}
	s.letters = append(s.letters, letter{data, from})
}

// Serves says that the socket is that of a UDP server for one peer: that an
// earlier answer was refused is no error to TryRecvfrom and TrySendto, as it is
// none to a socket that is not connected.
func (o *open) Serves() { o.serves = true }

// takeLetter gives the next delivered datagram, cut to max as recv(2) cuts it.
func (s *Sock) takeLetter(max, flags int) []byte {
	data := s.letters[0].data
	if flags&unix.MSG_PEEK == 0 {
		s.letters = s.letters[1:]
		s.in += uint64(len(data))
	}
	return data[:min(max, len(data))]
}

// heldFrom is the sender of what the next receive takes, where that is known.
func (o *open) heldFrom() addr.Addr {
	if o.back != nil || o.later != 0 || len(o.letters) == 0 {
		return addr.Addr{}
	}
	return o.letters[0].from
}

// takeBack gives up to max of the bytes that were put back, or the error that
// was kept for after them.
func (s *Sock) takeBack(max, flags int) ([]byte, error) {
	if s.back == nil && s.later == 0 && len(s.letters) > 0 {
		return s.takeLetter(max, flags), nil
	}
	if s.back == nil {
		errno := s.later
		s.later = 0
		return nil, s.fail("recv", errno)
	}
	data := s.back[:min(max, len(s.back))]
	if flags&unix.MSG_PEEK == 0 {
		if s.back = s.back[len(data):]; len(s.back) == 0 {
			s.back = nil
		}
	}
	return data, nil
}

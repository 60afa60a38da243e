package sock

import (
	"io"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// Recv wraps recv(2): up to max bytes, which are valid until the next call of
// this Net. At the end of a stream the error is io.EOF; an empty datagram is
// no error. With MSG_WAITALL a blocking stream gives less than max only at the
// end, at an error or when SO_RCVTIMEO has passed.
func (s *Sock) Recv(max, flags int) ([]byte, error) {
	if flags&unix.MSG_WAITALL != 0 && s.isStream() && !s.nonblock {
		return s.recvAll(max, flags&^unix.MSG_WAITALL)
	}
	data, err := s.recv(max, flags)
	s.observe("recv", data, addr.Addr{}, err)
	return data, err
}

func (s *Sock) recv(max, flags int) ([]byte, error) {
	if s.back != nil && flags&(unix.MSG_OOB|msgErrqueue) == 0 {
		return s.takeBack(max, flags), nil
	}
	var buf []byte
	n := 0
	err := s.do("recv", event(flags), flags, s.rtimeo, func() (errno unix.Errno) {
		buf = s.buffer(max, flags)
		n, errno = sysRecv(s.n, buf, flags)
		return errno
	})
	if err != nil {
		return nil, err
	}
	return s.received(buf, n, max, flags)
}

// received takes in n bytes: counts them, finds the end of a stream, and notes
// when the next call will have to wait.
func (s *Sock) received(buf []byte, n, max, flags int) ([]byte, error) {
	if n == 0 && max > 0 && s.zeroIsEnd() {
		return nil, io.EOF
	}
	const special = unix.MSG_PEEK | unix.MSG_OOB | unix.MSG_TRUNC | msgErrqueue
	if n < len(buf) && flags&special == 0 && s.isTCP() && s.fd.Plain() {
		s.fd.Blocked(loop.In)
	}
	n = min(n, len(buf)) // MSG_TRUNC gives the full length of a datagram
	if flags&unix.MSG_PEEK == 0 {
		s.in += uint64(n)
	}
	return buf[:n], nil
}

// buffer is where the kernel may write up to max bytes: the Net's own, or one
// that fits what has arrived when that is more.
func (s *Sock) buffer(max, flags int) []byte {
	buf := s.net.scratch
	if max <= len(buf) {
		buf = buf[:max]
	} else if there := sysPending(s.n); there > len(buf) {
		buf = make([]byte, min(max, there))
	}
	if flags&unix.MSG_TRUNC != 0 {
		clear(buf) // the kernel counts bytes that it does not write
	}
	return buf
}

// recvAll is MSG_WAITALL on a stream.
func (s *Sock) recvAll(max, flags int) ([]byte, error) {
	var all []byte
	for len(all) < max {
		data, err := s.recv(max-len(all), flags)
		if err != nil {
			all, err = s.unfinished(all, err)
			s.observe("recv", all, addr.Addr{}, err)
			return all, err
		}
		if flags&unix.MSG_PEEK != 0 && len(data) < max {
			all = data
			break
		}
		all = append(all, data...)
	}
	s.observe("recv", all, addr.Addr{}, nil)
	return all, nil
}

// Recvfrom wraps recvfrom(2): as Recv, with the sender's address; the zero
// Addr where the kernel gives none, as on TCP.
func (s *Sock) Recvfrom(max, flags int) ([]byte, addr.Addr, error) {
	if s.back != nil {
		data, err := s.Recv(max, flags)
		return data, addr.Addr{}, err
	}
	var (
		buf  []byte
		n    int
		from addr.Addr
	)
	err := s.do("recvfrom", event(flags), flags, s.rtimeo, func() (errno unix.Errno) {
		buf = s.buffer(max, flags)
		n, from, errno = sysRecvfrom(s.n, buf, flags)
		return errno
	})
	var data []byte
	if err == nil {
		data, err = s.received(buf, n, max, flags)
	}
	from = named(from)
	s.observe("recvfrom", data, from, err)
	return data, from, err
}

// Send wraps send(2). A blocking stream sends all, or what it could until
// SO_SNDTIMEO passed. data is not written to.
func (s *Sock) Send(data []byte, flags int) (int, error) {
	sent := 0
	for {
		n, err := s.send(data[sent:], flags, addr.Addr{})
		sent += n
		if err != nil && sent > 0 && toErrno(err) == unix.EAGAIN {
			err = nil
		} else if err == nil && sent < len(data) && s.isStream() && !s.nonblock && flags&unix.MSG_DONTWAIT == 0 {
			s.fd.Blocked(loop.Out)
			continue
		}
		s.observe("send", data[:sent], addr.Addr{}, err)
		return sent, err
	}
}

// Sendto wraps sendto(2).
func (s *Sock) Sendto(data []byte, flags int, to addr.Addr) (int, error) {
	n, err := s.send(data, flags, to)
	s.observe("sendto", data[:n], to, err)
	return n, err
}

func (s *Sock) send(data []byte, flags int, to addr.Addr) (n int, err error) {
	err = s.do("send", loop.Out, flags, s.wtimeo, func() (errno unix.Errno) {
		n, errno = sysSend(s.n, data, flags, to)
		return errno
	})
	s.out += uint64(n)
	return n, err
}

// event is what a receive with these flags waits for.
func event(flags int) loop.Event {
	if flags&unix.MSG_OOB != 0 {
		return loop.Pri
	}
	return loop.In
}

func (o *open) isStream() bool { return o.typ == unix.SOCK_STREAM }

// isTCP tells whether a receive that filled less than it could has emptied the
// socket. On AF_UNIX it may have stopped at descriptors that came along.
func (o *open) isTCP() bool { return o.isStream() && o.family != unix.AF_UNIX }

// zeroIsEnd tells whether a receive of no bytes is the end, not a datagram.
func (o *open) zeroIsEnd() bool { return o.isStream() || o.typ == unix.SOCK_SEQPACKET }

package sock

import (
	"io"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// Recv wraps recv(2): up to max bytes, which are valid until the next call of
// this Net. At the end of a stream the error is io.EOF; an empty datagram is
// no error. With MSG_WAITALL a blocking stream gives less than max only at the
// end, at an error or when SO_RCVTIMEO has passed.
func (s *Sock) Recv(max, flags int) ([]byte, error) {
	data, err := s.receive(max, flags)
	if s.net.Observe != nil {
		s.observe("recv", data, addr.Addr{}, err)
	}
	return data, err
}

// RecvOrLeave is Recv, but may return loop.ErrLeft instead of waiting: then the
// caller must do as loop.FD.Leave says.
func (s *Sock) RecvOrLeave(max, flags int) ([]byte, error) {
	data, err := s.recvOrLeave(max, flags)
	if s.net.Observe != nil && err != loop.ErrLeft {
		s.observe("recv", data, addr.Addr{}, err)
	}
	return data, err
}

func (s *Sock) recvOrLeave(max, flags int) ([]byte, error) {
	deadline, err := s.net.Loop.Returned()
	if err != nil {
		return nil, s.waited("recv", err)
	}
	if s.waitsForAll(flags) {
		return s.receive(max, flags)
	}
	c := call{s: s, op: "recv", e: event(flags), flags: flags, timeo: s.rtimeo, deadline: deadline, leave: true}
	return c.recv(max)
}

func (s *Sock) receive(max, flags int) ([]byte, error) {
	if s.waitsForAll(flags) {
		return s.recvAll(max, flags&^unix.MSG_WAITALL)
	}
	return s.recv(max, flags)
}

func (s *Sock) waitsForAll(flags int) bool {
	return flags&unix.MSG_WAITALL != 0 && s.isStream() && !s.nonblock
}

func (s *Sock) recv(max, flags int) ([]byte, error) { return s.recvWithin(max, flags, s.rtimeo) }

func (s *Sock) recvWithin(max, flags int, timeo time.Duration) ([]byte, error) {
	c := call{s: s, op: "recv", e: event(flags), flags: flags, timeo: timeo}
	return c.recv(max)
}

func (c *call) recv(max int) ([]byte, error) {
	s, flags := c.s, c.flags
	if s.held() && flags&(unix.MSG_OOB|msgErrqueue) == 0 {
		return s.takeBack(max, flags)
	}
	err := c.begin()
	for err == nil {
		buf := s.buffer(max, flags)
		n, errno := sysRecv(s.n, buf, flags)
		if errno == 0 {
			return s.received(buf, n, max, flags)
		}
		err = c.tried(errno)
	}
	return nil, err
}

// received takes in n bytes: counts them, finds the end of a stream, and notes
// when the next call will have to wait.
func (s *Sock) received(buf []byte, n, max, flags int) ([]byte, error) {
	if n == 0 && max > 0 && s.zeroIsEnd() {
		return nil, io.EOF
	}
	const special = unix.MSG_PEEK | unix.MSG_OOB | unix.MSG_TRUNC | msgErrqueue
	if flags&unix.MSG_OOB != 0 {
		s.urgent = true
	}
	if n < len(buf) && flags&special == 0 && s.isTCP() && !s.urgent && s.fd.Plain() {
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
	buf := s.net.scratch.Bytes()
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

// recvAll is MSG_WAITALL on a stream. SO_RCVTIMEO is for the whole of it.
func (s *Sock) recvAll(max, flags int) ([]byte, error) {
	var all []byte
	began := time.Now()
	for len(all) < max {
		data, err := s.recvWithin(max-len(all), flags, rest(s.rtimeo, began))
		if err != nil {
			return s.unfinished(all, err)
		}
		if flags&unix.MSG_PEEK != 0 && len(data) < max {
			all = data
			break
		}
		all = append(all, data...)
	}
	return all, nil
}

// rest is what is left of a time-out; 0 for none.
func rest(timeo time.Duration, began time.Time) time.Duration {
	if timeo <= 0 {
		return 0
	}
	return max(timeo-time.Since(began), 1)
}

// Recvfrom wraps recvfrom(2): as Recv, with the sender's address; the zero
// Addr where the kernel gives none, as on TCP.
func (s *Sock) Recvfrom(max, flags int) ([]byte, addr.Addr, error) {
	if s.held() && flags&(unix.MSG_OOB|msgErrqueue) == 0 || s.waitsForAll(flags) {
		from := s.heldFrom()
		data, err := s.receive(max, flags)
		s.observe("recvfrom", data, from, err)
		return data, from, err
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
	sent, timeo := 0, s.wtimeo
	var began time.Time
	if timeo > 0 {
		began = time.Now()
	}
	for {
		n, err := s.send("send", data[sent:], flags, nil, timeo)
		sent += n
		if err != nil && sent > 0 && toErrno(err) == unix.EAGAIN {
			s.unfail()
			err = nil
		} else if err == nil && sent < len(data) && s.isStream() && s.waits(flags) {
			s.fd.Blocked(loop.Out)
			if s.family != unix.AF_UNIX { // there each wait has its own, as in the kernel
				timeo = rest(s.wtimeo, began)
			}
			continue
		}
		if s.net.Observe != nil {
			s.observe("send", data[:sent], addr.Addr{}, err)
		}
		return sent, err
	}
}

// Sendto wraps sendto(2).
func (s *Sock) Sendto(data []byte, flags int, to addr.Addr) (int, error) {
	n, err := s.send("sendto", data, flags, &to, s.wtimeo)
	s.observe("sendto", data[:n], to, err)
	return n, err
}

// send sends once: to the address, or to the peer when it is nil.
func (s *Sock) send(op string, data []byte, flags int, to *addr.Addr, timeo time.Duration) (n int, err error) {
	if s.unannounced(to) && s.waits(flags) {
		n, err = s.sendRetrying(op, data, flags, to)
	} else {
		c := call{s: s, op: op, e: loop.Out, flags: flags, timeo: timeo}
		for err = c.begin(); err == nil; {
			var errno unix.Errno
			if n, errno = sysSend(s.n, data, flags, to); errno == 0 {
				break
			}
			err = c.tried(errno)
		}
	}
	s.out += uint64(n)
	return n, err
}

func (s *Sock) sendRetrying(op string, data []byte, flags int, to *addr.Addr) (n int, err error) {
	err = s.doRetrying(op, func() (errno unix.Errno) {
		n, errno = sysSend(s.n, data, flags, to)
		return errno
	})
	return n, err
}

// unannounced tells whether no event announces room for a datagram: so it is
// with an AF_UNIX receiver that is not the peer.
func (o *open) unannounced(to *addr.Addr) bool {
	return o.family == unix.AF_UNIX && o.typ == unix.SOCK_DGRAM && to != nil && !to.IsZero()
}

// event is what a receive with these flags waits for. The kernel never waits
// for an entry of the error queue.
func event(flags int) loop.Event {
	switch {
	case flags&unix.MSG_OOB != 0:
		return loop.Pri
	case flags&msgErrqueue != 0:
		return 0
	}
	return loop.In
}

// waits tells whether a call with these flags may wait.
func (o *open) waits(flags int) bool { return !o.nonblock && flags&unix.MSG_DONTWAIT == 0 }

func (o *open) isStream() bool { return o.typ == unix.SOCK_STREAM }

// isTCP tells whether a receive that filled less than it could has emptied the
// socket. On AF_UNIX it may have stopped at descriptors that came along, on SCTP
// at the end of a message.
func (o *open) isTCP() bool {
	return o.isStream() && o.family != unix.AF_UNIX && (o.proto == 0 || o.proto == unix.IPPROTO_TCP)
}

// zeroIsEnd tells whether a receive of no bytes is the end, not a datagram.
func (o *open) zeroIsEnd() bool { return o.isStream() || o.typ == unix.SOCK_SEQPACKET }

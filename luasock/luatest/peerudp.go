package luatest

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/sock"
)

// receive takes datagrams until the socket is closed, and gives each peer a
// socket of its own, connected to it, on the same port.
func (s *server) receive() {
	for {
		data, from, err := s.listener.Recvfrom(maxDatagram, 0)
		switch {
		case err == nil:
			s.deliver(datagram{bytes.Clone(data), from})
		case s.closed || errors.Is(err, sock.ErrClosedUnder) || errors.Is(err, sock.ErrClosed):
			return
		case errors.Is(err, unix.ECONNREFUSED): // of an earlier answer
		default:
			s.scope.fail("%s: %s", s.url, err)
			return
		}
	}
}

const maxDatagram = 65535

// datagram is one that has arrived.
type datagram struct {
	data []byte
	from addr.Addr
}

// deliver gives a datagram, and those that have arrived behind it, to their
// peers' sockets, and then the sockets to handlers: none has run before all is
// there.
func (s *server) deliver(first datagram) {
	fresh := map[addr.Addr]*sock.Sock{}
	var order []*sock.Sock
	for queue := []datagram{first}; len(queue) > 0; {
		d := queue[0]
		queue = queue[1:]
		if fresh[d.from] == nil {
			c, err := s.peer(d.from)
			if err != nil {
				s.scope.fail("%s: %s", s.url, err)
				return
			}
			fresh[d.from], order = c, append(order, c)
			queue = append(queue, arrived(c)...) // between its bind and connect
		}
		fresh[d.from].Deliver(d.data, d.from)
		queue = append(queue, arrived(s.listener)...) // before the connect
	}
	for _, c := range order {
		s.begin(c)
	}
}

// arrived takes the datagrams that a socket has, without waiting.
func arrived(s *sock.Sock) (list []datagram) {
	for {
		p := make([]byte, maxDatagram)
		n, from, err := s.TryRecvfrom(p, 0)
		if err != nil {
			return list
		}
		list = append(list, datagram{bytes.Clone(p[:n]), from})
	}
}

// peer makes a socket on the server's port that is connected to a peer: from then
// on the kernel gives it what the peer sends.
func (s *server) peer(to addr.Addr) (*sock.Sock, error) {
	at, err := s.listener.Getsockname()
	if err != nil {
		return nil, err
	}
	c, err := s.vm.Net().Socket(at.Family, unix.SOCK_DGRAM, 0)
	if err != nil {
		return nil, err
	}
	c.Serves()
	for _, each := range []*sock.Sock{s.listener, c} {
		if err == nil {
			err = each.Setsockopt(unix.SOL_SOCKET, shareOption, 1)
		}
	}
	if err == nil {
		err = c.Bind(at)
	}
	if err == nil {
		err = c.Connect(to)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

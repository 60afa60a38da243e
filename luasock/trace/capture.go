package trace

import (
	"cmp"
	"errors"
	"io"
	"net/netip"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/sock"
)

// Capture returns an observer that writes what moves to w in the format pcapng,
// for Wireshark and its kin: not the packets that the network saw, which nobody
// asked, but packets that carry the same bytes. TCP gets a handshake and an end,
// and segments as long as the calls. Between two sockets of this Net each byte is
// there once. AF_UNIX sockets appear as TCP and UDP between 192.0.2.1 and
// 192.0.2.2, with 49152 and their IDs as ports. Of TLS there is the ciphertext. The comment
// of a packet names socket and call. Errors of w are ignored.
func Capture(w io.Writer) func(sock.Event) {
	c := &capture{out: pcapng{w: w}, sockets: map[uint64]*member{}, own: map[netip.AddrPort]int{}, flows: map[flowKey]*flow{}}
	c.out.begin()
	return c.observe
}

type capture struct {
	out     pcapng
	sockets map[uint64]*member
	own     map[netip.AddrPort]int // the local ends of sockets, and how many have it
	flows   map[flowKey]*flow
}

// member is a socket.
type member struct {
	party
	at   netip.AddrPort // under which it is counted in own
	got  uint64         // how many bytes of it were received, at the last event
	owed uint64         // how many of these no event has shown yet
}

// flowKey is the two ends of a connection, the lesser first.
type flowKey struct{ a, b netip.AddrPort }

// flow is a TCP connection: the next sequence number of each end.
type flow struct {
	next   [2]uint32
	ended  [2]bool
	leaves []netip.AddrPort // of its closed ends
}

func (c *capture) observe(e sock.Event) {
	if isTLS(e.Op) {
		return
	}
	m := c.sockets[e.ID]
	if m == nil {
		m = &member{}
		c.sockets[e.ID] = m
	}
	m.told(e)
	local, remote := m.ends(e.Addr)
	if local.Port() != 0 && local != m.at {
		c.disown(m.at)
		c.own[local]++
		m.at = local
	}
	if m.stream() {
		c.stream(m, e, local, remote)
	} else {
		c.datagram(m, e, local, remote)
	}
	if e.Op == "close" {
		c.close(m, e, local, remote)
	}
}

// close forgets a socket; its address is its own until the other end, if that is
// of this process too, has read what it sent.
func (c *capture) close(m *member, e sock.Event, local, remote netip.AddrPort) {
	delete(c.sockets, e.ID)
	key := keyOf(local, remote)
	if f := c.flows[key]; f != nil && m.stream() && c.own[remote] > 0 {
		f.leaves = append(f.leaves, m.at)
		return
	}
	if m.stream() {
		delete(c.flows, key)
	}
	c.disown(m.at)
}

func (c *capture) disown(at netip.AddrPort) {
	if c.own[at]--; c.own[at] <= 0 {
		delete(c.own, at)
	}
}

// stream tells whether the socket is shown as TCP.
func (m *member) stream() bool {
	return m.Kind == "tcp" || m.Kind == "unix" || m.Kind == "unix-seqpacket"
}

// ends are the socket's ends, of one family. Of a datagram the other one may be
// given.
func (m *member) ends(given addr.Addr) (local, remote netip.AddrPort) {
	if m.Local.Family == unix.AF_UNIX {
		const dynamic = 49152 // no protocol has these ports
		port := uint16(dynamic + m.ID%(1<<16-dynamic))
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), port), netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 2}), port)
	}
	other := m.Remote
	if other.IsZero() {
		other = given
	}
	local, remote = addrPort(m.Local), addrPort(other)
	switch here, there := local.Addr(), remote.Addr(); {
	case here.IsUnspecified() && there.IsLoopback():
		local = netip.AddrPortFrom(there, local.Port())
	case here.Is4() == there.Is4():
	case there.IsUnspecified():
		remote = netip.AddrPortFrom(unspecified(here), remote.Port())
	default:
		local = netip.AddrPortFrom(unspecified(there), local.Port())
	}
	return local, remote
}

// unspecified is the address of a family that says nothing.
func unspecified(like netip.Addr) netip.Addr {
	if like.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

func addrPort(a addr.Addr) netip.AddrPort {
	ip := a.IP.Unmap().WithZone("")
	if !ip.IsValid() {
		ip = netip.IPv4Unspecified()
	}
	return netip.AddrPortFrom(ip, uint16(a.Port))
}

// fresh is what of received bytes no event has shown before: what is only looked
// at, or was put back, comes again. The socket's own count tells.
func (m *member) fresh(e sock.Event) []byte {
	in := e.Info().In
	if in < m.got {
		in = m.got
	}
	m.owed += in - m.got
	m.got = in
	n := min(m.owed, uint64(len(e.Data)))
	m.owed -= n
	return e.Data[uint64(len(e.Data))-n:]
}

// stream writes a call on a connection.
func (c *capture) stream(m *member, e sock.Event, local, remote netip.AddrPort) {
	switch {
	case e.Op == "connect" && e.Err == nil:
		c.open(e, local, remote)
	case e.Op == "connect" && errors.Is(e.Err, unix.ECONNREFUSED):
		remote = addrPort(e.Addr)
		c.segment(e, local, remote, syn, nil)
		c.segment(e, remote, local, rst|ack, nil)
		delete(c.flows, keyOf(local, remote))
	case e.Op == "create_pair", e.Op == "accept" && e.Err == nil:
		c.open(e, remote, local)
	case m.State == sock.Listening, m.State == sock.Fresh, m.State == sock.Bound:
	case DirectionOf(e.Op) == Out:
		c.data(e, local, remote, e.Data)
	case DirectionOf(e.Op) == In && c.own[remote] == 0:
		c.data(e, remote, local, m.fresh(e))
		c.ended(e, remote, local)
	case e.Op == "close":
		c.finish(e, local, remote)
	}
}

// ended writes the end that a receive has met.
func (c *capture) ended(e sock.Event, remote, local netip.AddrPort) {
	switch {
	case e.Err == io.EOF:
		c.finish(e, remote, local)
	case errors.Is(e.Err, unix.ECONNRESET):
		c.segment(e, remote, local, rst|ack, nil)
	}
}

func keyOf(a, b netip.AddrPort) flowKey {
	if a.Compare(b) > 0 {
		a, b = b, a
	}
	return flowKey{a, b}
}

// side is the number of an end in its flow.
func (k flowKey) side(end netip.AddrPort) int {
	if end == k.a {
		return 0
	}
	return 1
}

// open writes a handshake, if the other end's socket has not done it.
func (c *capture) open(e sock.Event, client, server netip.AddrPort) {
	if c.flows[keyOf(client, server)] != nil {
		return
	}
	c.segment(e, client, server, syn, nil)
	c.segment(e, server, client, syn|ack, nil)
	c.segment(e, client, server, ack, nil)
}

// data writes bytes, in as many segments as an IP packet's length asks for.
func (c *capture) data(e sock.Event, from, to netip.AddrPort, data []byte) {
	const most = 65000
	for len(data) > 0 {
		n := min(len(data), most)
		c.segment(e, from, to, psh|ack, data[:n])
		data = data[n:]
	}
}

// finish writes the end of one direction, once.
func (c *capture) finish(e sock.Event, from, to netip.AddrPort) {
	key := keyOf(from, to)
	f := c.flows[key]
	if f == nil {
		return
	}
	if side := key.side(from); !f.ended[side] {
		f.ended[side] = true
		c.segment(e, from, to, fin|ack, nil)
	}
	if f.ended[0] && f.ended[1] {
		delete(c.flows, key)
		for _, at := range f.leaves {
			c.disown(at)
		}
	}
}

// segment writes one TCP segment.
func (c *capture) segment(e sock.Event, from, to netip.AddrPort, flags byte, data []byte) {
	key := keyOf(from, to)
	f := c.flows[key]
	if f == nil {
		f = &flow{}
		c.flows[key] = f
	}
	side := key.side(from)
	acked := f.next[1-side]
	if flags&ack == 0 {
		acked = 0
	}
	c.out.packet(e.Time, tcpSegment(from, to, f.next[side], acked, flags, data), comment(e))
	f.next[side] += uint32(len(data))
	if flags&(syn|fin) != 0 {
		f.next[side]++
	}
}

// datagram writes a call on a socket without connections.
func (c *capture) datagram(m *member, e sock.Event, local, remote netip.AddrPort) {
	from, to, data := local, remote, e.Data
	switch DirectionOf(e.Op) {
	case Neither:
		return
	case In:
		if c.ours(remote) {
			return
		}
		from, to = remote, local
		if data = m.fresh(e); len(data) < len(e.Data) {
			return
		}
	}
	if e.Err != nil {
		return
	}
	switch m.Kind {
	case "udp", "unix-dgram":
		c.out.packet(e.Time, udpDatagram(from, to, data), comment(e))
	default:
		c.out.packet(e.Time, m.raw(from, to, data), comment(e))
	}
}

// ours tells whether a datagram's sender is a socket of this process, perhaps one
// that is bound to every address.
func (c *capture) ours(sender netip.AddrPort) bool {
	everywhere := netip.AddrPortFrom(unspecified(sender.Addr()), sender.Port())
	return c.own[sender] > 0 || sender.Addr().IsLoopback() && c.own[everywhere] > 0
}

// raw is a packet of a raw socket, which of IPv4 may have its header already.
func (m *member) raw(from, to netip.AddrPort, data []byte) []byte {
	if from.Addr().Is4() && len(data) >= 20 && data[0]>>4 == 4 && m.Kind == "raw" {
		return data
	}
	otherwise := protoICMP
	if from.Addr().Is6() {
		otherwise = protoICMPv6
	}
	return ipPacket(from.Addr(), to.Addr(), byte(cmp.Or(m.Proto, otherwise)), data)
}

// comment names the socket and the call.
func comment(e sock.Event) string { return "#" + number(e.ID) + " " + e.Op }

package trace

import (
	"slices"
	"time"

	"sockscript/luasock/addr"
	"sockscript/luasock/sock"
)

// Message is one call on a socket.
type Message struct {
	Time      time.Time // when it ended
	Op        string    // "connect", "recv", "tls read" …
	Direction Direction
	Data      []byte    // the bytes that moved, or the first of them
	Size      int       // how many there were
	Addr      addr.Addr // the address given, or the sender's; zero if none
	Err       error
	Option    sock.Option // of get_option and set_option
}

// messageOf is the event without its bytes.
func messageOf(e sock.Event) Message {
	return Message{Time: e.Time, Op: e.Op, Direction: DirectionOf(e.Op), Size: len(e.Data), Addr: e.Addr, Err: e.Err, Option: e.Option}
}

// Limits say how much a Record keeps. Zero ones are those of the comments.
type Limits struct {
	Messages int // of each socket; 32
	Bytes    int // of each message; 1024
	Sockets  int // of which the last are kept, closed ones too; silent ones go first; 64
}

// Record keeps the last calls on each socket. It belongs to the goroutine that
// owns the loop. The zero Record keeps what the zero Limits say.
type Record struct {
	Limits  Limits
	sockets map[uint64]*conversation
	order   []uint64 // of their first events
}

// conversation is a ring of one socket's messages.
type conversation struct {
	party
	ring  []Message // as big as it was ever needed, up to the limit
	next  int       // where in the ring the next one goes, once it is full
	lost  int       // how many it has overwritten
	hello bool      // one of those has begun a TLS handshake
	said  bool      // something was sent or received
}

// Observe notes an event.
func (r *Record) Observe(e sock.Event) {
	c := r.sockets[e.ID]
	if c == nil {
		c = r.add(e.ID)
	}
	c.told(e)
	c.said = c.said || DirectionOf(e.Op) != Neither
	c.add(messageOf(e), e.Data, limit(r.Limits.Messages, 32), limit(r.Limits.Bytes, 1024))
}

func limit(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// add begins a conversation, and forgets another when there are too many: the oldest
// on which nothing was said, else the oldest.
func (r *Record) add(id uint64) *conversation {
	if r.sockets == nil {
		r.sockets = map[uint64]*conversation{}
	}
	if len(r.order) >= limit(r.Limits.Sockets, 64) {
		at := max(0, slices.IndexFunc(r.order, func(id uint64) bool { return !r.sockets[id].said }))
		delete(r.sockets, r.order[at])
		r.order = slices.Delete(r.order, at, at+1)
	}
	c := &conversation{}
	r.sockets[id] = c
	r.order = append(r.order, id)
	return c
}

// add notes a message, in the memory of the one that it overwrites.
func (c *conversation) add(m Message, data []byte, messages, size int) {
	if len(c.ring) < messages {
		c.ring = append(c.ring, Message{})
		c.next = len(c.ring) - 1
	} else {
		c.next = c.next % len(c.ring)
		c.hello = c.hello || c.ring[c.next].isHello()
		c.lost++
	}
	m.Data = append(c.ring[c.next].Data[:0], data[:min(len(data), size)]...)
	c.ring[c.next] = m
	c.next++
}

// messages yields the messages that are shown, oldest first.
func (c *conversation) messages() (list []*Message) {
	ciphertext := c.tls && c.hello
	for i := range c.ring {
		m := &c.ring[(c.next+i)%len(c.ring)]
		ciphertext = (ciphertext || c.tls && m.isHello() || m.Op == tlsStart) && m.Op != tlsStop
		if !ciphertext || !m.isCarrier() {
			list = append(list, m)
		}
	}
	return list
}

// isCarrier tells whether a message carries bytes that may be ciphertext.
func (m *Message) isCarrier() bool {
	return m.Err == nil && m.Direction != Neither && !isTLS(m.Op)
}

// isHello tells whether a message begins a TLS handshake (RFC 8446, 4.1 and 5.1).
func (m *Message) isHello() bool {
	return len(m.Data) > 5 && m.Data[0] == 22 && m.Data[1] == 3 && (m.Data[5] == 1 || m.Data[5] == 2)
}

// Sockets lists the IDs of the sockets of which there is something, in the order
// of their first calls.
func (r *Record) Sockets() []uint64 { return slices.Clone(r.order) }

// Messages lists what is kept of a socket, oldest first. Their Data are the
// Record's, and valid until the next event.
func (r *Record) Messages(id uint64) []*Message {
	if c := r.sockets[id]; c != nil {
		return c.messages()
	}
	return nil
}

// Socket is what was last known of a socket; false when nothing is kept of it.
func (r *Record) Socket(id uint64) (sock.Info, bool) {
	if c := r.sockets[id]; c != nil {
		return c.Info, true
	}
	return sock.Info{}, false
}

// Forget drops what is kept of a socket.
func (r *Record) Forget(id uint64) {
	delete(r.sockets, id)
	if i := slices.Index(r.order, id); i >= 0 {
		r.order = slices.Delete(r.order, i, i+1)
	}
}

// Reset drops everything.
func (r *Record) Reset() { r.sockets, r.order = nil, nil }

// Text is what is kept of the sockets, or of all when none is given, each as
// [Text] prints it, one after the other; calls that were dropped are counted.
// What is not in the Record is passed over.
func (r *Record) Text(o Options, ids ...uint64) string {
	if len(ids) == 0 {
		ids = r.order
	}
	p := &printer{o: o}
	for _, id := range ids {
		if c := r.sockets[id]; c != nil {
			p.conversation(c)
		}
	}
	return string(p.text)
}

func (p *printer) conversation(c *conversation) {
	if c.lost > 0 {
		p.paint(faint, "#"+number(c.ID)+" … "+count(c.lost, "call")+" before")
		p.put("\n")
	}
	for _, m := range c.messages() {
		if !p.o.Bytes || m.Direction != Neither {
			p.message(&c.party, m)
		}
	}
}

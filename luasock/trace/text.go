package trace

import (
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/hexdump"
	"sockscript/luasock/sock"
)

// Options say how calls print.
type Options struct {
	Color bool      // with ANSI escapes
	Start time.Time // if set, times are seconds since then, not of the day
	Most  int       // how many bytes of a call are dumped; 0 is all
	Bytes bool      // only calls that move bytes, or would have: what .hex shows
}

// Text returns an observer that prints each call to w, in one Write for each:
//
//	15:04:05.000123 #2 fd 7 tcp 127.0.0.1:50870 -> 127.0.0.1:7777 send 5 bytes
//	    00000000  68 65 6c 6c 6f                                    |hello|
//	15:04:05.000456 #2 fd 7 tcp 127.0.0.1:50870 <- 127.0.0.1:7777 recv closed
//
// # is the socket's ID, which no other has; the arrow is the direction of the
// bytes, - for a call that moves none. Errors of w are ignored.
func Text(w io.Writer, o Options) func(sock.Event) {
	p := &printer{o: o}
	sockets := map[uint64]*party{}
	return func(e sock.Event) {
		who := sockets[e.ID]
		if who == nil {
			who = &party{}
			sockets[e.ID] = who
		}
		who.told(e)
		if e.Op == "close" {
			delete(sockets, e.ID)
		}
		m := messageOf(e)
		if who.hides(&m) || o.Bytes && m.Direction == Neither {
			return
		}
		m.Data = e.Data
		p.text = p.text[:0]
		p.message(who, &m)
		w.Write(p.text)
	}
}

// party is what is known of a socket.
type party struct {
	sock.Info
	tls  bool // its plaintext is told of
	over bool // no more: TLS was switched off
}

// told learns from an event. It asks the kernel only where the answer may have
// changed.
func (p *party) told(e sock.Event) {
	p.tls = p.tls || isTLS(e.Op)
	p.over = e.Op == tlsStop || p.over && !isTLS(e.Op)
	switch {
	case p.ID == 0, e.Op == "bind", e.Op == "connect", e.Op == "listen", p.State == sock.Connecting,
		DirectionOf(e.Op) == Out && unnamed(p.Local):
		if i := e.Info(); i.Kind != "" || p.ID == 0 {
			p.tls = p.tls || i.TLS // it began before anybody watched
			p.Info = i
		}
	}
}

// unnamed tells whether the kernel has not chosen the address yet.
func unnamed(a addr.Addr) bool { return a.Family != unix.AF_UNIX && a.Port == 0 }

// hides tells whether a message is the ciphertext of what is shown.
func (p *party) hides(m *Message) bool {
	return p.tls && !p.over && m.isCarrier()
}

// printer appends text.
type printer struct {
	o    Options
	text []byte
}

// The colours, by what they mean.
const (
	plain = "\x1b[0m"
	faint = "\x1b[90m"
	in    = "\x1b[36m"
	out   = "\x1b[32m"
	red   = "\x1b[31m"
)

func (p *printer) put(s string) { p.text = append(p.text, s...) }

// paint puts s in a colour; "" is none.
func (p *printer) paint(color, s string) {
	if !p.o.Color || color == "" {
		p.put(s)
		return
	}
	p.put(color + s + plain)
}

// message is one call: a line, and the dump of its bytes.
func (p *printer) message(who *party, m *Message) {
	p.paint(faint, p.time(m.Time))
	p.put(" ")
	p.socket(who, m)
	p.put(" ")
	p.call(who, m)
	p.put("\n")
	p.dump(m)
}

func (p *printer) time(t time.Time) string {
	if p.o.Start.IsZero() {
		return t.Format("15:04:05.000000")
	}
	return "+" + strconv.FormatFloat(t.Sub(p.o.Start).Seconds(), 'f', 6, 64)
}

// socket is the socket, with its addresses and the direction between them.
func (p *printer) socket(who *party, m *Message) {
	p.put("#" + number(who.ID) + " fd " + strconv.Itoa(who.FD))
	if who.Kind != "" {
		p.put(" " + who.Kind)
	}
	remote := who.Remote
	if remote.IsZero() && m.Direction != Neither { // a datagram's
		remote = m.Addr
	}
	arrow, color := direction(m.Direction)
	if local := who.Local.String(); local != "" && !unnamed(who.Local) {
		p.put(" " + local)
	}
	if m.Direction != Neither || remote.String() != "" {
		p.put(" ")
		p.paint(color, arrow)
	}
	if text := remote.String(); text != "" {
		p.put(" " + text)
	}
}

func direction(d Direction) (arrow, color string) {
	switch d {
	case In:
		return "<-", in
	case Out:
		return "->", out
	}
	return "-", ""
}

// call is the call, and how it ended.
func (p *printer) call(who *party, m *Message) {
	_, color := direction(m.Direction)
	p.paint(color, m.Op)
	switch {
	case m.Option != (sock.Option{}):
		p.put(" " + optionName(m.Option))
	case m.Direction == Neither && m.Addr != who.Remote && !m.Addr.IsZero():
		p.put(" " + m.Addr.String())
	case m.Direction != Neither && (m.Err == nil || m.Size > 0):
		p.put(" " + count(m.Size, "byte"))
	}
	if m.Err != nil {
		p.put(" ")
		p.paint(red, errorText(m.Err))
	}
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// dump is the message's bytes, and how many there were more.
func (p *printer) dump(m *Message) {
	const indent = "    "
	data := m.Data
	if p.o.Most > 0 {
		data = data[:min(len(data), p.o.Most)]
	}
	if len(data) > 0 {
		dump := hexdump.Dump(string(data), hexdump.Options{Color: p.o.Color, Indent: indent})
		p.put(dump[:strings.LastIndexByte(dump, '\n')+1]) // the last line is the length
	}
	if more := m.Size - len(data); more > 0 {
		p.put(indent)
		p.paint(faint, "… "+count(more, "byte")+" more")
		p.put("\n")
	}
}

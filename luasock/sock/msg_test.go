package sock

import (
	"context"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

func text(parts ...string) [][]byte {
	var data [][]byte
	for _, part := range parts {
		data = append(data, []byte(part))
	}
	return data
}

func rights(files ...File) []Control {
	return []Control{{Level: unix.SOL_SOCKET, Type: unix.SCM_RIGHTS, Files: files}}
}

func sendmsg(t testing.TB, s *Sock, m *Message, want int) {
	t.Helper()
	check(t, "sent", must(s.Sendmsg(m, 0))(t), want)
}

// files are the descriptors that a message brought.
func files(m *Message) (list []*Descriptor) {
	for _, c := range m.Control {
		for _, f := range c.Files {
			list = append(list, f.(*Descriptor))
		}
	}
	return list
}

func TestMessageAndItsSender(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	sendmsg(t, a, &Message{Name: name(t, b), Data: text("te", "", "st")}, 4)
	m := must(b.Recvmsg(100, 0, 0))(t)
	check(t, "data", string(m.Data[0]), "test")
	check(t, "sender", m.Name, name(t, a))
	check(t, "flags", m.Flags, 0)

	sendmsg(t, a, &Message{Name: name(t, b), Data: text("0123456789")}, 10)
	m = must(b.Recvmsg(4, 0, unix.MSG_TRUNC))(t)
	check(t, "data", string(m.Data[0]), "0123")
	check(t, "full length", m.Len, 10)
	check(t, "flags", m.Flags, unix.MSG_TRUNC)
}

// A message waits, is let go by a time-out, a cancel and a close, and the next
// receive works.
func TestRecvmsgWaits(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	var m *Message
	var err error
	receive := func() { m, err = b.Recvmsg(10, 0, 0) }

	task := n.Loop.Go("", receive)
	parked(t, n, task)
	sendmsg(t, a, &Message{Data: text("x")}, 1)
	join(t, task)
	check(t, "error", err, nil)
	check(t, "data", string(m.Data[0]), "x")

	check(t, "SetTimeout", b.SetTimeout(unix.SO_RCVTIMEO, 0, 10_000), nil)
	receive()
	check(t, "timed out", err, syscallError("recvmsg", unix.EAGAIN))
	check(t, "SetTimeout", b.SetTimeout(unix.SO_RCVTIMEO, 0, 0), nil)

	task = n.Loop.Go("", receive)
	parked(t, n, task)
	task.Cancel(context.Canceled)
	join(t, task)
	check(t, "cancelled", err, context.Canceled)

	b.SetNonblock(true)
	receive()
	check(t, "non-blocking", err, syscallError("recvmsg", unix.EAGAIN))
	b.SetNonblock(false)

	task = n.Loop.Go("", receive)
	parked(t, n, task)
	check(t, "Close", b.Close(), nil)
	join(t, task)
	check(t, "closed under it", err, error(ErrClosedUnder))
	receive()
	check(t, "closed", err, ErrClosed)
	_, err = b.Sendmsg(&Message{}, 0)
	check(t, "closed", err, ErrClosed)
}

func TestRecvmsgAtTheEnd(t *testing.T) {
	n := newNet(t)
	for _, typ := range []int{unix.SOCK_STREAM, unix.SOCK_SEQPACKET} {
		a, b, err := n.Pair(unix.AF_UNIX, typ, 0)
		check(t, "Pair", err, nil)
		check(t, "Close", a.Close(), nil)
		_, err = b.Recvmsg(10, 100, 0)
		check(t, "end", err, io.EOF)
	}
}

func TestUnreadComesFirst(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	send(t, a, "cd")
	b.Unread([]byte("ab"))
	check(t, "data", string(must(b.Recvmsg(10, 0, 0))(t).Data[0]), "ab")
	check(t, "data", string(must(b.Recvmsg(10, 0, 0))(t).Data[0]), "cd")
}

// A blocking stream sends all of the parts while the other end reads.
func TestSendmsgSendsAll(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	const size = 1 << 20
	var sent int
	var err error
	task := n.Loop.Go("", func() {
		sent, err = a.Sendmsg(&Message{Data: [][]byte{make([]byte, size), nil, make([]byte, size)}, Control: rights(b)}, 0)
	})
	parked(t, n, task)
	m := must(b.Recvmsg(2*size, 100, unix.MSG_WAITALL))(t)
	got := m.Len
	check(t, "descriptors", len(files(m)), 1)
	check(t, "Close", files(m)[0].Close(), nil)
	m = must(b.Recvmsg(2*size-got, 100, unix.MSG_WAITALL))(t)
	check(t, "received", got+m.Len, 2*size)
	check(t, "descriptors", len(files(m)), 0)
	join(t, task)
	check(t, "sent", sent, 2*size)
	check(t, "error", err, nil)
}

// A file that is closed while the message waits is not passed, nor another that
// got its number.
func TestFileClosedUnderSendmsg(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	x, y := unixPair(t, n)
	fill(t, a, addr.Addr{})
	var err error
	task := n.Loop.Go("", func() { _, err = a.Sendmsg(&Message{Data: text("x"), Control: rights(x)}, 0) })
	parked(t, n, task)
	check(t, "Close", x.Close(), nil)
	drain(t, b)
	join(t, task)
	check(t, "error", err, syscallError("sendmsg", unix.EBADF))
	check(t, "Close", y.Close(), nil)
}

// What is passed counts as shared, and the receiver gets it blocking if it is.
func TestPassedSocketIsShared(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	x, y := unixPair(t, n)
	l := listener(t, n)
	y.SetNonblock(true)
	sendmsg(t, a, &Message{Data: text("x"), Control: rights(x, y, l)}, 1)
	for _, s := range []*Sock{x, y, l} {
		check(t, "foreign", s.foreign, true)
	}
	m := must(b.Recvmsg(1, 100, 0))(t)
	check(t, "descriptors", len(files(m)), 3)
	for i, nonblock := range []bool{false, true, true} {
		d := files(m)[i]
		fd := must(d.Descriptor())(t)
		flags := must(unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0))(t)
		check(t, "O_NONBLOCK", flags&unix.O_NONBLOCK != 0, nonblock)
		flags = must(unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0))(t)
		check(t, "close-on-exec", flags&unix.FD_CLOEXEC != 0, true)
		s := must(n.AdoptDescriptor(d))(t)
		check(t, "state", s.state, []State{Connected, Connected, Listening}[i])
		_, err := d.Descriptor()
		check(t, "taken", err, ErrClosed)
	}
}

// A passed socket goes on working when the sender's copy is closed, and the
// loop hears of events on the one that is left.
func TestPassedSocketOutlivesItsFirstDescriptor(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	x, y := tcp(t, n)
	task := n.Loop.Go("", func() { x.Recv(1, 0) }) // it is in the poller
	parked(t, n, task)
	send(t, y, "1")
	join(t, task)
	sendmsg(t, a, &Message{Data: text("x"), Control: rights(x)}, 1)
	check(t, "Close", x.Close(), nil)
	x2 := must(n.AdoptDescriptor(files(must(b.Recvmsg(1, 100, 0))(t))[0]))(t)
	var got []byte
	task = n.Loop.Go("", func() { got, _ = x2.Recv(10, 0) })
	parked(t, n, task)
	send(t, y, "late")
	join(t, task)
	check(t, "data", string(got), "late")
}

// Descriptors for which there is no room are closed by the kernel; those that
// came are closed with the message.
func TestMessageOwnsItsDescriptors(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	file := must(os.Open(os.DevNull))(t)
	defer file.Close()
	before := openDescriptors(t)
	for room := 0; room <= 64; room += 4 {
		sendmsg(t, a, &Message{Data: text("x"), Control: rights(a, raw(int(file.Fd())))}, 1)
		m := must(b.Recvmsg(1, room, 0))(t)
		want := min(max(room-unix.CmsgLen(0), 0)/4, 2)
		check(t, "descriptors", len(files(m)), want)
		check(t, "flags", m.Flags, map[bool]int{true: unix.MSG_CTRUNC}[want < 2])
		check(t, "open", openDescriptors(t), before+want)
		for i, d := range files(m) {
			check(t, "IsSocket", d.IsSocket(), i == 0)
			check(t, "Close", d.Close(), nil)
			check(t, "Close again", d.Close(), ErrClosed)
		}
	}
	check(t, "open", openDescriptors(t), before)

	for range 20 { // nobody looks at these
		sendmsg(t, a, &Message{Data: text("x"), Control: rights(a)}, 1)
		must(b.Recvmsg(1, 64, 0))(t)
	}
	for start := time.Now(); openDescriptors(t) > before && time.Since(start) < 10*time.Second; {
		runtime.GC()
	}
	check(t, "open", openDescriptors(t), before)
}

// openFiles counts the descriptors of this process.
func openDescriptors(t testing.TB) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc to count descriptors in")
	}
	return len(list)
}

// raw is an open file that is its number.
type raw int

func (fd raw) Descriptor() (int, error) { return int(fd), nil }

func TestAdoptDescriptorRefused(t *testing.T) {
	n := newNet(t)
	a, b := unixPair(t, n)
	file := must(os.Open(os.DevNull))(t)
	defer file.Close()
	sendmsg(t, a, &Message{Data: text("x"), Control: rights(raw(int(file.Fd())))}, 1)
	d := files(must(b.Recvmsg(1, 64, 0))(t))[0]
	_, err := n.AdoptDescriptor(d)
	check(t, "no socket", err, syscallError("getsockopt", unix.ENOTSOCK))
	check(t, "Close", d.Close(), nil) // it is still d's
	_, err = n.AdoptDescriptor(d)
	check(t, "closed", err, ErrClosed)
}

// The error queue being empty says nothing of the data.
func TestErrorQueueIsNoData(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	sendto(t, a, "x", name(t, b))
	_, err := b.Recvmsg(10, 100, msgErrqueue)
	check(t, "error queue", err, syscallError("recvmsg", unix.EAGAIN))
	check(t, "data", string(must(b.Recvmsg(10, 0, 0))(t).Data[0]), "x")
}

func TestMessagesAreObserved(t *testing.T) {
	n := newNet(t)
	a, b := udp(t, n)
	var seen []Event
	n.Observe = func(e Event) {
		e.Data = append([]byte(nil), e.Data...)
		seen = append(seen, e)
	}
	a.Sendmsg(&Message{Name: name(t, b), Data: text("x", "y")}, 0)
	b.Recvmsg(10, 0, 0)
	b.SetNonblock(true)
	b.Recvmsg(10, 0, 0)
	n.Observe = nil
	check(t, "events", len(seen), 3)
	check(t, "op", seen[0].Op+" "+string(seen[0].Data), "sendmsg xy")
	check(t, "to", seen[0].Addr, name(t, b))
	check(t, "op", seen[1].Op+" "+string(seen[1].Data), "recvmsg xy")
	check(t, "from", seen[1].Addr, name(t, a))
	check(t, "error", seen[2].Err, syscallError("recvmsg", unix.EAGAIN))
}

// The control messages that are written are read the same.
func TestControlRoundTrip(t *testing.T) {
	list := []Control{
		{Level: 1, Type: 2, Data: []byte("0123456789ab")},
		{Level: 41, Type: 52, Data: []byte{1, 0, 0, 0}},
		{Level: 7, Type: 8, Data: []byte{}},
	}
	oob, errno := encodeControl(list)
	check(t, "errno", errno, unix.Errno(0))
	check(t, "size", len(oob), CmsgSpace(12)+CmsgSpace(4)+CmsgSpace(0))
	got := decodeControl(oob)
	check(t, "count", len(got), len(list))
	for i, c := range got {
		check(t, "control", c.Level*100+c.Type, list[i].Level*100+list[i].Type)
		check(t, "data", string(c.Data), string(list[i].Data))
	}
	for cut := range oob { // no kernel gives these; nothing must break
		decodeControl(oob[:cut])
	}
	_, errno = encodeControl(rights(&Descriptor{n: -1}))
	check(t, "closed", errno, unix.EBADF)
}

var _ = []File{(*Sock)(nil), (*Descriptor)(nil)}

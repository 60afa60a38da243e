package sock

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// Conn returns the socket as a net.Conn for other goroutines. It is called by
// the loop's owner or a task; the methods of what it returns by any goroutine
// but the owner's, and by several at once.
//
// Each call is posted to the loop and made by a Background task there, while the
// caller waits. So the owner must run the loop, and hold it open with Ref while
// it has no task of its own to wait for: until it does, a call without a deadline
// and Close wait, and so they hang for ever when the loop is abandoned without
// being closed. A call that the owner's goroutine makes itself hangs too.
// When the loop has been closed every call fails with net.ErrClosed; one that
// the loop had taken but not begun ends with Net.Close, so close that too.
//
// The socket should be blocking and connected; it may still be used by tasks. A
// Read obeys its deadline, not SO_RCVTIMEO.
// Errors are those of package net: io.EOF, and *net.OpError round
// os.ErrDeadlineExceeded, net.ErrClosed (also when a task closes the socket) or
// an *os.SyscallError. A Read that a deadline cuts short has taken no byte. A
// Write sends all before the next one's first byte, unless it fails. Close ends
// the calls under way and, with SO_LINGER, waits. CloseRead and CloseWrite are
// there as methods too. A Conn that becomes unreachable is closed in the end.
func Conn(s *Sock) net.Conn {
	c := &conn{
		s: s, loop: s.net.Loop, gone: s.whenGone(),
		closed: make(chan struct{}), writing: make(chan struct{}, 1),
		read: newDeadline(), write: newDeadline(),
		network: s.network(),
	}
	if s.closed {
		return c
	}
	if local, errno := sysGetsockname(s.n); errno == 0 {
		c.local = c.address(named(local))
	}
	if remote, errno := sysGetpeername(s.n); errno == 0 {
		c.remote = c.address(named(remote))
	}
	return c
}

type conn struct {
	s       *Sock // only for tasks of the loop
	loop    *loop.Loop
	network string
	local   net.Addr
	remote  net.Addr

	once    sync.Once
	closed  chan struct{}   // is closed by Close
	gone    <-chan struct{} // is closed when the socket is, by whomever
	writing chan struct{}   // holds one token while a Write is under way
	read    *deadline
	write   *deadline
}

// errCut is what a call under way returns when its deadline has passed.
var errCut = errors.New("deadline has passed")

// The states of a posted call.
const (
	posted  = iota // the loop has not begun it, and the caller may drop it
	begun          // the caller waits until it has ended
	dropped        // it must not begin
)

// call has a task of the loop call fn, and waits for it, or until the deadline.
func (c *conn) call(d *deadline, op string, fn func() (int, error)) (int, error) {
	var (
		state atomic.Int32
		task  *loop.Task // of the loop's goroutine
		n     int
		err   error
		done  = make(chan struct{})
	)
	posting := c.loop.Post(func() {
		task = c.loop.Background("conn "+op, func() {
			if state.CompareAndSwap(posted, begun) {
				defer close(done)
				n, err = fn()
			}
		})
		if task.Killed() && state.CompareAndSwap(posted, dropped) { // the loop is being closed
			err = net.ErrClosed
			close(done)
		}
	})
	if !posting {
		return 0, net.ErrClosed
	}
	var cut error
	select {
	case <-done:
		return n, err
	case <-d.wait():
		cut = os.ErrDeadlineExceeded
	case <-c.gone:
		cut = net.ErrClosed
	}
	if state.CompareAndSwap(posted, dropped) {
		return 0, cut
	}
	if cut == os.ErrDeadlineExceeded {
		c.loop.Post(func() { task.Cancel(errCut) })
	}
	<-done
	return n, err
}

// start tells whether a call may begin.
func (c *conn) start(d *deadline) error {
	if isClosed(c.closed) || isClosed(c.gone) {
		return net.ErrClosed
	}
	if isClosed(d.wait()) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	err := c.start(c.read)
	n := 0
	if err == nil && len(p) > 0 {
		n, err = c.call(c.read, "read", func() (int, error) {
			for {
				n, err := c.s.TryRead(p)
				if err != unix.EAGAIN {
					return n, err
				}
				if err := c.s.WaitRead(time.Time{}); err != nil {
					return 0, err
				}
			}
		})
	}
	return n, c.failed("read", err)
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	n, err := 0, c.start(c.write)
	if err == nil {
		err = c.lockWriting()
	}
	if err == nil {
		n, err = c.call(c.write, "write", func() (int, error) { return c.s.Send(p, 0) })
		<-c.writing
	}
	if err == nil && n < len(p) && c.s.isStream() { // the socket is non-blocking, or SO_SNDTIMEO has passed
		err = io.ErrShortWrite
	}
	return n, c.failed("write", err)
}

// lockWriting waits until no other Write is under way.
func (c *conn) lockWriting() error {
	select {
	case c.writing <- struct{}{}:
		return nil
	case <-c.closed:
	case <-c.gone:
	case <-c.write.wait():
		return os.ErrDeadlineExceeded
	}
	return net.ErrClosed
}

// Close implements net.Conn.
func (c *conn) Close() error {
	err := error(net.ErrClosed)
	c.once.Do(func() {
		close(c.closed)
		_, err = c.call(nil, "close", func() (int, error) { return 0, c.s.Close() })
		c.read.set(time.Time{})
		c.write.set(time.Time{})
	})
	return c.failed("close", err)
}

// CloseRead shuts the reading side down.
func (c *conn) CloseRead() error { return c.shutdown(unix.SHUT_RD) }

// CloseWrite shuts the writing side down: the peer's Read gives io.EOF.
func (c *conn) CloseWrite() error { return c.shutdown(unix.SHUT_WR) }

func (c *conn) shutdown(how int) error {
	err := c.start(nil)
	if err == nil {
		_, err = c.call(nil, "shutdown", func() (int, error) { return 0, c.s.Shutdown(how) })
	}
	return c.failed("shutdown", err)
}

// LocalAddr implements net.Conn: the address at the time of Conn.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn: the address at the time of Conn.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error { return c.setDeadlines(t, c.read, c.write) }

// SetReadDeadline implements net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error { return c.setDeadlines(t, c.read) }

// SetWriteDeadline implements net.Conn.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, c.write) }

func (c *conn) setDeadlines(t time.Time, deadlines ...*deadline) error {
	if err := c.start(nil); err != nil {
		return c.failed("set", err)
	}
	for _, d := range deadlines {
		d.set(t)
	}
	return nil
}

// failed makes an error what package net would give.
func (c *conn) failed(op string, err error) error {
	switch {
	case err == nil || err == io.EOF:
		return err
	case err == errCut:
		err = os.ErrDeadlineExceeded
	case err == ErrClosed || err == ErrClosedUnder || err == loop.ErrKilled:
		err = net.ErrClosed
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.local, Addr: c.remote, Err: err}
}

// network is package net's name of the socket's kind.
func (o *open) network() string {
	if o.family == unix.AF_UNIX {
		return map[int]string{
			unix.SOCK_STREAM: "unix", unix.SOCK_DGRAM: "unixgram", unix.SOCK_SEQPACKET: "unixpacket",
		}[o.typ]
	}
	switch kind := o.kind(); kind {
	case "tcp", "udp":
		return kind
	}
	return "ip"
}

// address is a as package net has it; nil for none.
func (c *conn) address(a addr.Addr) net.Addr {
	ip := net.IP(a.IP.AsSlice())
	switch {
	case c.s.family == unix.AF_UNIX:
		name := a.Path
		if len(name) > 0 && name[0] == 0 {
			name = "@" + name[1:]
		}
		return &net.UnixAddr{Name: name, Net: c.network}
	case a.IsZero():
		return nil
	case c.network == "tcp":
		return &net.TCPAddr{IP: ip, Port: a.Port, Zone: a.IP.Zone()}
	case c.network == "udp":
		return &net.UDPAddr{IP: ip, Port: a.Port, Zone: a.IP.Zone()}
	}
	return &net.IPAddr{IP: ip, Zone: a.IP.Zone()}
}

// whenGone is a channel that is closed when the socket is.
func (o *open) whenGone() <-chan struct{} {
	if o.gone == nil {
		o.gone = make(chan struct{})
		if o.closed {
			close(o.gone)
		}
	}
	return o.gone
}

// deadline is a time that may be set while others wait for it. A nil one never
// comes.
type deadline struct {
	mu     sync.Mutex
	timer  *time.Timer
	passed chan struct{} // is closed when the time has come
}

func newDeadline() *deadline { return &deadline{passed: make(chan struct{})} }

// wait is a channel that is closed when the time has come. It stays good when
// the time is set anew before that.
func (d *deadline) wait() <-chan struct{} {
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.passed
}

// set sets the time; the zero Time is never.
func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil && !d.timer.Stop() {
		<-d.passed // the timer has gone off, and closes it at any moment
	}
	d.timer = nil
	left := time.Until(t)
	future := t.IsZero() || left > 0
	if isClosed(d.passed) && future {
		d.passed = make(chan struct{})
	}
	switch passed := d.passed; {
	case t.IsZero():
	case future:
		d.timer = time.AfterFunc(left, func() { close(passed) })
	case !isClosed(passed):
		close(passed)
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

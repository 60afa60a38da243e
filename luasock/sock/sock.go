package sock

import (
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// Sock is a handle on an open socket. When the last reference to it is gone,
// the socket is closed.
type Sock struct {
	*open
	cleanup runtime.Cleanup
}

// open is the open socket itself. The Net and the loop refer to it, and so it
// must not refer to its Sock.
type open struct {
	net     *Net
	fd      *loop.FD
	n       int // the descriptor
	id      uint64
	at      int // on the Net's list
	family  int
	typ     int
	proto   int
	state   State
	closed  bool
	lost    atomic.Bool // the Sock was collected
	pooled  bool        // kept for whoever needs one like it
	foreign bool        // another process may share the open file: O_NONBLOCK is not ours to set

	nonblock bool
	linger   bool          // close may block
	rtimeo   time.Duration // SO_RCVTIMEO; 0 for none
	wtimeo   time.Duration // SO_SNDTIMEO; 0 for none
	lastErr  int
	before   int        // lastErr before the last fail
	in, out  uint64     // bytes
	back     []byte     // was received, and is to be received again
	claimed  bool       // by a task that reads through a stream
	later    unix.Errno // the error that the next receive has, after back
	serves   bool       // Serves
	letters  []letter   // datagrams that another socket has received for this one; after back and later
	urgent   bool       // MSG_OOB has been received: the mark may stand without an event that tells
	made     time.Time
	tls      bool          // BeginTLS
	gone     chan struct{} // is closed with the socket; made by Conn
}

// State is what a socket has become.
type State uint8

const (
	Fresh State = iota
	Bound
	Listening
	Connecting
	Connected
	Closed
)

func (s State) String() string {
	return [...]string{"new", "bound", "listening", "connecting", "connected", "closed"}[s]
}

// Socket wraps socket(2).
func (n *Net) Socket(domain, typ, proto int) (*Sock, error) {
	var fd int
	errno := n.short(func() (e unix.Errno) {
		fd, e = sysSocket(domain, typ, proto)
		return e
	})
	if errno != 0 {
		return nil, n.failed("socket", errno)
	}
	s := n.handle(fd, domain, typ, proto)
	s.observe("create", nil, addr.Addr{}, nil)
	return s, nil
}

// Pair wraps socketpair(2).
func (n *Net) Pair(domain, typ, proto int) (a, b *Sock, err error) {
	var fds [2]int
	errno := n.short(func() (e unix.Errno) {
		fds, e = sysSocketpair(domain, typ, proto)
		return e
	})
	if errno != 0 {
		return nil, nil, n.failed("socketpair", errno)
	}
	a, b = n.handle(fds[0], domain, typ, proto), n.handle(fds[1], domain, typ, proto)
	for _, s := range []*Sock{a, b} {
		s.state = Connected
		s.observe("create_pair", nil, addr.Addr{}, nil)
	}
	return a, b, nil
}

// Adopt makes a descriptor of a socket, which it owns from then on, a Sock. The
// open file may be another process's too: its O_NONBLOCK is left as it is. When
// it fails, the descriptor stays the caller's.
func (n *Net) Adopt(fd int) (*Sock, error) {
	unix.CloseOnExec(fd)
	domain, err := sysDomain(fd)
	if err != nil {
		return nil, n.failed("getsockopt", toErrno(err))
	}
	typ, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		return nil, n.failed("getsockopt", toErrno(err))
	}
	s := n.handle(fd, domain, typ, sysProtocol(fd))
	s.foreign = true
	s.fd.Kept()
	s.recall()
	return s, nil
}

// recall reads from the kernel what a socket of unknown past has become.
func (o *open) recall() {
	if v, err := unix.GetsockoptInt(o.n, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && v != 0 {
		o.state = Listening
	} else if peer, errno := sysGetpeername(o.n); errno == 0 && (peer.Family != 0 || o.family == unix.AF_UNIX) {
		o.state = Connected
	} else if name, errno := sysGetsockname(o.n); errno == 0 && (name.Port != 0 || name.Path != "") {
		o.state = Bound
	}
	o.recallOptions()
}

// handle makes the Sock of a fresh descriptor.
func (n *Net) handle(fd, domain, typ, proto int) *Sock {
	n.made++
	o := &open{
		net: n, fd: n.Loop.FD(fd), n: fd, id: n.NewID(),
		family: domain, typ: typ, proto: proto, made: time.Now(),
	}
	n.add(o)
	s := &Sock{open: o}
	s.cleanup = runtime.AddCleanup(s, (*open).drop, o)
	return s
}

// drop is called, on a goroutine of the runtime's, when the Sock is gone.
func (o *open) drop() {
	o.lost.Store(true)
	o.net.Loop.Post(o.collected)
}

// ErrUnreferenced stands in the Event "close" of a socket that the collector has
// closed.
var ErrUnreferenced = errors.New("nothing refers to it any more")

// collected closes a socket to which nobody refers any more.
func (o *open) collected() {
	if !o.closed {
		o.observe("close", nil, addr.Addr{}, ErrUnreferenced)
		o.release()
	}
}

// Pool says that the socket is kept for whoever needs one like it next: its Info
// says so, and nobody is blamed for not closing it.
func (o *open) Pool() { o.pooled = true }

// Family is the domain: AF_INET, AF_INET6, AF_UNIX.
func (o *open) Family() int { return o.family }

// Type is SOCK_STREAM, SOCK_DGRAM …
func (o *open) Type() int { return o.typ }

// FD is the descriptor's number; -1 once closed.
func (o *open) FD() int {
	if o.closed {
		return -1
	}
	return o.n
}

// LoopFD is the descriptor as the loop knows it.
func (o *open) LoopFD() *loop.FD { return o.fd }

// IsClosed tells whether the socket has been closed.
func (o *open) IsClosed() bool { return o.closed }

// LastErr is the last error that the system gave for this socket; 0 for none.
func (o *open) LastErr() int { return o.lastErr }

// SetLastErr puts another in its place, such as the one before.
func (o *open) SetLastErr(code int) { o.lastErr = code }

// ClearErr forgets it.
func (o *open) ClearErr() { o.lastErr = 0 }

// SetNonblock makes calls return EAGAIN where they would wait, or wait again.
func (o *open) SetNonblock(on bool) { o.nonblock = on }

// Nonblock tells whether SetNonblock(true) holds.
func (o *open) Nonblock() bool { return o.nonblock }

// Close wraps close(2). Tasks that wait on the socket get ErrClosedUnder. With
// SO_LINGER it waits until the data are sent or the time is over.
func (s *Sock) Close() error {
	if s.closed {
		return ErrClosed
	}
	s.cleanup.Stop()
	s.net.made = max(s.net.made-1, 0)
	s.observe("close", nil, addr.Addr{}, nil)
	if s.linger && !s.nonblock {
		return s.lingeringClose()
	}
	s.release()
	return nil
}

// release closes the descriptor, if it is not yet.
func (o *open) release() {
	if o.closed {
		return
	}
	o.forget()
	if o.linger {
		go unix.Close(o.n) // it may block
		return
	}
	sysClose(o.n)
}

// forget takes the socket off every list; what is left is to close it.
func (o *open) forget() {
	o.closed = true
	o.state = Closed
	o.fd.Close()
	if o.gone != nil {
		close(o.gone)
	}
	o.net.remove(o)
}

// Detach takes the descriptor out of the Sock, which is closed by that, and
// gives it to the caller.
func (s *Sock) Detach() (fd int, err error) {
	if s.closed {
		return -1, ErrClosed
	}
	s.cleanup.Stop()
	s.observe("detach", nil, addr.Addr{}, nil)
	s.fd.Kept()
	s.forget()
	return s.n, nil
}

// fail notes an error of the system on the socket and wraps it.
func (o *open) fail(call string, errno unix.Errno) error {
	o.before, o.net.before = o.lastErr, o.net.LastErr
	o.lastErr = int(errno)
	return o.net.failed(call, errno)
}

// unfail takes the note of the last fail back: the call has a result after all.
func (o *open) unfail() { o.lastErr, o.net.LastErr = o.before, o.net.before }

// BeginTLS says that what is sent and received from now on is ciphertext, EndTLS
// that it no longer is. Observers are told, also those that come later (Info).
func (o *open) BeginTLS() { o.tls = true; o.Tell("tls start", nil, nil) }

// EndTLS ends BeginTLS.
func (o *open) EndTLS() { o.tls = false; o.Tell("tls stop", nil, nil) }

// Tell tells the observer of what is done over the socket by others, as TLS.
func (o *open) Tell(op string, data []byte, err error) { o.observe(op, data, addr.Addr{}, err) }

// observe tells the observer, if there is one.
//
// It is not inlined: an Event on the stack of each call that waits would make a
// waiting task touch more memory.
//
//go:noinline
func (o *open) observe(op string, data []byte, a addr.Addr, err error) {
	if o.net.Observe != nil {
		o.net.Observe(Event{Time: time.Now(), ID: o.id, FD: o.n, Op: op, Data: data, Addr: a, Err: err, of: o})
	}
}

// Package sock is one open socket: a method for each system call, named after
// it. Every descriptor is non-blocking and close-on-exec underneath; blocking
// is what the caller sees: where the kernel would block, the method waits on
// the loop, and other tasks run. EINTR never shows.
//
// Unless its comment says otherwise, what is here belongs to the goroutine that
// owns the loop, and is called from a task or from the owner. Conn is for
// other goroutines.
//
// Errors are *os.SyscallError round a unix.Errno, so that errors.Is works; at
// the end of a stream io.EOF; a *HostError where a name does not resolve; and
// the loop's own errors when a wait is cut short.
package sock

import (
	"errors"
	"net"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

var (
	// ErrClosed is returned for a call on a socket that has been closed.
	ErrClosed = errors.New("socket is closed")
	// ErrClosedUnder is returned by a call that waited on a socket while another
	// task closed it. It is EBADF.
	ErrClosedUnder = &closedUnder{}
)

type closedUnder struct{}

func (*closedUnder) Error() string { return "socket is closed" }
func (*closedUnder) Unwrap() error { return unix.EBADF }

// Event is one call on a socket, as an observer is told of it when it ends. Of
// TLS on a socket it is told beside the calls that carry it: "tls start" and "tls
// stop" when what is sent and received begins and ceases to be ciphertext, "tls
// handshake" when that has ended, "tls read" and "tls write" with the plain bytes.
type Event struct {
	Time time.Time
	ID   uint64 // of the socket; no other in this Net has or had it
	FD   int
	Op   string    // "connect", "recv" …
	Data []byte    // what was received or sent; valid only during the call
	Addr addr.Addr // the address given, or the sender's; zero if none
	Err  error

	Option Option // of get_option and set_option

	of *open // nil in one that somebody else made
}

// Option is what getsockopt(2) and setsockopt(2) call an option.
type Option struct{ Level, Name int }

// Info tells what the socket is now, which costs two system calls. It is for the
// observer that is told of the Event.
func (e Event) Info() Info {
	if e.of == nil {
		return Info{ID: e.ID, FD: e.FD}
	}
	return e.of.info()
}

// Net is where sockets are made. It knows the loop on which they wait, which of
// them are open, and who watches them.
type Net struct {
	Loop *loop.Loop
	// Observe, if set, is told of every call. It must not wait.
	Observe func(Event)
	// LastErr is the last error that the system gave; 0 for none.
	LastErr int

	before  int     // LastErr before the last failure of a socket
	opened  []*open // in any order
	serial  uint64
	made    int // handles since the last collection
	collect int // how many of them bring the next
	scratch loop.Scratch

	resolver *net.Resolver

	collected time.Time // when the last collection was
}

// firstCollect is how many unclosed handles bring the first collection.
const firstCollect = 64

// New returns a Net whose sockets wait on l. It sets l.BeforeSleep. Names are
// looked up as net.DefaultResolver, as it is now, does it.
func New(l *loop.Loop) *Net {
	n := &Net{
		Loop:     l,
		collect:  firstCollect,
		resolver: newResolver(net.DefaultResolver),
	}
	l.BeforeSleep = n.beforeSleep
	return n
}

// Text makes a string of what Recv or Recvfrom has given, which the caller must
// not use any more. It is the one copy of a byte on its way in, or none.
func (n *Net) Text(p []byte) string { return n.scratch.Text(p) }

// beforeSleep closes what nobody refers to, once many handles were made that
// are not closed. The number doubles while they turn out to be in use, so that
// a server with many connections does not collect for nothing.
func (n *Net) beforeSleep() {
	if n.made < n.collect || len(n.opened) < n.collect {
		return
	}
	n.Collect()
	n.collect = max(firstCollect, 2*len(n.opened))
}

// Collect runs the garbage collector and closes the sockets that are found
// unreachable.
func (n *Net) Collect() {
	n.made, n.collected = 0, time.Now()
	collected := make(chan struct{})
	sentinel := new([16]byte)
	runtime.AddCleanup(sentinel, func(done chan struct{}) { close(done) }, collected)
	sentinel = nil
	runtime.GC()
	runtime.GC() // the first may have begun before the last reference was dropped
	select {
	case <-collected:
	case <-time.After(time.Second):
	}
	n.sweep()
}

// sweep closes the sockets whose handles were collected.
func (n *Net) sweep() {
	for _, o := range slices.Clone(n.opened) {
		if o.lost.Load() {
			o.collected()
		}
	}
}

// Sockets lists what is open, oldest first.
func (n *Net) Sockets() []Info {
	list := make([]Info, 0, len(n.opened))
	for _, o := range n.opened {
		list = append(list, o.info())
	}
	slices.SortFunc(list, func(a, b Info) int { return int(a.ID) - int(b.ID) })
	return list
}

// Abandon closes the socket with this ID, if it is open, as the collector would:
// at once, and nobody is told.
func (n *Net) Abandon(id uint64) {
	if i := slices.IndexFunc(n.opened, func(o *open) bool { return o.id == id }); i >= 0 {
		n.opened[i].release()
	}
}

// NewID is an ID that no socket of the Net has, had or gets.
func (n *Net) NewID() uint64 {
	n.serial++
	return n.serial
}

// Close closes every socket that is open.
func (n *Net) Close() {
	for _, o := range slices.Clone(n.opened) {
		o.release()
	}
}

// add puts a socket on the list of those that are open.
func (n *Net) add(o *open) {
	o.at = len(n.opened)
	n.opened = append(n.opened, o)
}

// remove takes it off.
func (n *Net) remove(o *open) {
	last := len(n.opened) - 1
	n.opened[o.at] = n.opened[last]
	n.opened[o.at].at = o.at
	n.opened[last] = nil
	n.opened = n.opened[:last]
}

// failed notes and wraps an error of the system.
func (n *Net) failed(call string, errno unix.Errno) error {
	n.LastErr = int(errno)
	return &os.SyscallError{Syscall: call, Err: errno}
}

// short runs a call that makes a descriptor, and once more after collecting
// when the process has no descriptor left. It does not collect again before
// there are new handles or a second has passed: a server that stays at its limit
// would do nothing else.
func (n *Net) short(call func() unix.Errno) unix.Errno {
	errno := call()
	full := errno == unix.EMFILE || errno == unix.ENFILE
	if full && (n.made > 0 || time.Since(n.collected) > time.Second) {
		n.Collect()
		errno = call()
	}
	return errno
}

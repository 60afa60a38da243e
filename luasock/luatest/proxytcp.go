package luatest

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// relay is one connection through a proxy.
type relay struct {
	p      *proxy
	n      int // its number, from 1
	client *sock.Sock
	server *sock.Sock
	links  []*link
	tasks  []*loop.Task
	open   int // directions that have not ended
	over   bool
}

const (
	// connectPatience is how long the target has to accept.
	connectPatience = 10 * time.Second
	// lastPatience is how long bytes that are under way have to arrive when a
	// connection ends.
	lastPatience = time.Second
	// mostQueued is how many bytes a direction holds, so that a fast sender waits.
	mostQueued = 256 << 10
	// mostRead is how many bytes are received at once.
	mostRead = 64 << 10
)

// serve starts a task that ends with the relay.
func (r *relay) serve(name string, fn func()) {
	r.tasks = append(r.tasks, r.p.scope.serve(r.p.vm, name, fn))
}

// connect connects to the target and begins to relay. A client whose target
// refuses is refused too: it gets RST.
func (r *relay) connect() {
	l := r.p.vm.Loop()
	s, err := r.p.vm.Net().Dial(r.p.target.list, unix.SOCK_STREAM, l.Deadline(connectPatience), func(s *sock.Sock, _ addr.Addr) error {
		r.p.scope.hide(s.ID())
		return nil
	})
	if err != nil {
		r.reset()
		return
	}
	r.server = s
	for _, each := range []*sock.Sock{r.client, s} {
		if each.Family() != unix.AF_UNIX {
			each.Setsockopt(unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		}
	}
	r.open = 2
	r.links = []*link{
		{r: r, dir: toServer, from: r.client, to: s},
		{r: r, dir: toClient, from: s, to: r.client},
	}
	for _, k := range r.links {
		arrow := [...]string{toServer: "to the server", toClient: "to the client"}[k.dir]
		r.serve(fmt.Sprintf("%s #%d reads, %s", r.p.url, r.n, arrow), k.read)
		r.serve(fmt.Sprintf("%s #%d writes, %s", r.p.url, r.n, arrow), k.write)
	}
}

// close ends the connection as a peer that closes does: each end gets FIN behind
// the last byte. What they still send is thrown away for a moment, so that no RST
// overtakes what they have not yet read.
func (r *relay) close() {
	if !r.leave() {
		return
	}
	for _, s := range r.ends() {
		s.Shutdown(unix.SHUT_WR)
		r.part(s, "lingers", func() {
			r.p.vm.Loop().Within(lastPatience, func() { discard(s) })
		})
	}
}

// discard throws away what comes until the end.
func discard(s *sock.Sock) {
	for {
		if _, err := s.Recv(mostRead, 0); err != nil {
			return
		}
	}
}

// part closes one end after fn.
func (r *relay) part(s *sock.Sock, what string, fn func()) {
	r.p.scope.serve(r.p.vm, r.p.url+" "+what, func() {
		fn()
		closeSock(s)
		for _, other := range r.ends() {
			if !other.IsClosed() {
				return
			}
		}
		delete(r.p.relays, r)
	})
}

// reset ends the connection with RST to both ends, behind the last byte that was
// passed on.
func (r *relay) reset() {
	if !r.leave() {
		return
	}
	for _, s := range r.ends() {
		r.part(s, "resets", func() {
			r.awaitSent(s)
			if !s.IsClosed() {
				s.SetLinger(unix.Linger{Onoff: 1})
			}
		})
	}
}

// awaitSent waits until what was sent has arrived at the peer's system: RST would
// overtake it. A peer that takes nothing for a moment is not waited for.
func (r *relay) awaitSent(s *sock.Sock) {
	least, since := unsent(s), time.Now()
	for least > 0 && time.Since(since) < lastPatience {
		if r.p.vm.Loop().Sleep(time.Millisecond) != nil {
			return
		}
		if n := unsent(s); n < least {
			least, since = n, time.Now()
		}
	}
}

// unsent is how many bytes have been sent and not arrived.
func unsent(s *sock.Sock) int {
	if s.IsClosed() {
		return 0
	}
	n, err := unix.IoctlGetInt(s.FD(), unix.TIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}

// leave ends the relay's tasks but the one that calls. It reports false when the
// relay was over.
func (r *relay) leave() bool {
	if r.over {
		return false
	}
	r.over = true
	for _, t := range r.tasks {
		if t != r.p.vm.Loop().Current() {
			t.Kill()
		}
	}
	return true
}

// ends are the relay's sockets.
func (r *relay) ends() []*sock.Sock {
	if r.server == nil {
		return []*sock.Sock{r.client}
	}
	return []*sock.Sock{r.client, r.server}
}

// end closes the relay's sockets at once.
func (r *relay) end() {
	r.leave()
	for _, s := range r.ends() {
		closeSock(s)
	}
	delete(r.p.relays, r)
}

func closeSock(s *sock.Sock) {
	if !s.IsClosed() {
		s.Close()
	}
}

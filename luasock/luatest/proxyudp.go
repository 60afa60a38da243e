package luatest

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// reorderPatience is how long a datagram that is to be overtaken waits for the
// next.
const reorderPatience = 50 * time.Millisecond

// receive takes clients' datagrams until the socket is closed.
func (p *proxy) receive() {
	for {
		data, from, err := p.listener.Recvfrom(maxDatagram, 0)
		switch {
		case err == nil:
			p.flow(bytes.Clone(data), from)
		case errors.Is(err, unix.ECONNREFUSED): // a client has gone
		case p.closed || !isBroken(err):
			return
		default:
			p.scope.fail("%s: %s", p.url, err)
			return
		}
	}
}

// flow is the datagrams of one client: a connection, so to say.
type flow struct {
	server *sock.Sock // connected to the target
	lanes  [2]*lane   // by direction
	tasks  []*loop.Task
}

// flow passes a client's datagram on its way.
func (p *proxy) flow(data []byte, from addr.Addr) {
	f := p.flows[from]
	if f == nil {
		var err error
		if f, err = p.newFlow(from); err != nil {
			p.scope.fail("%s to %s: %s", p.url, p.target, err)
			return
		}
		p.flows[from] = f
	}
	f.lanes[toServer].push(data)
}

// newFlow makes a client's way to the target and back.
func (p *proxy) newFlow(client addr.Addr) (*flow, error) {
	to := p.target.list[0]
	s, err := p.vm.Net().Socket(to.Family, unix.SOCK_DGRAM, 0)
	if err != nil {
		return nil, err
	}
	p.scope.hide(s.ID())
	if err := s.Connect(to); err != nil {
		s.Close()
		return nil, err
	}
	p.conns++
	f, n := &flow{server: s}, p.conns
	f.lanes[toServer] = &lane{p: p, conn: n, dir: toServer, send: func(data []byte) error {
		_, err := s.Send(data, 0)
		return err
	}}
	f.lanes[toClient] = &lane{p: p, conn: n, dir: toClient, send: func(data []byte) error {
		_, err := p.listener.Sendto(data, 0, client)
		return err
	}}
	start := func(what string, fn func()) {
		f.tasks = append(f.tasks, p.scope.serve(p.vm, fmt.Sprintf("%s #%d %s", p.url, n, what), fn))
	}
	start("to the server", f.lanes[toServer].write)
	start("to the client", f.lanes[toClient].write)
	start("receives", f.receive)
	return f, nil
}

// receive takes the target's datagrams.
func (f *flow) receive() {
	for {
		data, err := f.server.Recv(maxDatagram, 0)
		switch {
		case err == nil:
			f.lanes[toClient].push(bytes.Clone(data))
		case errors.Is(err, unix.ECONNREFUSED): // nobody is there, now
		default:
			return
		}
	}
}

// end closes the flow.
func (f *flow) end() {
	for _, t := range f.tasks {
		t.Kill()
	}
	closeSock(f.server)
}

// lane is one direction of a flow.
type lane struct {
	p    *proxy
	conn int
	dir  direction
	send func([]byte) error

	queue []piece
	came  int64 // datagrams
	moved bell
	held  *piece // waits to be overtaken; its due is the end of that
}

func (k *lane) dice() dice {
	f := k.p.faults
	if !f.hold(k.dir) {
		f = &faults{}
	}
	return dice{f, k.conn, k.dir}
}

// push decides what becomes of the next datagram.
func (k *lane) push(data []byte) {
	f, n := k.dice(), k.came
	k.came++
	if f.loss > 0 && f.draw(drawLoss, n) < f.loss {
		return
	}
	f.spoil(data, n*(maxDatagram+1))
	due := k.p.vm.Loop().Deadline(f.delay(n))
	pieces := []piece{{data, due}}
	if f.duplicate > 0 && f.draw(drawDuplicate, n) < f.duplicate {
		pieces = append(pieces, piece{data, due})
	}
	late := f.reorder > 0 && f.draw(drawReorder, n) < f.reorder
	if held := k.held; held != nil {
		pieces, k.held = append(pieces, piece{held.data, due}), nil
	} else if late {
		last := len(pieces) - 1
		k.held = &piece{data, due.Add(reorderPatience)}
		pieces = pieces[:last]
	}
	k.queue = append(k.queue, pieces...)
	k.moved.ring(k.p.vm.Loop())
}

// write sends the datagrams when they are due.
func (k *lane) write() {
	l := k.p.vm.Loop()
	for {
		if h := k.held; h != nil && !h.due.After(time.Now()) {
			k.queue, k.held = append(k.queue, *h), nil // nobody has overtaken it
		}
		var until time.Time
		switch {
		case len(k.queue) > 0:
			until = k.queue[0].due
		case k.held != nil:
			until = k.held.due
		}
		if len(k.queue) == 0 || until.After(time.Now()) {
			if err := k.moved.wait(l, loop.Why{Op: "datagrams"}, until); err != nil && err != loop.ErrTimeout {
				return
			}
			continue
		}
		data := k.queue[0].data
		k.queue = k.queue[1:]
		if err := k.send(data); err != nil && !isBroken(err) {
			return
		}
		if rate := k.dice().rate; rate > 0 {
			if l.Sleep(time.Duration(float64(len(data))/rate*float64(time.Second))) != nil {
				return
			}
		}
	}
}

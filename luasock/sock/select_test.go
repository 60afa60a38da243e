package sock

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// TestSelect: what select(2) says of a socket in each state.
func TestSelect(t *testing.T) {
	const all = loop.In | loop.Out | loop.Pri
	tests := []struct {
		name string
		make func(t *testing.T, n *Net) *Sock
		got  loop.Event
	}{
		{"connected", func(t *testing.T, n *Net) *Sock { a, _ := tcp(t, n); return a }, loop.Out},
		{"data", func(t *testing.T, n *Net) *Sock { a, b := tcp(t, n); send(t, b, "x"); return a }, loop.In | loop.Out},
		{"bytes that were put back", func(t *testing.T, n *Net) *Sock {
			a, _ := tcp(t, n)
			a.Unread([]byte("x"))
			return a
		}, loop.In | loop.Out},
		{"FIN", func(t *testing.T, n *Net) *Sock { a, b := tcp(t, n); b.Shutdown(1); return a }, loop.In | loop.Out},
		{"RST", func(t *testing.T, n *Net) *Sock { a, b := tcp(t, n); reset(b); return a }, loop.In | loop.Out},
		{"OOB", func(t *testing.T, n *Net) *Sock {
			a, b := tcp(t, n)
			b.Send([]byte("!"), unix.MSG_OOB)
			return a
		}, loop.Out | loop.Pri},
		{"full", func(t *testing.T, n *Net) *Sock { a, _ := unixPair(t, n); fill(t, a, addr.Addr{}); return a }, 0},
		{"listening", func(t *testing.T, n *Net) *Sock { return listener(t, n) }, 0},
		{"a connection waits", func(t *testing.T, n *Net) *Sock { l := listener(t, n); dial(t, n, l); return l }, loop.In},
		{"never connected", func(t *testing.T, n *Net) *Sock { return socket(t, n, unix.AF_INET, unix.SOCK_STREAM) }, loop.In | loop.Out},
		{"UDP", func(t *testing.T, n *Net) *Sock { a, _ := udp(t, n); return a }, loop.Out},
		{"a datagram", func(t *testing.T, n *Net) *Sock { a, b := udp(t, n); sendto(t, b, "", name(t, a)); return a }, loop.In | loop.Out},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNet(t)
			s := tt.make(t, n)
			for _, want := range []loop.Event{all, loop.In, loop.Out, loop.Pri, 0} {
				list := []Ready{s.Ready(want), s.Ready(want)}
				check(t, "Select", n.Select(list, time.Now()), nil)
				check(t, "ready", list[0].Got, tt.got&want)
				check(t, "ready, the second", list[1].Got, tt.got&want)
			}
			check(t, "Yield", n.Loop.Yield(), nil)
		})
	}
}

func TestSelectTimesOut(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	const timeo = 20 * time.Millisecond
	list := []Ready{a.Ready(loop.In), b.Ready(loop.In | loop.Pri)}
	began := time.Now()
	check(t, "Select", n.Select(list, n.Loop.Deadline(timeo)), nil)
	check(t, "waited", time.Since(began) >= timeo, true)
	check(t, "ready", list[0].Got|list[1].Got, loop.Event(0))
	check(t, "last error", n.LastErr, 0)

	task := n.Loop.Go("selects", func() {
		check(t, "Select", n.Select(list, n.Loop.Deadline(timeo)), nil)
		check(t, "ready", list[1].Got, loop.In)
		recv(t, b, "x")
		began := time.Now()
		check(t, "Select", n.Select(list, n.Loop.Deadline(3*timeo)), nil)
		check(t, "waited", time.Since(began) >= 3*timeo, true)
	})
	parked(t, n, task)
	send(t, a, "x")
	join(t, task)
}

// TestSelectOfMany: there is no FD_SETSIZE, and one of many is found.
func TestSelectOfMany(t *testing.T) {
	n := newNet(t)
	const pairs = 1000
	var ours, theirs []*Sock
	var list []Ready
	for range pairs {
		a, b, err := n.Pair(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
		if err != nil {
			t.Skip(err)
		}
		ours, theirs = append(ours, a), append(theirs, b)
		list = append(list, a.Ready(loop.In))
	}
	for _, i := range []int{0, pairs / 2, pairs - 1} {
		task := n.Loop.Go("selects", func() { check(t, "Select", n.Select(list, time.Time{}), nil) })
		parked(t, n, task)
		send(t, theirs[i], "x")
		join(t, task)
		for k := range list {
			if list[k].Got != 0 != (k == i) {
				t.Errorf("number %d, descriptor %d: ready is %v", k, list[k].N, list[k].Got)
			}
		}
		recv(t, ours[i], "x")
	}
}

// TestSelectAfterSelect: what is ready stays so until it is taken, however
// often it is asked for.
func TestSelectAfterSelect(t *testing.T) {
	n := newNet(t)
	a, b := tcp(t, n)
	list := []Ready{a.Ready(loop.In)}
	for range 3 {
		task := n.Loop.Go("selects", func() {
			for range 3 {
				check(t, "Select", n.Select(list, time.Time{}), nil)
				check(t, "ready", list[0].Got, loop.In)
				n.Loop.Yield()
			}
			recv(t, a, "x")
		})
		parked(t, n, task)
		send(t, b, "x")
		join(t, task)
	}
}

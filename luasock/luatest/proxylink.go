package luatest

import (
	"bytes"
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// link is one direction of a relay.
type link struct {
	r        *relay
	dir      direction
	from, to *sock.Sock

	queue  []piece
	queued int       // bytes
	came   int64     // bytes
	gone   int64     // bytes
	due    time.Time // of the last piece, or one before it
	moved  bell      // rings when the queue or the faults change
}

// piece is what has come and when it is to go on; the end without bytes.
type piece struct {
	data []byte
	due  time.Time
}

// dice are the faults as they are now for this direction.
func (k *link) dice() dice {
	f := k.r.p.faults
	if !f.hold(k.dir) {
		f = &faults{closeAfter: never, resetAfter: never, stallAfter: never}
	}
	return dice{f, k.r.n, k.dir}
}

func (k *link) loop() *loop.Loop { return k.r.p.vm.Loop() }

// read takes what comes until the end.
func (k *link) read() {
	why := loop.Why{Op: "room", On: k.from}
	for {
		for k.queued >= mostQueued {
			if k.moved.wait(k.loop(), why, time.Time{}) != nil {
				return
			}
		}
		data, err := k.from.Recv(mostRead, 0)
		switch {
		case err == nil:
			k.push(bytes.Clone(data))
		case err == io.EOF:
			k.push(nil)
			return
		case isBroken(err):
			k.flush()
			k.r.reset()
			return
		default: // the relay ends
			return
		}
	}
}

// push puts bytes into the queue, nil for the end.
func (k *link) push(data []byte) {
	due := k.loop().Deadline(k.dice().delay(k.came))
	if due.After(k.due) {
		k.due = due
	}
	k.queue = append(k.queue, piece{data, due})
	k.came += int64(len(data))
	k.queued += len(data)
	k.moved.ring(k.loop())
}

// flush waits until the queue is empty, but not long.
func (k *link) flush() {
	limit := time.Now().Add(lastPatience)
	if k.due.After(time.Now()) {
		limit = k.due.Add(lastPatience)
	}
	for len(k.queue) > 0 {
		if k.moved.wait(k.loop(), loop.Why{Op: "flush", On: k.to}, limit) != nil {
			return
		}
	}
}

// isBroken tells whether an error is one of the connection, not of the relay's
// end.
func isBroken(err error) bool {
	var errno unix.Errno
	return errors.As(err, &errno) && !errors.Is(err, sock.ErrClosedUnder)
}

// write passes the queue on until the end.
func (k *link) write() {
	for {
		more, err := k.limit()
		if err != nil || !more {
			return
		}
		if len(k.queue) == 0 {
			if k.moved.wait(k.loop(), loop.Why{Op: "data", On: k.from}, time.Time{}) != nil {
				return
			}
			continue
		}
		p := k.queue[0]
		if left := time.Until(p.due); left > 0 {
			if k.loop().Sleep(left) != nil {
				return
			}
			continue // the faults may be others now
		}
		if p.data == nil {
			k.finish()
			return
		}
		if !k.pass() {
			return
		}
	}
}

// limit does what the faults want at this byte: it waits while they stall, and
// reports false when they have ended the connection.
func (k *link) limit() (more bool, err error) {
	for {
		f := k.dice()
		switch {
		case k.gone >= f.resetAfter:
			k.r.reset()
			return false, nil
		case k.gone >= f.closeAfter:
			k.r.close()
			return false, nil
		case k.gone < f.stallAfter:
			return true, nil
		}
		if err := k.moved.wait(k.loop(), loop.Why{Op: "stall", On: k.to}, time.Time{}); err != nil {
			return false, err
		}
	}
}

// pass sends so much of the queue's first piece as goes at once.
func (k *link) pass() bool {
	f, p := k.dice(), &k.queue[0]
	n := k.step(f, int64(len(p.data)))
	part := p.data[:n]
	f.spoil(part, k.gone)
	began := time.Now()
	if _, err := k.to.Send(part, unix.MSG_NOSIGNAL); err != nil {
		if isBroken(err) {
			k.r.reset()
		}
		return false
	}
	k.gone += n
	k.queued -= int(n)
	if p.data = p.data[n:]; len(p.data) == 0 {
		k.queue = k.queue[1:]
	}
	k.moved.ring(k.loop())
	return k.pause(f, n, began) == nil
}

// step is how many of the next bytes go at once: up to the end of a slice, to
// where a fault begins, or what goes in a twentieth of a second.
func (k *link) step(f dice, n int64) int64 {
	for _, at := range []int64{f.closeAfter, f.resetAfter, f.stallAfter} {
		n = min(n, at-k.gone)
	}
	if f.slice > 0 {
		n = min(n, int64(f.slice)-k.gone%int64(f.slice))
	}
	if f.rate > 0 {
		n = min(n, max(1, int64(f.rate/20)))
	}
	return n
}

// slicePause lets a peer see a slice before the next comes.
const slicePause = time.Millisecond

// pause waits as the rate and slices want it.
func (k *link) pause(f dice, n int64, began time.Time) error {
	var d time.Duration
	if f.rate > 0 {
		d = time.Duration(float64(n)/f.rate*float64(time.Second)) - time.Since(began)
	} else if f.slice > 0 {
		d = slicePause
	}
	if d <= 0 {
		return nil
	}
	if err := k.loop().Sleep(d); err != nil {
		return err
	}
	return k.loop().Yield() // a peer in this loop comes first, however late it is
}

// finish passes the end on.
func (k *link) finish() {
	k.queue = nil
	k.to.Shutdown(unix.SHUT_WR)
	if k.r.open--; k.r.open == 0 {
		k.r.end()
	}
}

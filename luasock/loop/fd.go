package loop

import (
	"time"
)

// Event is a set of things that can be true of a descriptor.
type Event uint8

const (
	In    Event = 1 << iota // can be read, or accepted from
	Out                     // can be written, or has connected
	Pri                     // out-of-band data
	RdHup                   // the peer will send no more
	Hup                     // both directions are over
	Err                     // an error is pending
)

// FD is a descriptor on which tasks wait. The loop does not own it: Close only
// takes it out of the loop, and comes before close(2).
type FD struct {
	loop    *Loop
	n       int
	gen     uint32 // tells this use of the descriptor's number from earlier ones
	ready   Event  // what has become true and was not yet found untrue
	last    Event  // of the last event
	state   fdState
	kept    bool
	level   bool // see Level
	waiters *waiter
	tail    *waiter
}

type fdState uint8

const (
	fdNew        fdState = iota
	fdRegistered         // the poller reports its events
	fdAlways             // always ready, as regular files are: the poller refuses it
	fdClosed
)

// waiter is one task that waits on one descriptor.
type waiter struct {
	fd         *FD
	task       *Task
	mask       Event
	prev, next *waiter
}

// FD takes descriptor n into the loop. The poller hears of it when a task first
// waits. A number that is in the loop must be closed there before it is taken
// in anew.
func (l *Loop) FD(n int) *FD {
	l.gen++
	f := &FD{loop: l, n: n, gen: l.gen, ready: In | Out | Pri}
	for n >= len(l.fds) {
		l.fds = append(l.fds, make([]*FD, max(64, len(l.fds)))...)
	}
	l.fds[n] = f
	return f
}

// Kept says that the open file may outlive this descriptor because another
// descriptor, perhaps in another process, refers to it.
func (f *FD) Kept() { f.kept = true }

// Level says that a call for In takes one of what may be many, as accept(2) does,
// and that the poller is to report In for as long as it is true: then a call that
// has taken one, see Taken, need not be followed by one that finds nothing. It
// holds until In comes when no task waits for it, or a task waits for something
// else; from then on the poller reports changes, as for every descriptor. After a
// task has first waited it does nothing.
func (f *FD) Level() {
	if f.state == fdNew {
		f.level = true
	}
}

// edges ends what Level began.
func (f *FD) edges() {
	f.level = false
	f.loop.poller.edges(f)
}

// Taken notes that a call for In has succeeded.
func (f *FD) Taken() {
	if f.level {
		f.ready &^= In
	}
}

// May tells whether a call for this event could succeed: the event has come,
// and no call since has found otherwise.
func (f *FD) May(e Event) bool { return f.ready&e != 0 }

// Blocked notes that a call for this event would have blocked.
func (f *FD) Blocked(e Event) { f.ready &^= e }

// Plain tells whether the last event was plain data: no hang-up, error or
// out-of-band mark after which a call that returned less than was asked for
// may have left something behind that no further event will announce.
func (f *FD) Plain() bool { return f.last&^(In|Out) == 0 }

// Wait parks the current task until one of the events (In, Out, Pri) may have
// come. The caller must have found, and noted with Blocked, that it has to. It returns
// ErrClosed when the descriptor is closed, and the errors of Park.
func (f *FD) Wait(mask Event, why Why, deadline time.Time) error {
	if f.state == fdNew {
		if err := f.register(); err != nil {
			return err
		}
	}
	if f.state == fdAlways {
		return nil
	}
	t := f.loop.cur
	if t == nil {
		return ErrOutside
	}
	w := &t.waiter
	if err := f.enlist(w, t, mask); err != nil {
		return err
	}
	defer f.delist(w) // after a panic too, which goes up through Main's wait
	if err := f.loop.Park(why, deadline); err != nil {
		return err
	}
	if f.state == fdClosed { // since the event woke the task
		return ErrClosed
	}
	return nil
}

// Interest is one descriptor in a WaitAny.
type Interest struct {
	FD   *FD
	Mask Event
}

// WaitAny parks the current task until one of the events may have come on one
// of the descriptors. The caller must have found that none is there, by
// poll(2), since the events that came before it were taken in. It returns
// ErrClosed when one of the descriptors is closed, and the errors of Park.
func (l *Loop) WaitAny(list []Interest, why Why, deadline time.Time) error {
	if l.cur == nil {
		return ErrOutside
	}
	waiters := make([]waiter, len(list))
	defer func() {
		for i := range waiters {
			if waiters[i].fd != nil {
				list[i].FD.delist(&waiters[i])
			}
		}
	}()
	for i, in := range list {
		if in.FD.state == fdNew {
			if err := in.FD.register(); err != nil {
				return err
			}
		}
		if err := in.FD.enlist(&waiters[i], l.cur, in.Mask); err != nil {
			return err
		}
		if in.FD.state == fdAlways {
			return nil
		}
	}
	if err := l.Park(why, deadline); err != nil {
		return err
	}
	for _, in := range list {
		if in.FD.state == fdClosed {
			return ErrClosed
		}
	}
	return nil
}

// register has the poller report the descriptor's events.
func (f *FD) register() error {
	always, err := f.loop.poller.add(f)
	if err != nil {
		return err
	}
	f.state = fdRegistered
	if always {
		f.state = fdAlways
	}
	return nil
}

func (f *FD) enlist(w *waiter, t *Task, mask Event) error {
	if f.state == fdClosed {
		return ErrClosed
	}
	if f.level && mask&^In != 0 {
		f.edges()
	}
	*w = waiter{fd: f, task: t, mask: mask, prev: f.tail}
	if f.tail == nil {
		f.waiters = w
	} else {
		f.tail.next = w
	}
	f.tail = w
	if !t.behind {
		f.loop.onFD++
	}
	return nil
}

func (f *FD) delist(w *waiter) {
	if w.prev == nil {
		f.waiters = w.next
	} else {
		w.prev.next = w.next
	}
	if w.next == nil {
		f.tail = w.prev
	} else {
		w.next.prev = w.prev
	}
	if !w.task.behind {
		f.loop.onFD--
	}
	*w = waiter{}
}

// happened takes in an event and wakes the tasks that wait for it. After a
// hang-up or an error every call has an answer.
func (f *FD) happened(e Event) {
	f.last = e
	ready := e & (In | Out | Pri)
	if e&RdHup != 0 {
		ready |= In
	}
	if e&(Hup|Err) != 0 {
		ready |= In | Out | Pri
	}
	f.ready |= ready
	awaited := false
	for w := f.waiters; w != nil; w = w.next {
		if w.mask&ready != 0 {
			f.loop.Wake(w.task, nil)
			awaited = true
		}
	}
	if f.level && !awaited {
		f.edges()
	}
}

// wanted is what tasks wait for, for pollers that must be told.
func (f *FD) wanted() Event {
	var mask Event
	for w := f.waiters; w != nil; w = w.next {
		mask |= w.mask
	}
	return mask
}

// Close takes the descriptor out of the loop. Tasks that wait on it get
// ErrClosed. Closing twice does nothing.
func (f *FD) Close() {
	if f.state == fdClosed {
		return
	}
	if f.state == fdRegistered {
		f.loop.poller.remove(f)
	}
	f.state = fdClosed
	f.loop.fds[f.n] = nil
	for w := f.waiters; w != nil; w = w.next {
		f.loop.Wake(w.task, ErrClosed)
	}
}

// event finds the descriptor that a poller's event is for. An event for an
// earlier use of the number finds nothing.
func (l *Loop) event(n int, gen uint32, e Event) {
	if n < len(l.fds) && l.fds[n] != nil && l.fds[n].gen == gen {
		l.fds[n].happened(e)
	}
}

package loop

import (
	"fmt"
	"iter"
	"slices"
	"time"
)

// State is where a task stands.
type State uint8

const (
	Ready   State = iota // will run, or go on, when its turn comes
	Running              // runs now
	Waiting              // waits for something
	Done                 // has returned
)

// Task is one of the loop's coroutines. Its fields may be set before it first
// runs, and read at any time by the owner.
type Task struct {
	Name string
	// Label, if set, gives the name instead, so that a host need not make the
	// text for a task that nobody asks about.
	Label fmt.Stringer
	// Value is the host's own.
	Value any
	// Group is the host's own too: a task has that of the task that starts it.
	Group any
	// Where says, for reports, at which line of the program the task waits.
	Where func() string

	loop    *Loop
	fn      func()
	coro    *coro
	state   State
	killed  bool
	left    bool // waits in a call that it has left
	behind  bool // of Background
	why     Why
	wakeErr error
	pending error // a cancel that the next wait returns
	// until is the deadline of a call that was left, returned how its wait has ended.
	until    time.Time
	returned error
	timer    timer
	waiter   waiter
	scopes   []*scope
	shields  int
	refused  int // waits that it began after Kill
	joiners  []*Task
	prev     *Task
	next     *Task
}

// Why says what a task waits for, for reports.
type Why struct {
	Op string       // "recv"
	On fmt.Stringer // the socket, the channel …; may be nil
}

func (w Why) String() string {
	if w.On == nil {
		return w.Op
	}
	return w.Op + " on " + w.On.String()
}

type text string

func (t text) String() string { return string(t) }

// coro is a Go stack on which tasks run, one after the other.
type coro struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	task  *Task
}

// Go starts fn as a task. It runs when the caller next waits, after those that
// were started before it; if it is cancelled or killed before that, it never
// runs.
func (l *Loop) Go(name string, fn func()) *Task {
	t := &Task{loop: l, Name: name, fn: fn, killed: l.ending}
	if l.cur != nil {
		t.Group = l.cur.Group
	}
	l.live.add(t)
	l.queue.push(t)
	return t
}

// Background is Go for a task that works for other goroutines, of which some may
// never end, as one that reads an idle connection: Run does not wait for it, its
// waits on descriptors do not hide a deadlock of the others, and Tasks does not
// list it.
func (l *Loop) Background(name string, fn func()) *Task {
	t := l.Go(name, fn)
	t.behind = true
	l.behind++
	return t
}

// borrow gives the task a coroutine: an idle one, or a new one.
func (l *Loop) borrow(t *Task) *coro {
	if n := len(l.idle); n > 0 {
		c := l.idle[n-1]
		l.idle = l.idle[:n-1]
		c.task = t
		return c
	}
	c := &coro{task: t}
	c.next, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		for c.run() && yield(struct{}{}) {
		}
	})
	return c
}

// run runs the task, and those that follow it without a coroutine of their own,
// and puts this one aside for the next, if there are not enough of them: then it
// reports false. When a task panics, that goes up through the loop and the
// coroutine is gone.
func (c *coro) run() (kept bool) {
	l := c.task.loop
	for c.work(); l.follow(c); {
		c.work()
	}
	if len(l.idle) >= mostIdle {
		return false
	}
	l.idle = append(l.idle, c)
	return true
}

// work calls the task's function.
func (c *coro) work() {
	t := c.task
	c.task = nil
	defer t.worked()
	t.fn()
}

// worked takes the coroutine from a task whose function has returned: it has
// ended, or left a call.
func (t *Task) worked() {
	if t.left {
		t.coro = nil
		return
	}
	t.finish()
}

// finish marks the task as ended and wakes who waits for that.
func (t *Task) finish() {
	l := t.loop
	t.state, t.fn, t.coro = Done, nil, nil
	l.disarm(&t.timer)
	l.live.remove(t)
	if t.behind {
		l.behind--
	}
	for _, j := range t.joiners {
		l.Wake(j, nil)
	}
	t.joiners = nil
	if l.live.n == l.behind && l.main.why.Op == "run" {
		l.Wake(&l.main, nil)
	}
}

// String is the task's name.
func (t *Task) String() string {
	if t.Label != nil {
		return t.Label.String()
	}
	return t.Name
}

// State tells where the task stands.
func (t *Task) State() State { return t.state }

// Why tells what a Waiting task waits for.
func (t *Task) Why() Why { return t.why }

// Park suspends the current task until Wake and returns the error given there;
// ErrTimeout at the deadline (the zero Time: none); ErrExpired when the time of
// a Within around it runs out; the reason of a Cancel; ErrKilled; a *Deadlock
// for Main. Whoever parks first puts itself on a list where a waker finds it,
// and takes itself off after an error, Main also after a panic: that of a task
// goes up through Park.
func (l *Loop) Park(why Why, deadline time.Time) error {
	t := l.cur
	if t == nil {
		return ErrOutside
	}
	if err := t.interrupted(); err != nil {
		return l.refuse(t, err)
	}
	t.why, t.state, t.wakeErr = why, Waiting, nil
	if !deadline.IsZero() {
		t.timer.task = t
		l.arm(&t.timer, deadline)
	}
	t.switchOut()
	t.why = Why{}
	l.disarm(&t.timer)
	return t.wakeErr
}

// refuse ends a wait before it begins. When a Within has run out, every wait ends
// so, and a program that goes on trying must not keep the others from running. A
// killed task that goes on all the same is left where it is, for good.
func (l *Loop) refuse(t *Task, err error) error {
	switch {
	case err == ErrExpired:
		t.state = Ready
		l.queue.push(t)
		t.switchOut()
	case err == ErrKilled && t != &l.main:
		if t.refused++; t.refused > mostRefused {
			t.state = Waiting
			t.switchOut()
		}
	}
	return err
}

// mostRefused is how many waits a killed task may begin.
const mostRefused = 1000

// switchOut leaves the task, and returns when it is resumed.
func (t *Task) switchOut() {
	if t.loop.Switching != nil {
		t.loop.Switching(t)
	}
	if t == &t.loop.main {
		t.loop.runMain()
	} else if !t.coro.yield(struct{}{}) {
		panic("loop: a task's coroutine was stopped while it waited")
	}
	if t.loop.Switched != nil {
		t.loop.Switched(t)
	}
}

// interrupted returns the error that the next wait must end with at once. A
// cancel is returned once.
func (t *Task) interrupted() error {
	if t.killed {
		return ErrKilled
	}
	if t.shields > 0 {
		return nil
	}
	for _, s := range t.scopes {
		if s.expired {
			return ErrExpired
		}
	}
	err := t.pending
	t.pending = nil
	return err
}

// Wake ends the wait of a task, whose Park returns err. It does nothing if the
// task does not wait.
func (l *Loop) Wake(t *Task, err error) {
	if t.state != Waiting {
		return
	}
	t.state, t.wakeErr = Ready, err
	l.queue.push(t)
}

// Cancel makes the wait in which the task is, or its next, return err, once.
// It reports false when the task has ended.
func (t *Task) Cancel(err error) bool {
	if t.state == Done {
		return false
	}
	if t.state == Waiting && t.shields == 0 {
		t.loop.Wake(t, err)
	} else {
		t.pending = err
	}
	return true
}

// Cancelled tells whether a Cancel has not yet been returned by a wait.
func (t *Task) Cancelled() bool { return t.pending != nil }

// Kill makes every wait of the task return ErrKilled, from now on.
func (t *Task) Kill() {
	t.killed = true
	t.loop.Wake(t, ErrKilled)
}

// Forgive takes back a Cancel with this error that no wait has returned yet.
func (t *Task) Forgive(err error) {
	if t.pending == err {
		t.pending = nil
	}
}

// Killed tells whether Kill was called.
func (t *Task) Killed() bool { return t.killed }

// Join waits until the task has ended.
func (t *Task) Join(deadline time.Time) error {
	if t.state == Done {
		return nil
	}
	l, me := t.loop, t.loop.cur
	t.joiners = append(t.joiners, me)
	defer func() {
		t.joiners = slices.DeleteFunc(t.joiners, func(j *Task) bool { return j == me })
	}()
	for t.state != Done {
		if err := l.Park(Why{Op: "join", On: t}, deadline); err != nil {
			return err
		}
	}
	return nil
}

// Shielded calls fn, inside which no wait is cut short by Cancel or Within;
// both take effect after it. It is for what must be undone in any case. Kill
// cuts short even there.
func (l *Loop) Shielded(fn func()) {
	t := l.cur
	if t == nil {
		fn()
		return
	}
	t.shields++
	defer func() { t.shields-- }()
	fn()
}

// scope is one Within of a task.
type scope struct {
	timer   timer
	expired bool
}

// Within calls fn. When the loop finds that d has passed before fn returns, the
// wait in which the task is and each further one inside fn returns ErrExpired,
// and Within reports true. The loop finds out only where tasks wait: an fn that
// never does is never late. Whoever calls it inside a coroutine must return from
// it there too.
func (l *Loop) Within(d time.Duration, fn func()) (expired bool) {
	t := l.cur
	if t == nil || l.Deadline(d).IsZero() {
		fn()
		return false
	}
	s := &scope{}
	s.timer.task, s.timer.scope = t, s
	l.arm(&s.timer, l.Deadline(d))
	t.scopes = append(t.scopes, s)
	defer func() {
		l.disarm(&s.timer)
		t.scopes = slices.DeleteFunc(t.scopes, func(o *scope) bool { return o == s })
		expired = s.expired
	}()
	fn()
	return
}

// taskList is the list of the tasks that have not ended.
type taskList struct {
	first, last *Task
	n           int
}

func (tl *taskList) add(t *Task) {
	t.prev = tl.last
	if tl.last == nil {
		tl.first = t
	} else {
		tl.last.next = t
	}
	tl.last = t
	tl.n++
}

func (tl *taskList) remove(t *Task) {
	if t.prev == nil {
		tl.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		tl.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
	tl.n--
}

func (tl *taskList) slice() []*Task {
	list := make([]*Task, 0, tl.n)
	for t := tl.first; t != nil; t = t.next {
		list = append(list, t)
	}
	return list
}

// queue is a first-in first-out ring of tasks.
type queue struct {
	ring []*Task
	head int
	size int
}

func (q *queue) len() int { return q.size }

// first is the task that pop would give; there must be one.
func (q *queue) first() *Task { return q.ring[q.head] }

func (q *queue) push(t *Task) {
	if q.size == len(q.ring) {
		grown := make([]*Task, max(16, 2*len(q.ring)))
		n := copy(grown, q.ring[q.head:])
		copy(grown[n:], q.ring[:q.head])
		q.ring, q.head = grown, 0
	}
	q.ring[(q.head+q.size)&(len(q.ring)-1)] = t
	q.size++
}

// remove takes a task out, wherever it stands.
func (q *queue) remove(t *Task) {
	for range q.size {
		if other := q.pop(); other != t {
			q.push(other)
		}
	}
}

func (q *queue) pop() *Task {
	t := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.size--
	return t
}

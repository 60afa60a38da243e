// Package loop is the event loop: tasks that switch only where they wait,
// timers, the readiness of descriptors, and work that other goroutines do. It
// knows no Lua and no sockets.
//
// A Loop belongs to one goroutine at a time, its owner. A task is a coroutine
// with a Go stack of its own (iter.Pull); the owner switches into it and it
// switches back when it waits, so that no two tasks ever run at once and what
// they share needs no lock. A task that can be called again instead gives its
// stack to the next meanwhile: see FD.Leave. The owner is a task too, Main: where
// it waits, it runs the others until its own wait is over. That is how a host
// that never heard of the loop gets plain blocking calls.
//
// Unless its comment says otherwise, a function or method of this package may
// be called only by the owner or by a task of the loop. Post may be called by
// any goroutine, and is the only way in for others.
package loop

import (
	"errors"
	"slices"
	"sync"
	"time"
)

var (
	// ErrTimeout ends a wait whose deadline has passed.
	ErrTimeout = errors.New("timeout")
	// ErrExpired ends every wait inside a Within whose time has run out.
	ErrExpired = errors.New("timeout of an enclosing call")
	// ErrClosed ends a wait on a descriptor that was closed meanwhile.
	ErrClosed = errors.New("descriptor is closed")
	// ErrKilled ends every wait of a task that is being ended for good.
	ErrKilled = errors.New("task is ended")
	// ErrOutside is returned for a wait where there is no task: in a function
	// that was given to Post.
	ErrOutside = errors.New("cannot wait outside a task")
)

// spendable is how many calls in a row that did not have to wait a task may
// make before the others get their turn.
const spendable = 64

// mostUnasked is how often in a row the loop goes on without asking for events,
// because tasks can go on anyway.
const mostUnasked = 8

// mostIdle is how many coroutines whose task has ended are kept for the next.
const mostIdle = 1024

// Loop runs tasks. Make one with New.
type Loop struct {
	poller poller
	start  time.Time

	main  Task
	cur   *Task // that runs now; nil while posted functions run
	queue queue // tasks that can go on
	batch int   // tasks to resume before the poller is asked again
	live  taskList
	idle  []*coro

	timers timerHeap
	fds    []*FD // by descriptor
	gen    uint32
	behind int // of the live, those of Background
	onFD   int // waiters on descriptors, without those of Background
	awaits int // goroutines that Await waits for
	refs   int // holds of a host
	spent  int
	// Whether a task has let the others run since the poller was asked, and how
	// often the loop has gone on since without asking.
	yielded bool
	unasked int
	ending  bool // Close has begun: new tasks are ended before they run

	// BeforeSleep, if set, is called each time no task can go on, before the loop
	// asks for events and sleeps until there is one. It must not wait, but may
	// make a task go on.
	BeforeSleep func()
	// Switching, if set, is called each time the current task is about to wait,
	// so that a host can note where it stands. It must not wait.
	Switching func(*Task)
	// Switched, if set, is called each time a task goes on after a wait. It must
	// not wait.
	Switched func(*Task)

	// MayLeave, if set, tells of the current task, whose call has to wait, whether
	// it can leave that call: see FD.Leave. It must not wait.
	MayLeave func(*Task) bool

	mu     sync.Mutex
	posts  []func() // guarded by mu
	rung   bool     // guarded by mu: the poller has been woken for posts
	closed bool     // guarded by mu
}

// New returns a loop over this system's best poller. Close frees it.
func New() (*Loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return newLoop(p), nil
}

func newLoop(p poller) *Loop {
	l := &Loop{poller: p, start: time.Now()}
	l.main = Task{loop: l, Name: "main", state: Running}
	l.cur = &l.main
	return l
}

// Main is the owner as a task.
func (l *Loop) Main() *Task { return &l.main }

// Current is the task that runs now; nil inside a posted function.
func (l *Loop) Current() *Task { return l.cur }

// Tasks lists the tasks that have not ended, oldest first, without Main and those
// of Background.
func (l *Loop) Tasks() []*Task {
	return slices.DeleteFunc(l.live.slice(), func(t *Task) bool { return t.behind })
}

// BackgroundTasks lists the tasks of Background that have not ended, oldest first.
func (l *Loop) BackgroundTasks() []*Task {
	return slices.DeleteFunc(l.live.slice(), func(t *Task) bool { return !t.behind })
}

// Post has fn called by the owner, soon, outside any task: it must not wait,
// but may wake tasks or start one. Posted functions run in the order of
// posting. It reports false when the loop is closed and fn will not be called.
// Any goroutine may call it.
func (l *Loop) Post(fn func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.posts = append(l.posts, fn)
	if !l.rung {
		l.rung = true
		l.poller.wake()
	}
	return true
}

// Ref holds the loop open: while a hold is there, something outside may still
// Post, and waiting tasks are no deadlock. Each Ref needs an Unref.
func (l *Loop) Ref() { l.refs++ }

// Unref ends one hold of Ref.
func (l *Loop) Unref() { l.refs-- }

// Run runs the loop until all tasks but those of Background have ended, and returns nil; a *Deadlock
// when they wait and nothing can wake one; or the reason of a Cancel of Main.
// Only the owner may call it.
func (l *Loop) Run() error {
	for l.live.n > l.behind {
		if err := l.Park(Why{Op: "run", On: text("all tasks")}, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}

// Close ends all tasks (each of their waits returns ErrKilled, from now on and
// until they return) and frees what the loop holds. Only the owner may call
// it; the loop cannot be used after it. Closing twice does nothing.
func (l *Loop) Close() error {
	l.ending = true
	for _, t := range l.live.slice() {
		t.Kill()
	}
	l.cur, l.batch = nil, 0
	for l.queue.len() > 0 {
		if t := l.queue.pop(); t != &l.main {
			l.resume(t)
		}
	}
	for _, c := range l.idle {
		c.stop()
	}
	l.idle = nil
	l.mu.Lock()
	closed := l.closed
	l.closed = true
	l.mu.Unlock()
	if closed {
		return nil
	}
	l.runPosts()
	return l.poller.close()
}

// Spend counts one call that may turn out not to wait, and lets the others run
// when the task has made many of those in a row. A call that could wait begins
// with it, so that a task whose descriptors are always ready starves nobody. In
// a posted function it does nothing.
func (l *Loop) Spend() error {
	if l.spent++; l.spent < spendable || l.cur == nil {
		return nil
	}
	return l.Yield()
}

// Yield lets every other task that can go on run once.
func (l *Loop) Yield() error {
	t := l.cur
	if t == nil {
		return ErrOutside
	}
	if err := t.interrupted(); err != nil {
		return l.refuse(t, err)
	}
	t.state, t.wakeErr, l.yielded = Ready, nil, true
	l.queue.push(t)
	t.switchOut()
	return t.wakeErr
}

// Sleep waits for d.
func (l *Loop) Sleep(d time.Duration) error {
	if d <= 0 {
		return l.Yield()
	}
	err := l.Park(Why{Op: "sleep"}, l.Deadline(d))
	if err == ErrTimeout {
		return nil
	}
	return err
}

// Deadline is the time d from now, the zero Time (never) for a negative d and
// for one that is too long to add.
func (l *Loop) Deadline(d time.Duration) time.Time {
	const longest = 100 * 365 * 24 * time.Hour
	if d < 0 || d > longest {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// runMain runs the loop until Main can go on, or a task panics. A panic ends
// Main's wait: nothing of it is left that could wake Main in a later one.
func (l *Loop) runMain() {
	back := false
	defer func() {
		if !back {
			l.queue.remove(&l.main)
			l.batch = min(l.batch, l.queue.len())
			l.disarm(&l.main.timer)
			l.main.why = Why{}
		}
		l.main.state = Running
		l.cur, l.spent = &l.main, 0
	}()
	for {
		for l.batch > 0 {
			l.batch--
			t := l.queue.pop()
			if t == &l.main {
				back = true
				return
			}
			l.resume(t)
		}
		l.turn()
		l.batch = l.queue.len()
	}
}

// resume runs a task until it waits or ends.
func (l *Loop) resume(t *Task) {
	if t.coro == nil {
		if !l.begin(t) {
			return
		}
		t.coro = l.borrow(t)
	}
	l.enter(t)
	t.coro.next()
	l.cur = nil
}

// begin readies a task without a stack for one. It reports false if the task is
// to end before it has run.
func (l *Loop) begin(t *Task) bool {
	if t.left {
		t.comeBack()
		return true
	}
	if t.killed || t.pending != nil {
		t.finish()
		return false
	}
	return true
}

func (l *Loop) enter(t *Task) {
	l.cur, l.spent = t, 0
	t.state = Running
}

// follow gives the coroutine that has become free to the next task of this turn,
// if that needs one: there is no switch to the loop and back between the two.
func (l *Loop) follow(c *coro) bool {
	for l.batch > 0 {
		t := l.queue.first()
		if t == &l.main || t.coro != nil {
			return false
		}
		l.batch--
		l.queue.pop()
		if l.begin(t) {
			t.coro, c.task = c, t
			l.enter(t)
			return true
		}
	}
	return false
}

// turn takes in what has happened: posted functions, timers and events. It
// sleeps when no task can go on.
func (l *Loop) turn() {
	l.cur = nil
	l.runPosts()
	l.fire()
	if l.queue.len() == 0 && l.BeforeSleep != nil {
		l.BeforeSleep()
	}
	if l.queue.len() > 0 {
		if l.unasked++; l.yielded || l.unasked >= mostUnasked {
			l.poll(0)
		}
		return
	}
	if l.stuck() {
		l.reportDeadlock()
		return
	}
	l.poll(l.untilTimer())
	l.runPosts()
	l.fire()
}

func (l *Loop) poll(timeout time.Duration) {
	l.yielded, l.unasked = false, 0
	if err := l.poller.wait(l, timeout); err != nil {
		panic("loop: the poller failed: " + err.Error())
	}
}

// runPosts runs the posted functions. When one panics, those after it keep
// their turn.
func (l *Loop) runPosts() {
	l.mu.Lock()
	posts := l.posts
	l.posts, l.rung = nil, false
	l.mu.Unlock()
	if len(posts) == 0 {
		return
	}
	defer func() {
		if len(posts) > 0 {
			l.mu.Lock()
			l.posts = append(posts, l.posts...)
			l.mu.Unlock()
		}
	}()
	for len(posts) > 0 {
		fn := posts[0]
		posts = posts[1:]
		fn()
	}
}

// stuck tells whether nothing can ever wake a task again.
func (l *Loop) stuck() bool {
	if l.onFD > 0 || len(l.timers) > 0 || l.awaits > 0 || l.refs > 0 {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.posts) == 0
}

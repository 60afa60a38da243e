package loop

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// leaver is a task that reads from a descriptor and leaves each call that has to
// wait.
type leaver struct {
	f     *FD
	until time.Time // the deadline of its waits
	calls int
	left  int
	got   []string
	kept  []time.Time // the deadlines that Returned gave
	err   error       // has ended it
}

// run is the task's function.
func (r *leaver) run() {
	l := r.f.loop
	for r.calls++; ; {
		deadline, err := l.Returned()
		if r.kept = append(r.kept, deadline); err != nil {
			r.err = err
			return
		}
		var buf [64]byte
		n, err := unix.Read(r.f.n, buf[:])
		switch err {
		case nil:
			r.got = append(r.got, string(buf[:n]))
			if n == 0 {
				return
			}
		case unix.EAGAIN:
			r.f.Blocked(In)
			if err := r.f.Leave(In, Why{Op: "read"}, r.until); err == ErrLeft {
				r.left++
				return
			} else if err != nil {
				r.err = err
				return
			}
		default:
			r.err = err
			return
		}
	}
}

// returned is the error of Returned.
func returned(l *Loop) error {
	_, err := l.Returned()
	return err
}

func everyCallMayLeave(*Task) bool { return true }

func TestATaskThatLeavesIsCalledAgain(t *testing.T) {
	eachKind(t, func(t *testing.T, l *Loop, r, w *FD) {
		l.MayLeave = everyCallMayLeave
		reader := &leaver{f: r}
		task := l.Go("reader", reader.run)
		for i, s := range []string{"a", "b", "c"} {
			for task.State() != Waiting {
				turn(l)
			}
			check(t, "calls", reader.calls, i+1)
			check(t, "why", task.Why().String(), "read")
			check(t, "coroutine", task.coro, nil)
			check(t, "waits on descriptors", l.onFD, 1)
			check(t, "write", writeTo(w.n, s), nil)
			for reader.calls == i+1 {
				turn(l)
			}
		}
		shut(w)
		check(t, "Join", task.Join(l.Deadline(long)), nil)
		checkList(t, "data", reader.got, []string{"a", "b", "c", ""})
		check(t, "error", reader.err, nil)
		settled(t, l)
	})
}

func TestWaitingTasksThatHaveLeftHoldNoCoroutine(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.MayLeave = everyCallMayLeave
		before := coroutines()
		const n = 50
		var readers []*leaver
		var order []*Task
		var writers []*FD
		for range n {
			r, w := pair(t, l)
			reader := &leaver{f: r}
			readers, writers = append(readers, reader), append(writers, w)
			order = append(order, l.Go("reader", reader.run))
		}
		for order[n-1].State() != Waiting {
			turn(l)
		}
		check(t, "coroutines", coroutines()-before, 1)
		check(t, "Tasks", len(l.Tasks()), n)
		check(t, "Report", len(l.Report()), n)
		for _, w := range writers {
			shut(w)
		}
		check(t, "Run", l.Run(), nil)
		check(t, "coroutines after it", coroutines()-before, 1)
		for _, r := range readers {
			checkList(t, "data", r.got, []string{""})
		}
	})
}

// TestTheEndOfALeftWait is what the call learns that is made again.
func TestTheEndOfALeftWait(t *testing.T) {
	tests := []struct {
		name string
		end  func(l *Loop, task *Task, r, w *FD)
		want error
	}{
		{"cancelled", func(_ *Loop, task *Task, _, _ *FD) { check(t, "Cancel", task.Cancel(errReason), true) }, errReason},
		{"cancelled, then there is data", func(l *Loop, task *Task, _, w *FD) { task.Cancel(errReason); writeTo(w.n, "x"); turn(l) }, errReason},
		{"killed", func(_ *Loop, task *Task, _, _ *FD) { task.Kill() }, ErrKilled},
		{"the descriptor closed", func(_ *Loop, _ *Task, r, _ *FD) { r.Close() }, ErrClosed},
		{"data, then the descriptor closed", func(l *Loop, task *Task, r, w *FD) { writeTo(w.n, "x"); l.Wake(task, nil); r.Close() }, ErrClosed},
		{"woken with an error", func(l *Loop, task *Task, _, _ *FD) { l.Wake(task, errReason) }, errReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				l.MayLeave = everyCallMayLeave
				r, w := pair(t, l)
				reader := &leaver{f: r}
				task := l.Go("reader", reader.run)
				l.Yield()
				check(t, "state", task.State(), Waiting)
				tt.end(l, task, r, w)
				check(t, "Join", task.Join(l.Deadline(long)), nil)
				check(t, "error", reader.err, tt.want)
				check(t, "calls", reader.calls, 2)
				checkList(t, "data", reader.got, nil)
				settled(t, l)
			})
		})
	}
}

func TestReturnedGivesItsErrorOnce(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.MayLeave = everyCallMayLeave
		r, _ := pair(t, l)
		calls := 0
		task := l.Go("a", func() {
			if calls++; calls == 1 {
				check(t, "Returns at first", l.Returns(), false)
				check(t, "Returned at first", returned(l), nil)
				check(t, "Leave", r.Leave(In, Why{}, never), ErrLeft)
				return
			}
			check(t, "Returns", l.Returns(), true)
			check(t, "Returned", returned(l), errReason)
			check(t, "Returns then", l.Returns(), false)
			check(t, "Returned then", returned(l), nil)
		})
		l.Yield()
		task.Cancel(errReason)
		check(t, "Run", l.Run(), nil)
		check(t, "calls", calls, 2)
	})
}

func TestTheDeadlineOfALeftWait(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.MayLeave = everyCallMayLeave
		r, w := pair(t, l)
		until := time.Now().Add(brief)
		reader := &leaver{f: r, until: until}
		task := l.Go("reader", reader.run)
		l.Yield()
		l.Wake(task, nil) // for nothing: the call waits again, until the same time
		turn(l)
		check(t, "state", task.State(), Waiting)
		check(t, "Join", task.Join(l.Deadline(long)), nil)
		check(t, "error", reader.err, ErrTimeout)
		check(t, "passed", time.Now().Before(until), false)
		checkList(t, "deadlines", reader.kept, []time.Time{never, until, until})

		reader = &leaver{f: r, until: time.Now().Add(long)}
		task = l.Go("reader", reader.run)
		l.Yield()
		check(t, "write", writeTo(w.n, "x"), nil)
		for len(reader.got) == 0 {
			turn(l)
		}
		task.Kill()
		check(t, "Run", l.Run(), nil)
		check(t, "timers", len(l.timers), 0)
		settled(t, l)
	})
}

// TestLeaveWaits where the call cannot be left.
func TestLeaveWaits(t *testing.T) {
	no := func(*Task) bool { return false }
	for _, may := range []func(*Task) bool{nil, no} {
		eachPoller(t, func(t *testing.T, l *Loop) {
			l.MayLeave = may
			byMainAndByATask(t, l, func(me *Task) {
				r, w := pair(t, l)
				l.Go("writer", func() { check(t, "write", write(w, "x", never), nil) })
				r.Blocked(In)
				check(t, "Leave", r.Leave(In, Why{}, never), nil)
				check(t, "May", r.May(In), true)
			})
		})
	}
	eachPoller(t, func(t *testing.T, l *Loop) { // Main never leaves
		l.MayLeave = everyCallMayLeave
		r, w := pair(t, l)
		l.Go("writer", func() { check(t, "write", write(w, "x", never), nil) })
		r.Blocked(In)
		check(t, "Leave", r.Leave(In, Why{}, never), nil)
	})
}

func TestLeaveDoesNotBegin(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.MayLeave = everyCallMayLeave
		inTask(t, l, func() {
			r, _ := pair(t, l)
			l.Current().Cancel(errReason)
			check(t, "of a cancelled task", r.Leave(In, Why{}, never), errReason)
			r.Close()
			check(t, "on a closed descriptor", r.Leave(In, Why{}, never), ErrClosed)
			file, err := os.CreateTemp(t.TempDir(), "")
			opened(t, err)
			defer file.Close()
			regular := l.FD(int(file.Fd()))
			defer regular.Close()
			if _, polls := l.poller.(*pollPoller); !polls {
				check(t, "on a regular file", regular.Leave(In, Why{}, never), nil)
			}
			l.Current().Kill()
			check(t, "of a killed task", r.Leave(In, Why{}, never), ErrKilled)
			check(t, "state", l.Current().State(), Running)
		})
		settled(t, l)
	})
}

func TestCloseEndsTasksThatHaveLeft(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.MayLeave = everyCallMayLeave
		before := coroutines()
		var readers []*leaver
		for range 3 {
			r, _ := pair(t, l)
			readers = append(readers, &leaver{f: r})
			l.Go("reader", readers[len(readers)-1].run)
		}
		l.Yield()
		check(t, "Close", l.Close(), nil)
		for _, r := range readers {
			check(t, "error", r.err, ErrKilled)
		}
		check(t, "tasks", l.live.n, 0)
		check(t, "coroutines", coroutines()-before, 0)
	})
}

// TestTasksFollowOneAnother on one coroutine in the order of their turns, and a
// panic of one takes nothing from the others.
func TestTasksFollowOneAnother(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.MayLeave = everyCallMayLeave
		var order []string
		var tasks []*Task
		add := func(name string, end func()) {
			r, _ := pair(t, l)
			left := false
			tasks = append(tasks, l.Go(name, func() {
				if left {
					order = append(order, name)
					end()
					return
				}
				left = true
				r.Blocked(In)
				check(t, "Leave", r.Leave(In, Why{}, never), ErrLeft)
			}))
		}
		add("a", func() {})
		add("b", func() { l.Yield(); order = append(order, "b later") })
		add("c", func() { panic("oh") })
		add("d", func() { l.Go("new", func() { order = append(order, "new") }) })
		l.Yield()
		for _, task := range tasks {
			l.Wake(task, nil)
		}
		check(t, "panic", panicOf(func() { l.Run() }), "oh")
		check(t, "Run", l.Run(), nil)
		checkList(t, "order", order, []string{"a", "b", "c", "d", "b later", "new"})
		settled(t, l)
	})
}

// TestATaskFollowsWithoutASwitch counts the switches into the coroutine.
func TestATaskFollowsWithoutASwitch(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.MayLeave = everyCallMayLeave
		var tasks []*Task
		for range 3 {
			r, _ := pair(t, l)
			tasks = append(tasks, l.Go("reader", (&leaver{f: r}).run))
		}
		l.Yield()
		switches, coro := 0, l.idle[0]
		next := coro.next
		coro.next = func() (struct{}, bool) { switches++; return next() }
		for _, task := range tasks {
			l.Wake(task, nil)
		}
		l.Yield()
		check(t, "switches", switches, 1)
	})
}

package loop

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestMainAloneParks(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for range 2 {
			err := l.Park(Why{Op: "recv", On: text("channel 1")}, never)
			checkDeadlock(t, err, Waits{Task: "main", For: "recv on channel 1"})
			settled(t, l)
		}
	})
}

func TestATaskParksInRun(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("worker", func() { l.Park(Why{Op: "send"}, never) })
		for range 2 {
			checkDeadlock(t, l.Run(), Waits{Task: "worker", For: "send"})
			check(t, "state", task.State(), Waiting)
		}
		l.Wake(task, nil)
		check(t, "Run", l.Run(), nil)
	})
}

// TestTheReportNamesTasksOpsAndLines, Main first and the others oldest first,
// and those alone that wait.
func TestTheReportNamesTasksOpsAndLines(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Main().Where = func() string { return "main.lua:9" }
		l.Go("a", func() { l.Park(Why{Op: "recv", On: text("channel 1")}, never) }).
			Where = func() string { return "main.lua:3" }
		l.Tasks()[0].Label = text("a label")
		l.Go("b", func() { l.Park(Why{Op: "sends"}, never) })
		l.Go("ends", func() {})
		joined := l.Tasks()[1]
		err := joined.Join(never)
		checkDeadlock(t, err,
			Waits{"main", "main.lua:9", "join on b"},
			Waits{"a label", "main.lua:3", "recv on channel 1"},
			Waits{"b", "", "sends"})
		check(t, "text", err.Error(), strings.Join([]string{
			"deadlock: every task waits for another",
			"\tmain waits in join on b at main.lua:9",
			"\ta label waits in recv on channel 1 at main.lua:3",
			"\tb waits in sends",
		}, "\n"))
	})
}

func TestReportLeavesOutWhoCanGoOn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Go("waits", func() { l.Park(Why{Op: "park"}, never) })
		l.Go("reports", func() {
			checkList(t, "report", l.Report(), []Waits{{Task: "waits", For: "park"}})
			l.Wake(l.Main(), nil)
			checkList(t, "report", l.Report(), []Waits{{Task: "waits", For: "park"}})
		})
		l.Go("new", func() {})
		l.Yield()
	})
}

// TestADeadlockIsCaught and the loop goes on.
func TestADeadlockIsCaught(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("a", func() { check(t, "Park", l.Park(Why{}, never), nil) })
		var deadlock *Deadlock
		check(t, "Run finds it", errors.As(l.Run(), &deadlock), true)
		l.Go("helps", func() { l.Sleep(brief); l.Wake(task, nil) })
		check(t, "Run", l.Run(), nil)
	})
}

// TestNoDeadlock has everything that may still wake a task: Main waits for it,
// or for a task that does.
func TestNoDeadlock(t *testing.T) {
	tests := []struct {
		name string
		wait func(t *testing.T, l *Loop) error
		want error
	}{
		{"a timer", func(t *testing.T, l *Loop) error { return l.Sleep(brief) }, nil},
		{"a deadline", func(t *testing.T, l *Loop) error { return l.Park(Why{}, l.Deadline(brief)) }, ErrTimeout},
		{"a Within", func(t *testing.T, l *Loop) (err error) {
			l.Within(brief, func() { err = l.Park(Why{}, never) })
			return err
		}, ErrExpired},
		{"a descriptor", func(t *testing.T, l *Loop) error {
			a, b := pair(t, l)
			peer := b.n
			whenAsleep(l, func() { writeTo(peer, "x") })
			return waitFor(a, In, never)
		}, nil},
		{"many descriptors", func(t *testing.T, l *Loop) error {
			a, b := pair(t, l)
			peer := a.n
			whenAsleep(l, func() { writeTo(peer, "x") })
			return l.WaitAny([]Interest{{a, In}, {b, In}}, Why{}, never)
		}, nil},
		{"an Await", func(t *testing.T, l *Loop) error {
			release := make(chan bool)
			whenAsleep(l, func() { close(release) })
			_, err := Await(l, Why{}, never, func(context.Context) (bool, error) { return <-release, nil })
			return err
		}, nil},
		{"a hold", func(t *testing.T, l *Loop) error {
			l.Ref()
			defer l.Unref()
			me := l.Current()
			whenAsleep(l, func() { l.Post(func() { l.Wake(me, errReason) }) })
			return l.Park(Why{}, never)
		}, errReason},
		{"a post", func(t *testing.T, l *Loop) error {
			me := l.Current()
			l.Post(func() { l.Wake(me, errReason) })
			return l.Park(Why{}, never)
		}, errReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				byMainAndByATask(t, l, func(*Task) {
					check(t, "the wait", tt.wait(t, l), tt.want)
				})
				// What is over holds nothing any more.
				checkDeadlock(t, l.Park(Why{Op: "park"}, never), Waits{Task: "main", For: "park"})
			})
		})
	}
}

// TestTheLastUnrefInAPostedFunction makes the deadlock that the hold kept off.
func TestTheLastUnrefInAPostedFunction(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Ref()
		l.Ref()
		turns := 0
		l.BeforeSleep = func() {
			if turns++; turns <= 2 {
				go l.Post(l.Unref)
			}
		}
		checkDeadlock(t, l.Park(Why{Op: "park"}, never), Waits{Task: "main", For: "park"})
		check(t, "holds left", l.refs, 0)
	})
}

// TestAnAbandonedAwaitHoldsTheLoopUntilItEnds, and no longer.
func TestAnAbandonedAwaitHoldsTheLoopUntilItEnds(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		check(t, "Await", awaitForEver(l, time.Now()), ErrTimeout)
		checkDeadlock(t, l.Park(Why{Op: "park"}, never), Waits{Task: "main", For: "park"})
		check(t, "awaits left", l.awaits, 0)
	})
}

// checkDeadlock compares a whole *Deadlock.
func checkDeadlock(t *testing.T, err error, want ...Waits) {
	t.Helper()
	deadlock, ok := err.(*Deadlock)
	if !ok {
		t.Errorf("got %v, want a deadlock", err)
		return
	}
	checkList(t, "deadlock", deadlock.Waits, want)
}

// TestBackground: such a task does not keep Run from returning, does not hide a
// deadlock while it waits on a descriptor, and ends with the loop.
func TestBackground(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		r, _ := pipe(t)
		fd := l.FD(r)
		defer fd.Close()
		fd.Blocked(In)
		var ended error
		l.Background("reader", func() { ended = fd.Wait(In, Why{Op: "read"}, never) })
		check(t, "Run", l.Run(), nil)
		checkDeadlock(t, l.Park(Why{Op: "recv"}, never), Waits{Task: "main", For: "recv"})
		ran := false
		l.Go("other", func() { ran = true })
		check(t, "Run", l.Run(), nil)
		check(t, "the other ran", ran, true)
		l.Close()
		check(t, "the wait's end", ended, ErrKilled)
	})
}

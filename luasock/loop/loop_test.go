package loop

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRunReturnsWhenAllTasksHaveEnded(t *testing.T) {
	tests := []struct {
		name  string
		start func(l *Loop, end func())
		want  int // calls of end
	}{
		{"none", func(l *Loop, end func()) {}, 0},
		{"one", func(l *Loop, end func()) { l.Go("a", end) }, 1},
		{"many", func(l *Loop, end func()) {
			for range 1000 {
				l.Go("a", func() { l.Yield(); end() })
			}
		}, 1000},
		{"a task that starts tasks", func(l *Loop, end func()) {
			var start func(depth int)
			start = func(depth int) {
				if depth > 0 {
					l.Go("left", func() { start(depth - 1) })
					l.Go("right", func() { start(depth - 1) })
				}
				end()
			}
			l.Go("root", func() { start(6) })
		}, 127},
		{"a task that starts one as its last act", func(l *Loop, end func()) {
			l.Go("first", func() { l.Go("last", end) })
		}, 1},
		{"a task that sleeps", func(l *Loop, end func()) {
			l.Go("a", func() { l.Sleep(brief); end() })
		}, 1},
		{"a task that is cancelled before it runs", func(l *Loop, end func()) {
			l.Go("a", end).Cancel(errReason)
		}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				ended := 0
				tt.start(l, func() { ended++ })
				check(t, "Run", l.Run(), nil)
				check(t, "tasks that ran", ended, tt.want)
				check(t, "tasks left", len(l.Tasks()), 0)
				check(t, "Current", l.Current(), l.Main())
				check(t, "Run once more", l.Run(), nil)
			})
		})
	}
}

func TestRunEndsByACancelOfMain(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		ended := false
		l.Go("canceller", func() { l.Main().Cancel(errReason); l.Yield(); ended = true })
		check(t, "Run", l.Run(), errReason)
		check(t, "the task has ended", ended, false)
		check(t, "Run again", l.Run(), nil)
		check(t, "the task has ended", ended, true)
	})
}

func TestRunIsNotEndedByOtherWakes(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		ended := false
		l.Go("waker", func() { l.Wake(l.Main(), nil); l.Yield(); l.Yield(); ended = true })
		check(t, "Run", l.Run(), nil)
		check(t, "the task has ended", ended, true)
	})
}

// TestMainRunsTheOthersWhereItWaits has a task write what Main reads, start
// to end without Run.
func TestMainRunsTheOthersWhereItWaits(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		l.Go("echo", func() {
			for {
				s, err := read(a, never)
				if err != nil || s == "" {
					return
				}
				write(a, strings.ToUpper(s), never)
			}
		})
		for _, s := range []string{"one", "two", "three"} {
			check(t, "write", write(b, s, never), nil)
			got, err := read(b, never)
			check(t, "read", err, nil)
			check(t, "echo", got, strings.ToUpper(s))
			check(t, "Current", l.Current(), l.Main())
		}
	})
}

func TestATurnOfTheLoopTakesEverythingIn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		var got []string
		l.Go("reader", func() { read(a, never); got = append(got, "descriptor") })
		l.Go("sleeper", func() { l.Park(Why{}, time.Now()); got = append(got, "timer") })
		l.Go("parked", func() { l.Park(Why{}, never); got = append(got, "post") })
		parked := l.Tasks()[2]
		l.Yield()
		check(t, "write", write(b, "x", never), nil)
		l.Post(func() { l.Wake(parked, nil) })
		for range 3 {
			l.Yield()
		}
		slices.Sort(got)
		checkList(t, "woken", got, []string{"descriptor", "post", "timer"})
	})
}

func TestPostKeepsTheOrder(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got, want []int
		for i := range 100 {
			want = append(want, i)
			check(t, "Post", l.Post(func() {
				got = append(got, i)
				check(t, "Current inside", l.Current(), nil)
			}), true)
		}
		check(t, "ran at once", len(got), 0)
		l.Yield()
		checkList(t, "order", got, want)
		check(t, "Current", l.Current(), l.Main())
	})
}

func TestPostFromManyGoroutines(t *testing.T) {
	const goroutines, each = 8, 500
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Ref()
		defer l.Unref()
		var got [goroutines][]int
		left := goroutines * each
		var wg sync.WaitGroup
		for g := range goroutines {
			wg.Go(func() {
				for i := range each {
					l.Post(func() {
						got[g] = append(got[g], i)
						if left--; left == 0 {
							l.Wake(l.Main(), nil)
						}
					})
				}
			})
		}
		check(t, "Park", l.Park(Why{Op: "posts"}, never), nil)
		wg.Wait()
		for g := range got {
			check(t, "posts", len(got[g]), each)
			check(t, "in order", slices.IsSorted(got[g]), true)
		}
	})
}

// TestPostWakesASleepingLoop posts only when the loop is about to sleep, again
// and again: one ring that is lost hangs it.
func TestPostWakesASleepingLoop(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Ref()
		defer l.Unref()
		asleep := make(chan bool, 1)
		l.BeforeSleep = func() {
			select {
			case asleep <- true:
			default:
			}
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			for range asleep {
				l.Post(func() { l.Wake(l.Main(), nil) })
			}
		})
		for range 2000 {
			check(t, "Park", l.Park(Why{}, never), nil)
		}
		close(asleep)
		l.BeforeSleep = nil
		wg.Wait()
	})
}

func TestManyPostsRingOnce(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		bell := &countingPoller{poller: l.poller}
		l.poller = bell
		for round := range 3 {
			for range 1000 {
				l.Post(func() {})
			}
			check(t, "rings", bell.rings, round+1)
			l.Yield()
		}
	})
}

// TestTheLoopSleeps after and beside what could keep it busy: it must not turn
// until the time is up.
func TestTheLoopSleeps(t *testing.T) {
	tests := []struct {
		name  string
		start func(t *testing.T, l *Loop)
	}{
		{"with nothing", func(t *testing.T, l *Loop) {}},
		{"after a post", func(t *testing.T, l *Loop) { l.Post(func() {}) }},
		{"beside data that nobody waits for", func(t *testing.T, l *Loop) {
			a, b := pair(t, l)
			waitFor(a, In, time.Now())
			check(t, "write", write(b, "x", never), nil)
		}},
		{"beside a hang-up that nobody waits for", func(t *testing.T, l *Loop) {
			a, b := pair(t, l)
			waitFor(a, In, time.Now())
			shut(b)
		}},
		{"beside a connection that nobody accepts", func(t *testing.T, l *Loop) {
			f, at := listener(t, l)
			waitFor(f, In, time.Now())
			connect(t, at)
		}},
		{"beside a connection that nobody accepts, to a listener that listens anew", func(t *testing.T, l *Loop) {
			f, at := listener(t, l)
			waitFor(f, In, time.Now())
			f.Level()
			connect(t, at)
		}},
		{"beside a connection to a listener that was closed, but is kept", func(t *testing.T, l *Loop) {
			f, at := listener(t, l)
			waitFor(f, In, time.Now())
			other, err := unix.Dup(f.n)
			opened(t, err, other)
			closeAtEnd(t, other)
			shut(f)
			connect(t, at)
		}},
		{"beside room that nobody waits for", func(t *testing.T, l *Loop) {
			a, _ := pair(t, l)
			l.Go("reads", func() { read(a, never) })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				tt.start(t, l)
				turns := 0
				l.BeforeSleep = func() { turns++ }
				check(t, "Sleep", l.Sleep(10*time.Millisecond), nil)
				if turns > 5 {
					t.Errorf("the loop turned %d times", turns)
				}
			})
		})
	}
}

// TestTasksThatWakeEachOtherStarveNoDescriptor: the loop asks for events although
// it always has a task that can go on.
func TestTasksThatWakeEachOtherStarveNoDescriptor(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		done := false
		var tasks [2]*Task
		for i := range tasks {
			tasks[i] = l.Go("wakes the other", func() {
				for !done {
					l.Wake(tasks[1-i], nil)
					l.Park(Why{}, never)
				}
				l.Wake(tasks[1-i], nil)
			})
		}
		l.Go("writes", func() { check(t, "write", write(b, "x", never), nil) })
		check(t, "Wait", waitFor(a, In, l.Deadline(long)), nil)
		done = true
		check(t, "Run", l.Run(), nil)
	})
}

func TestPostFromInsideAPostedFunction(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		depth := 0
		var again func()
		again = func() {
			if depth++; depth == 100 {
				l.Wake(l.Main(), nil)
				return
			}
			check(t, "Post", l.Post(again), true)
		}
		l.Post(again)
		check(t, "Park", l.Park(Why{}, never), nil)
		check(t, "depth", depth, 100)
	})
}

// TestPostsThatPostForEverStarveNobody has a function post itself without end.
func TestPostsThatPostForEverStarveNobody(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		stop := false
		var again func()
		again = func() {
			if !stop {
				l.Post(again)
			}
		}
		l.Post(again)
		l.Go("writer", func() { l.Sleep(brief); write(b, "x", never) })
		_, err := read(a, never)
		check(t, "read", err, nil)
		stop = true
	})
}

func TestAPostedFunctionStartsATask(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Post(func() { l.Go("a", func() { l.Sleep(brief); l.Wake(l.Main(), nil) }) })
		check(t, "Park", l.Park(Why{}, never), nil)
	})
}

func TestAWaitInsideAPostedFunctionIsErrOutside(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		list := append(everyWait(t, l), wait{"Yield", func(time.Time) error { return l.Yield() }},
			wait{"Sleep of 0", func(time.Time) error { return l.Sleep(0) }})
		l.Post(func() {
			for _, w := range list {
				check(t, w.name, w.do(l.Deadline(long)), ErrOutside)
			}
			ran := false
			check(t, "Within", l.Within(brief, func() { ran = true }), false)
			check(t, "Within calls", ran, true)
			ran = false
			l.Shielded(func() { ran = true })
			check(t, "Shielded calls", ran, true)
		})
		l.Yield()
		settled(t, l)
	})
}

func TestPostAfterCloseReportsFalse(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		before := false
		l.Go("ends in Close", func() { l.Park(Why{}, never) })
		l.Yield()
		l.Yield()
		l.Post(func() {
			before = true
			check(t, "Current inside", l.Current(), nil)
			check(t, "wait inside", l.Yield(), ErrOutside)
			check(t, "Post inside", l.Post(func() { t.Error("a function ran after Close") }), false)
		})
		check(t, "Close", l.Close(), nil)
		check(t, "posted before Close ran", before, true)
		check(t, "Post", l.Post(func() { t.Error("a function ran after Close") }), false)
	})
}

// TestPostWhileTheLoopCloses is for the race detector: each function either
// runs or was refused.
func TestPostWhileTheLoopCloses(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		const goroutines, each = 4, 200
		ran := 0
		taken := make([]int, goroutines)
		var wg sync.WaitGroup
		begun := make(chan bool, goroutines*each)
		for g := range goroutines {
			wg.Go(func() {
				for range each {
					if l.Post(func() { ran++ }) {
						taken[g]++
					}
					begun <- true
				}
			})
		}
		<-begun
		check(t, "Close", l.Close(), nil)
		wg.Wait()
		want := 0
		for _, n := range taken {
			want += n
		}
		check(t, "functions that ran", ran, want)
	})
}

func TestBeforeSleepIsNotCalledWhileATaskCanGoOn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		calls := 0
		l.BeforeSleep = func() {
			calls++
			check(t, "Current inside", l.Current(), nil)
			check(t, "tasks that can go on", l.queue.len(), 0)
		}
		l.Go("a", func() {
			for range 100 {
				l.Yield()
			}
		})
		for range 100 {
			l.Yield()
		}
		check(t, "Run", l.Run(), nil)
		check(t, "calls", calls, 0)
		l.Sleep(brief)
		if calls == 0 {
			t.Error("it was not called before a sleep")
		}
	})
}

// TestBeforeSleepMayMakeATaskGoOn does each thing that makes a sleep wrong:
// the loop must neither sleep nor find a deadlock.
func TestBeforeSleepMayMakeATaskGoOn(t *testing.T) {
	tests := []struct {
		name string
		act  func(l *Loop, f *FD)
		wait func(l *Loop, f *FD) error
		want error
	}{
		{"wake", func(l *Loop, f *FD) { l.Wake(l.Main(), nil) },
			func(l *Loop, f *FD) error { return l.Park(Why{}, never) }, nil},
		{"cancel", func(l *Loop, f *FD) { l.Main().Cancel(errReason) },
			func(l *Loop, f *FD) error { return l.Park(Why{}, never) }, errReason},
		{"start a task", func(l *Loop, f *FD) { l.Go("a", func() { l.Wake(l.Main(), nil) }) },
			func(l *Loop, f *FD) error { return l.Park(Why{}, never) }, nil},
		{"post", func(l *Loop, f *FD) { l.Post(func() { l.Wake(l.Main(), nil) }) },
			func(l *Loop, f *FD) error { return l.Park(Why{}, never) }, nil},
		{"close a descriptor", func(l *Loop, f *FD) { f.Close() },
			func(l *Loop, f *FD) error { return waitFor(f, In, never) }, ErrClosed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				a, _ := pair(t, l)
				check(t, "Wait", waitFor(a, In, time.Now()), ErrTimeout) // the poller knows it
				once := false
				l.BeforeSleep = func() {
					if !once {
						once = true
						tt.act(l, a)
					}
				}
				check(t, "the wait", tt.wait(l, a), tt.want)
			})
		})
	}
}

// TestBeforeSleepThatAlwaysMakesATaskGoOn starves no descriptor.
func TestBeforeSleepThatAlwaysMakesATaskGoOn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		busy := l.Go("busy", func() {
			for l.Park(Why{}, never) == nil {
			}
		})
		l.BeforeSleep = func() { l.Wake(busy, nil) }
		l.Go("writes", func() { write(b, "x", never) })
		check(t, "Wait", waitFor(a, In, never), nil)
	})
}

// TestSwitchingIsCalledBeforeEachWait, while the task is still the current one.
func TestSwitchingIsCalledBeforeEachWait(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got []string
		l.Switching = func(task *Task) {
			check(t, "Current", l.Current(), task)
			got = append(got, task.String()+" "+task.Why().String())
		}
		l.Go("a", func() {
			l.Sleep(brief)
			l.Yield()
			l.Current().Cancel(errReason)
			l.Yield() // does not wait
		})
		check(t, "Run", l.Run(), nil)
		checkList(t, "calls", got, []string{"main run on all tasks", "a sleep", "a "})
	})
}

func TestBeforeSleepMustNotWait(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.BeforeSleep = func() { check(t, "Park", l.Park(Why{}, never), ErrOutside) }
		check(t, "Sleep", l.Sleep(brief), nil)
	})
}

// TestSpendGivesTheOthersTurns has a task whose calls never wait beside one
// that yields, one that reads and one that sleeps.
func TestSpendGivesTheOthersTurns(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		check(t, "write", write(b, "x", never), nil)
		turns, readers, sleepers := 0, 0, 0
		l.Go("yields", func() {
			for {
				if l.Yield() != nil {
					return
				}
				turns++
			}
		})
		l.Go("reads", func() { waitFor(a, In, never); readers++ })
		l.Go("sleeps", func() { l.Park(Why{}, time.Now()); sleepers++ })
		inTask(t, l, func() {
			for i := range 10 * spendable {
				check(t, "Spend", l.Spend(), nil)
				if got := (i + 1) / spendable; turns < got-1 || turns > got+1 {
					t.Fatalf("after %d calls the other had %d turns, want about %d", i+1, turns, got)
				}
			}
		})
		check(t, "readers", readers, 1)
		check(t, "sleepers", sleepers, 1)
	})
}

func TestSpendByMain(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		ran := 0
		l.Go("a", func() { ran++ })
		for range spendable - 1 {
			check(t, "Spend", l.Spend(), nil)
		}
		check(t, "ran before the last call", ran, 0)
		check(t, "Spend", l.Spend(), nil)
		check(t, "ran", ran, 1)
	})
}

func TestAWaitBeginsTheCountOfSpendAgain(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for range 3 {
			for range spendable - 1 {
				l.Spend()
			}
			l.Yield()
			ran := false
			task := l.Go("a", func() { ran = true })
			for range spendable - 1 {
				l.Spend()
			}
			check(t, "the other ran early", ran, false)
			task.Join(never)
		}
	})
}

func TestSpendReturnsWhatInterrupts(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var errs []error
		task := l.Go("spends", func() {
			l.Yield()
			for range 2 * spendable {
				if err := l.Spend(); err != nil {
					errs = append(errs, err)
				}
			}
		})
		l.Yield()
		task.Cancel(errReason)
		check(t, "Join", task.Join(never), nil)
		checkList(t, "errors", errs, []error{errReason})
	})
}

// TestSpendInsideAPostedFunction: a call that need not wait works there too,
// however many.
func TestSpendInsideAPostedFunction(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Post(func() {
			for range 3 * spendable {
				check(t, "Spend", l.Spend(), nil)
			}
		})
		l.Yield()
	})
}

func TestDeadline(t *testing.T) {
	const year = 365 * 24 * time.Hour
	tests := []struct {
		name  string
		d     time.Duration
		never bool
	}{
		{"zero is now", 0, false},
		{"a second", time.Second, false},
		{"99 years", 99 * year, false},
		{"101 years", 101 * year, true},
		{"the longest", math.MaxInt64, true},
		{"negative", -1, true},
	}
	eachPoller(t, func(t *testing.T, l *Loop) {
		for _, tt := range tests {
			before := time.Now().Add(tt.d)
			got := l.Deadline(tt.d)
			check(t, tt.name+": never", got.IsZero(), tt.never)
			if !tt.never && (got.Before(before) || got.After(time.Now().Add(tt.d))) {
				t.Errorf("%s: got %v, want about %v", tt.name, got, before)
			}
		}
	})
}

// TestCloseEndsEverything has a task in every wait there is, one that can go
// on, one that has not begun, and one that starts another when it ends.
func TestCloseEndsEverything(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		before := runtime.NumGoroutine()
		deferred := 0
		var tasks []*Task
		for _, w := range everyWait(t, l) {
			tasks = append(tasks, l.Go(w.name, func() {
				defer func() { deferred++ }()
				check(t, w.name, w.do(l.Deadline(long)), ErrKilled)
				check(t, "Park after "+w.name, l.Park(Why{}, never), ErrKilled)
				check(t, "Yield", l.Yield(), ErrKilled)
			}))
		}
		tasks = append(tasks, l.Go("yields", func() {
			defer func() { deferred++ }()
			for l.Yield() == nil {
			}
		}), l.Go("starts another", func() {
			defer func() {
				deferred++
				tasks = append(tasks, l.Go("late", func() { t.Error("a task that was started in Close ran") }))
			}()
			l.Park(Why{}, never)
		}))
		l.Yield()
		l.Yield()
		want := len(tasks)
		tasks = append(tasks, l.Go("new", func() { t.Error("a task that had not begun ran") }))
		idle := l.Tasks()
		check(t, "Close", l.Close(), nil)
		check(t, "deferred functions", deferred, want)
		for _, task := range append(tasks, idle...) {
			check(t, task.Name+": state", task.State(), Done)
		}
		check(t, "tasks left", len(l.Tasks()), 0)
		settled(t, l)
		goroutinesReturnTo(t, before)
	})
}

func TestCloseFreesIdleCoroutines(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for range 100 {
			l.Go("a", func() { l.Yield() })
		}
		check(t, "Run", l.Run(), nil)
		check(t, "coroutines", coroutines(), 100)
		l.Close()
		check(t, "coroutines after Close", coroutines(), 0)
	})
}

func TestCloseFreesItsDescriptors(t *testing.T) {
	for _, open := range pollers {
		before := openDescriptors()
		p, err := open()
		check(t, "open", err, nil)
		if openDescriptors() == before {
			t.Errorf("%T has no descriptor: the test is void", p)
		}
		check(t, "Close", newLoop(p).Close(), nil)
		check(t, fmt.Sprintf("open descriptors after a %T", p), openDescriptors(), before)
	}
}

// TestClosingTwiceDoesNothing: the second must not close the numbers that the
// poller had, which may be another's by then.
func TestClosingTwiceDoesNothing(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		check(t, "Close", l.Close(), nil)
		var fds []int
		for range 4 {
			a, b := socketpair(t)
			closeAtEnd(t, a, b)
			fds = append(fds, a, b)
		}
		check(t, "Close again", l.Close(), nil)
		for _, fd := range fds {
			_, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
			check(t, "another's descriptor", err, nil)
		}
	})
}

func TestAWaitAfterCloseIsErrOutside(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Close()
		check(t, "Park", l.Park(Why{}, never), ErrOutside)
		check(t, "Yield", l.Yield(), ErrOutside)
	})
}

// TestAPanicGoesUpToTheOwner lets a task panic while Main is in each of its
// waits. Nothing of that wait may be left: not its deadline, its places in
// lists, its turn.
func TestAPanicGoesUpToTheOwner(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		waits := append(everyWait(t, l),
			wait{"Yield", func(time.Time) error { return l.Yield() }},
			wait{"Run", func(time.Time) error { return l.Run() }})
		for _, w := range waits {
			l.Yield() // those that w needs wait now
			task := l.Go("panics", func() { panic("oh") })
			check(t, w.name+": panic", panicOf(func() { w.do(l.Deadline(long)) }), "oh")
			check(t, w.name+": Current", l.Current(), l.Main())
			check(t, w.name+": state of Main", l.Main().State(), Running)
			check(t, w.name+": Why of Main", l.Main().Why(), Why{})
			check(t, w.name+": state of the task", task.State(), Done)
			settled(t, l)
			check(t, w.name+": a wait after it", l.Park(Why{}, l.Deadline(brief)), ErrTimeout)
			check(t, w.name+": wakers of Main", listed(l, l.Main()), 0)
		}
	})
}

func TestAPanicTakesOnlyItsOwnTask(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got []string
		l.Go("before", func() { l.Yield(); got = append(got, "before") })
		l.Go("panics", func() { panic("oh") })
		l.Go("after", func() { got = append(got, "after") })
		check(t, "panic", panicOf(func() { l.Run() }), "oh")
		check(t, "Run", l.Run(), nil)
		checkList(t, "the others", got, []string{"after", "before"})
	})
}

// TestAPanicWhileMainCanGoOn: Main is in the queue behind the task that
// panics, and must not be there twice afterwards.
func TestAPanicWhileMainCanGoOn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Go("panics", func() { l.Wake(l.Main(), nil); panic("oh") })
		check(t, "panic", panicOf(func() { l.Park(Why{}, never) }), "oh")
		check(t, "a wait after it", l.Park(Why{}, l.Deadline(brief)), ErrTimeout)
		check(t, "tasks that can go on", l.queue.len(), 0)
	})
}

func TestAPanicInAJoinedTaskWakesTheJoiner(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("panics", func() { panic("oh") })
		joined := false
		l.Go("joins", func() { check(t, "Join", task.Join(never), nil); joined = true })
		check(t, "panic", panicOf(func() { l.Run() }), "oh")
		check(t, "Run", l.Run(), nil)
		check(t, "joined", joined, true)
	})
}

func TestAPanicInAPostedFunctionLosesNoOther(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got []int
		for i := range 5 {
			l.Post(func() {
				got = append(got, i)
				if i == 1 || i == 3 {
					l.Post(func() { got = append(got, 10+i) })
					panic(i)
				}
			})
		}
		check(t, "panic", panicOf(func() { l.Yield() }), any(1))
		check(t, "panic", panicOf(func() { l.Yield() }), any(3))
		l.Yield()
		checkList(t, "ran", got, []int{0, 1, 2, 3, 4, 11, 13})
	})
}

func TestAPanicInCloseLeavesTheRestToTheNext(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		before := runtime.NumGoroutine()
		ended := 0
		for range 3 {
			l.Go("panics", func() { defer func() { ended++; panic("oh") }(); l.Park(Why{}, never) })
		}
		l.Yield()
		for range 3 {
			check(t, "panic", panicOf(func() { l.Close() }), "oh")
		}
		check(t, "Close", l.Close(), nil)
		check(t, "ended", ended, 3)
		goroutinesReturnTo(t, before)
	})
}

const (
	brief = 2 * time.Millisecond
	long  = time.Hour
)

var (
	never     time.Time
	errReason = errors.New("the reason of a cancel")
)

// pollers opens this system's: the best, and the plain one, which may be the
// same.
var pollers = []func() (poller, error){
	newPoller,
	func() (poller, error) { return newPollPoller() },
}

// eachPoller runs the test over every poller of this system, with a loop of
// its own that is closed at the end.
func eachPoller(t *testing.T, test func(t *testing.T, l *Loop)) {
	t.Helper()
	var names []string
	for _, open := range pollers {
		p, err := open()
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(fmt.Sprintf("%T", p), "*loop.")
		if slices.Contains(names, name) {
			p.close()
			continue
		}
		names = append(names, name)
		t.Run(name, func(t *testing.T) {
			l := newLoop(p)
			defer watch(l).Stop()
			t.Cleanup(func() {
				if err := l.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			test(t, l)
		})
	}
}

// watch makes a test that hangs end with where its tasks wait.
func watch(l *Loop) *time.Timer {
	return time.AfterFunc(30*time.Second, func() {
		l.Post(func() { panic((&Deadlock{Waits: l.Report()}).Error()) })
	})
}

// inTask runs fn as a task and returns when it has ended.
func inTask(t *testing.T, l *Loop, fn func()) {
	t.Helper()
	check(t, "Join", l.Go("test", fn).Join(never), nil)
}

// byMainAndByATask runs the test twice: it waits as Main, and as a task.
func byMainAndByATask(t *testing.T, l *Loop, test func(me *Task)) {
	t.Helper()
	test(l.Main())
	inTask(t, l, func() { test(l.Current()) })
}

// wait is a way to wait that ends only by its deadline or from outside.
type wait struct {
	name string
	do   func(deadline time.Time) error
}

// everyWait lists the ways there are. The last, Sleep, takes no deadline.
func everyWait(t *testing.T, l *Loop) []wait {
	t.Helper()
	a, b := pair(t, l)
	endless := l.Go("endless", func() {
		for l.Park(Why{Op: "endless"}, never) == nil {
		}
	})
	return []wait{
		{"Park", func(d time.Time) error { return l.Park(Why{Op: "park"}, d) }},
		{"Wait", func(d time.Time) error { return waitFor(a, In, d) }},
		{"WaitAny", func(d time.Time) error {
			return l.WaitAny([]Interest{{a, In}, {b, In}, {a, Pri}}, Why{Op: "select"}, d)
		}},
		{"WaitAny of none", func(d time.Time) error { return l.WaitAny(nil, Why{Op: "select"}, d) }},
		{"Join", endless.Join},
		{"Await", func(d time.Time) error { return awaitForEver(l, d) }},
		{"Sleep", func(time.Time) error { return l.Sleep(long) }},
	}
}

// settled checks that no wait has left a deadline or a place in a list.
func settled(t *testing.T, l *Loop) {
	t.Helper()
	check(t, "timers left", len(l.timers), 0)
	check(t, "waiters on descriptors left", l.onFD, 0)
}

// listed counts where a task is still found by a waker.
func listed(l *Loop, t *Task) int {
	n := 0
	for _, other := range l.Tasks() {
		for _, j := range other.joiners {
			if j == t {
				n++
			}
		}
	}
	for _, f := range l.fds {
		if f == nil {
			continue
		}
		for w := f.waiters; w != nil; w = w.next {
			if w.task == t {
				n++
			}
		}
	}
	return n
}

// whenAsleep has fn run on another goroutine when the loop first sleeps.
func whenAsleep(l *Loop, fn func()) {
	l.BeforeSleep = func() { l.BeforeSleep = nil; go fn() }
}

func check[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func checkList[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// panicOf is what fn panics with; nil if it returns.
func panicOf(fn func()) (v any) {
	defer func() { v = recover() }()
	fn()
	return nil
}

// countingPoller counts what wakes it.
type countingPoller struct {
	poller
	rings int
}

func (p *countingPoller) wake() {
	p.rings++
	p.poller.wake()
}

// coroutines counts those that there are, of all loops.
func coroutines() int {
	for size := 1 << 20; ; size *= 2 {
		stacks := make([]byte, size)
		if n := runtime.Stack(stacks, true); n < size {
			return strings.Count(string(stacks[:n]), "loop.(*Loop).borrow.func1(")
		}
	}
}

// goroutinesReturnTo waits until no more goroutines are there than before.
func goroutinesReturnTo(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(end) {
			t.Errorf("%d goroutines are left, want %d", runtime.NumGoroutine(), before)
			return
		}
	}
}

// openDescriptors counts this process's, of the first 1,000 numbers.
func openDescriptors() int {
	n := 0
	for fd := range 1000 {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil {
			n++
		}
	}
	return n
}

// lowestFree is the number that the next descriptor will get.
func lowestFree(t *testing.T) int {
	t.Helper()
	fd, err := unix.Dup(0)
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(fd)
	return fd
}

package loop

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestSleepersWakeInTheOrderOfTheirTimes(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got []int
		start := time.Now()
		for _, i := range []int{3, 1, 5, 2, 4, 0} {
			l.Go("sleeper", func() {
				d := time.Duration(i) * 3 * time.Millisecond
				check(t, "Park", l.Park(Why{}, start.Add(d)), ErrTimeout)
				if early := d - time.Since(start); early > 0 {
					t.Errorf("sleeper %d woke %v early", i, early)
				}
				got = append(got, i)
			})
		}
		check(t, "Run", l.Run(), nil)
		checkList(t, "order", got, []int{0, 1, 2, 3, 4, 5})
	})
}

// TestManySleepers has each time exact, which only a clock of the test's own
// can show.
func TestManySleepers(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		start := time.Now()
		var got, want []time.Duration
		for range 5000 {
			d := time.Duration(rand.Int64N(int64(time.Minute)))
			want = append(want, d)
			l.Go("sleeper", func() {
				check(t, "Sleep", l.Sleep(d), nil)
				got = append(got, d)
				check(t, "time slept", time.Since(start), d)
			})
		}
		slices.Sort(want)
		check(t, "Run", l.Run(), nil)
		checkList(t, "order", got, want)
	})
}

// TestTimersAgainstASortedList arms, moves and disarms thousands of timers and
// compares what goes off with a list.
func TestTimersAgainstASortedList(t *testing.T) {
	l := newLoop(nil)
	timers := make([]timer, 5000)
	for i := range timers {
		timers[i].task = &Task{}
	}
	for range 20_000 {
		tm := &timers[rand.IntN(len(timers))]
		if rand.IntN(3) == 0 {
			l.disarm(tm)
		} else {
			l.arm(tm, l.start.Add(time.Duration(rand.IntN(3000))))
		}
	}
	checkHeap(t, l)
	var want []time.Duration
	for i := range timers {
		if timers[i].index != 0 {
			want = append(want, timers[i].when)
		}
	}
	slices.Sort(want)
	var got []time.Duration
	for len(l.timers) > 0 {
		got = append(got, l.timers[0].when)
		l.disarm(l.timers[0])
	}
	checkList(t, "order", got, want)
}

// FuzzTimers takes each byte pair as one operation on one of 16 timers, and
// compares the heap with a list after each.
func FuzzTimers(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 1, 1, 1, 2, 1, 0x80, 0, 1, 9})
	f.Add([]byte{0, 9, 1, 8, 2, 7, 3, 6, 4, 5, 5, 4, 6, 3, 7, 2, 0x83, 0, 0x80, 0, 0x87, 0, 0xc0, 5, 0xc0, 255})
	f.Fuzz(func(t *testing.T, ops []byte) {
		l := newLoop(nil)
		timers := make([]timer, 16)
		armed := map[*timer]time.Duration{}
		for ; len(ops) >= 2; ops = ops[2:] {
			tm := &timers[ops[0]&15]
			when := time.Duration(ops[1])
			switch ops[0] >> 6 {
			case 0, 1:
				l.arm(tm, l.start.Add(when))
				armed[tm] = when
			case 2:
				l.disarm(tm)
				delete(armed, tm)
			case 3: // the first goes off
				if len(l.timers) > 0 {
					first := l.timers[0]
					for _, w := range armed {
						if w < first.when {
							t.Fatalf("%v is the first, but there is %v", first.when, w)
						}
					}
					l.disarm(first)
					delete(armed, first)
				}
			}
			checkHeap(t, l)
			check(t, "timers in the heap", len(l.timers), len(armed))
			for tm, when := range armed {
				check(t, "when", tm.when, when)
			}
		}
	})
}

func TestAWakeDisarmsTheDeadline(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		byMainAndByATask(t, l, func(me *Task) {
			deadline := l.Deadline(brief)
			l.Go("wakes", func() { l.Wake(me, nil) })
			check(t, "the wait", l.Park(Why{}, deadline), nil)
			settled(t, l)
			l.Go("wakes later", func() { l.Sleep(2 * brief); l.Wake(me, errReason) })
			check(t, "the next, across the old deadline", l.Park(Why{}, never), errReason)
		})
	})
}

func TestASleepOfNothingIsAYield(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for _, d := range []time.Duration{0, -1, math.MinInt64} {
			ran := false
			l.Go("a", func() { ran = true })
			check(t, "Sleep", l.Sleep(d), nil)
			check(t, "the other ran", ran, true)
			settled(t, l)
		}
	})
}

func TestSleepTakesItsTime(t *testing.T) {
	for _, d := range []time.Duration{
		1, time.Microsecond, 1500 * time.Microsecond, time.Second, 24 * time.Hour, 99 * 365 * 24 * time.Hour,
	} {
		t.Run(d.String(), func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, l *Loop) {
				byMainAndByATask(t, l, func(me *Task) {
					start := time.Now()
					check(t, "Sleep", l.Sleep(d), nil)
					check(t, "time slept", time.Since(start), d)
				})
			})
		})
	}
}

// TestHugeDeadlines are far beyond what a poller can be asked for at once.
func TestHugeDeadlines(t *testing.T) {
	tests := []struct {
		name     string
		deadline time.Time
	}{
		{"25 days", time.Now().Add(25 * 24 * time.Hour)}, // more than 2^31 ms
		{"50 days", time.Now().Add(50 * 24 * time.Hour)}, // more than 2^32 ms
		{"99 years", time.Now().Add(99 * 365 * 24 * time.Hour)},
		{"the longest Duration", time.Now().Add(math.MaxInt64)},
		{"the year 9999", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				whenAsleep(l, func() { l.Post(func() { l.Wake(l.Main(), nil) }) })
				check(t, "Park", l.Park(Why{}, tt.deadline), nil)
				settled(t, l)
			})
		})
	}
}

// TestUntilTimer: a timer that is due by now must not become a sleep without
// end.
func TestUntilTimer(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		check(t, "without timers", l.untilTimer(), -1)
		var tm timer
		l.arm(&tm, time.Now().Add(time.Minute))
		check(t, "ahead", l.untilTimer(), time.Minute)
		time.Sleep(time.Minute)
		check(t, "now", l.untilTimer(), 0)
		time.Sleep(time.Minute)
		check(t, "past", l.untilTimer(), 0)
		l.disarm(&tm)
	})
}

func TestMilliseconds(t *testing.T) {
	tests := []struct {
		timeout time.Duration
		want    int
	}{
		{-1, -1},
		{math.MinInt64, -1},
		{0, 0},
		{1, 1},
		{time.Millisecond - 1, 1},
		{time.Millisecond, 1},
		{time.Millisecond + 1, 2},
		{time.Hour, 3_600_000},
		{1000 * time.Hour, 1 << 30},
		{math.MaxInt64, 1 << 30},
	}
	for _, tt := range tests {
		check(t, tt.timeout.String(), milliseconds(tt.timeout), tt.want)
	}
}

func TestWithinThatEndsInTime(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for _, d := range []time.Duration{long, -1, math.MaxInt64} {
			byMainAndByATask(t, l, func(me *Task) {
				ran := false
				check(t, "Within", l.Within(d, func() {
					check(t, "Sleep", l.Sleep(1), nil)
					ran = true
				}), false)
				check(t, "ran", ran, true)
				check(t, "scopes left", len(me.scopes), 0)
				settled(t, l)
			})
		}
	})
}

// TestEveryWaitInAWithinEndsWhenItsTimeHasRunOut, and so does each further
// one, while those outside are untouched.
func TestEveryWaitInAWithinEndsWhenItsTimeHasRunOut(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		list := everyWait(t, l)
		for _, w := range list {
			byMainAndByATask(t, l, func(me *Task) {
				start := time.Now()
				expired := l.Within(brief, func() {
					check(t, w.name, w.do(l.Deadline(long)), ErrExpired)
					if time.Since(start) < brief {
						t.Errorf("%s ended early", w.name)
					}
					settled(t, l)
					for _, w := range list {
						check(t, w.name+" after it", w.do(l.Deadline(long)), ErrExpired)
					}
					check(t, "Yield", l.Yield(), ErrExpired)
				})
				check(t, w.name+": Within", expired, true)
				check(t, w.name+": scopes left", len(me.scopes), 0)
				settled(t, l)
				check(t, w.name+": a wait outside", l.Park(Why{}, time.Now()), ErrTimeout)
			})
		}
	})
}

func TestWithinOfNoTime(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		check(t, "Within", l.Within(0, func() {
			check(t, "Park", l.Park(Why{}, never), ErrExpired)
		}), true)
	})
}

// TestWithinInsideWithin has two limits, in seconds; fn sleeps three times 10.
func TestWithinInsideWithin(t *testing.T) {
	tests := []struct {
		name         string
		outer, inner time.Duration
		waits        []error // two inside the inner, one after it
		outerExpired bool
		innerExpired bool
		took         time.Duration
	}{
		{"neither runs out", 100, 100, []error{nil, nil, nil}, false, false, 30},
		{"the inner", 100, 5, []error{ErrExpired, ErrExpired, nil}, false, true, 15},
		{"the inner in its second wait", 100, 15, []error{nil, ErrExpired, nil}, false, true, 25},
		{"the outer", 5, 100, []error{ErrExpired, ErrExpired, ErrExpired}, true, false, 5},
		{"the outer in the second wait", 15, 100, []error{nil, ErrExpired, ErrExpired}, true, false, 15},
		{"the outer after the inner", 12, 5, []error{ErrExpired, ErrExpired, ErrExpired}, true, true, 12},
		{"both at once", 5, 5, []error{ErrExpired, ErrExpired, ErrExpired}, true, true, 5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inVirtualTime(t, func(t *testing.T, l *Loop) {
				byMainAndByATask(t, l, func(me *Task) {
					start := time.Now()
					var waits []error
					sleep := func() { waits = append(waits, l.Sleep(10*time.Second)) }
					var inner bool
					outer := l.Within(tt.outer*time.Second, func() {
						inner = l.Within(tt.inner*time.Second, func() { sleep(); sleep() })
						sleep()
					})
					checkList(t, "waits", waits, tt.waits)
					check(t, "outer", outer, tt.outerExpired)
					check(t, "inner", inner, tt.innerExpired)
					check(t, "time", time.Since(start), tt.took*time.Second)
					check(t, "scopes left", len(me.scopes), 0)
					settled(t, l)
				})
			})
		})
	}
}

// TestTheTimeOfAWithinRunsOutWhileItsTaskCanGoOn: the wait under way ends as
// it would have, the next one does not.
func TestTheTimeOfAWithinRunsOutWhileItsTaskCanGoOn(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		check(t, "Within", l.Within(time.Second, func() {
			time.Sleep(2 * time.Second) // busy: the loop does not turn
			check(t, "Yield", l.Yield(), nil)
			check(t, "Park", l.Park(Why{}, never), ErrExpired)
		}), true)
	})
}

// TestTheTimeOfAWithinRunsOutUnseen: what never waits is never late.
func TestTheTimeOfAWithinRunsOutUnseen(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		check(t, "Within", l.Within(time.Second, func() { time.Sleep(2 * time.Second) }), false)
		settled(t, l)
	})
}

func TestADeadlineBeforeTheEndOfAWithinIsErrTimeout(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		check(t, "Within", l.Within(time.Minute, func() {
			check(t, "Park", l.Park(Why{}, l.Deadline(time.Second)), ErrTimeout)
			check(t, "Park", l.Park(Why{}, l.Deadline(time.Hour)), ErrExpired)
		}), true)
	})
}

func TestACancelInAnExpiredWithinIsKept(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		me := l.Current()
		l.Within(time.Second, func() {
			check(t, "Sleep", l.Sleep(time.Minute), ErrExpired)
			me.Cancel(errReason)
			check(t, "a wait inside", l.Yield(), ErrExpired)
		})
		check(t, "a wait outside", l.Yield(), errReason)
	})
}

func TestAPanicLeavesAWithin(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		check(t, "panic", panicOf(func() { l.Within(brief, func() { panic("oh") }) }), "oh")
		check(t, "scopes left", len(l.Main().scopes), 0)
		settled(t, l)
	})
}

// TestWithinThatEndsOutOfOrder ends the outer scope before the inner one, as a
// coroutine that is left suspended inside a Within does.
func TestWithinThatEndsOutOfOrder(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		next, stop := iter.Pull(func(yield func(int) bool) {
			l.Within(10*time.Second, func() { yield(0) })
		})
		defer stop()
		start := time.Now()
		check(t, "outer", l.Within(time.Second, func() {
			next()
			check(t, "Sleep", l.Sleep(time.Minute), ErrExpired)
		}), true)
		check(t, "Sleep in the scope that is left", l.Sleep(time.Minute), ErrExpired)
		check(t, "time", time.Since(start), 10*time.Second)
		next()
		check(t, "Sleep in none", l.Sleep(time.Minute), nil)
	})
}

// inVirtualTime runs the test with a loop whose poller only lets time go by,
// where that costs none.
func inVirtualTime(t *testing.T, test func(t *testing.T, l *Loop)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newLoop(clock{})
		test(t, l)
		check(t, "Close", l.Close(), nil)
	})
}

// clock is a poller without descriptors.
type clock struct{}

func (clock) add(*FD) (bool, error) { panic("a clock has no descriptors") }
func (clock) edges(*FD)             {}
func (clock) remove(*FD)            {}
func (clock) wake()                 {}
func (clock) close() error          { return nil }
func (clock) wait(l *Loop, timeout time.Duration) error {
	if timeout < 0 {
		panic("a sleep without end")
	}
	time.Sleep(timeout)
	return nil
}

// checkHeap checks that no timer stands above an earlier one, and that each
// knows its place.
func checkHeap(t *testing.T, l *Loop) {
	t.Helper()
	for i, tm := range l.timers {
		check(t, "place", tm.index, i+1)
		if i > 0 && tm.when < l.timers[(i-1)/2].when {
			t.Fatalf("timer %d is above an earlier one", (i-1)/2)
		}
	}
}

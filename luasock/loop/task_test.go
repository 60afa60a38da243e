package loop

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTasksStartInOrder(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got []string
		note := func(s string) func() { return func() { got = append(got, s) } }
		l.Go("a", func() {
			got = append(got, "a")
			l.Go("a1", note("a1"))
			l.Go("a2", note("a2"))
			got = append(got, "a goes on")
		})
		l.Go("b", note("b"))
		check(t, "tasks that ran before a wait", len(got), 0)
		check(t, "Run", l.Run(), nil)
		checkList(t, "order", got, []string{"a", "a goes on", "b", "a1", "a2"})
	})
}

// TestATaskThatNeverBegins is cancelled or killed before its turn.
func TestATaskThatNeverBegins(t *testing.T) {
	tests := []struct {
		name string
		end  func(*Task)
	}{
		{"cancelled", func(task *Task) { check(t, "Cancel", task.Cancel(errReason), true) }},
		{"killed", func(task *Task) { task.Kill() }},
		{"both", func(task *Task) { task.Kill(); task.Cancel(errReason) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				task := l.Go("a", func() { t.Error("it ran") })
				tt.end(task)
				check(t, "state before its turn", task.State(), Ready)
				check(t, "Join", task.Join(never), nil)
				check(t, "state", task.State(), Done)
				check(t, "Cancel of an ended task", task.Cancel(errReason), false)
				check(t, "Run", l.Run(), nil)
				check(t, "coroutines", coroutines(), 0)
			})
		})
	}
}

func TestACancelledTaskThatNeverBeganSaysSo(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("a", func() {})
		other := l.Go("b", func() {})
		task.Cancel(errReason)
		check(t, "Run", l.Run(), nil)
		check(t, "Cancelled", task.Cancelled(), true)
		check(t, "Cancelled of the other", other.Cancelled(), false)
	})
}

func TestYieldIsFair(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got []string
		for _, name := range []string{"a", "b", "c"} {
			l.Go(name, func() {
				for range 50 {
					got = append(got, name)
					check(t, "Yield", l.Yield(), nil)
				}
			})
		}
		check(t, "Run", l.Run(), nil)
		check(t, "order", strings.Join(got, ""), strings.Repeat("abc", 50))
	})
}

func TestYieldLetsEachOtherRunOnce(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		turns := make([]int, 10)
		for i := range turns {
			l.Go("a", func() {
				for l.Yield() == nil {
					turns[i]++
				}
			})
		}
		for range 100 {
			check(t, "Yield of Main", l.Yield(), nil)
		}
		for i, n := range turns {
			if n < 99 || n > 100 {
				t.Errorf("task %d had %d turns, want 99", i, n)
			}
		}
	})
}

// TestYieldDoesNotStarveDescriptors has Main and a task yield without end
// beside one that reads.
func TestYieldDoesNotStarveDescriptors(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		l.Go("yields", func() {
			for l.Yield() == nil {
			}
		})
		got := ""
		l.Go("reads", func() {
			for {
				s, err := read(a, never)
				if err != nil {
					return
				}
				got += s
			}
		})
		want := ""
		for i := range 20 {
			s := fmt.Sprint(i, " ")
			want += s
			check(t, "write", write(b, s, never), nil)
			for rounds := 1; got != want; rounds++ {
				if rounds > 3 {
					t.Fatalf("read %q after %d rounds, want %q", got, rounds, want)
				}
				check(t, "Yield", l.Yield(), nil)
			}
		}
	})
}

func TestCoroutinesAreReused(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		const tasks = 100_000
		most, ran := 0, 0
		for i := range tasks {
			l.Go("short", func() {
				if ran++; ran%1000 == 0 {
					most = max(most, coroutines())
				}
			})
			if i%1000 == 0 {
				l.Yield()
			}
		}
		check(t, "Run", l.Run(), nil)
		check(t, "tasks that ran", ran, tasks)
		check(t, "the most coroutines", most, 1)
	})
}

func TestCoroutinesOfEndedTasksServeNewOnes(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for range 3 {
			for range 500 {
				l.Go("waits", func() { l.Yield(); l.Yield() })
			}
			l.Yield()
			check(t, "coroutines", coroutines(), 500)
			check(t, "Run", l.Run(), nil)
			check(t, "idle coroutines", len(l.idle), 500)
		}
	})
}

// TestEveryWaitRunsTheOthers: a wait by Main and by a task alike.
func TestEveryWaitRunsTheOthers(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for _, w := range everyWait(t, l) {
			byMainAndByATask(t, l, func(me *Task) {
				ran := false
				l.Go("a", func() {
					l.Yield()
					ran = true
					check(t, w.name+": state", me.State(), Waiting)
					me.Cancel(errReason)
				})
				w.do(never)
				check(t, w.name+": the other ran", ran, true)
				check(t, w.name+": state after it", me.State(), Running)
				check(t, w.name+": Why after it", me.Why(), Why{})
			})
		}
	})
}

func TestEveryWaitEndsAtItsDeadline(t *testing.T) {
	tests := []struct {
		name string
		d    time.Duration
	}{
		{"ahead", brief},
		{"now", 0},
		{"past", -time.Hour},
	}
	eachPoller(t, func(t *testing.T, l *Loop) {
		list := everyWait(t, l)
		for _, w := range list[:len(list)-1] {
			for _, tt := range tests {
				byMainAndByATask(t, l, func(me *Task) {
					deadline := time.Now().Add(tt.d)
					check(t, w.name+" with a deadline "+tt.name, w.do(deadline), ErrTimeout)
					if time.Now().Before(deadline) {
						t.Errorf("%s ended before its deadline", w.name)
					}
					settled(t, l)
				})
			}
		}
	})
}

func TestEveryWaitIsCancelled(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for _, w := range everyWait(t, l) {
			byMainAndByATask(t, l, func(me *Task) {
				l.Go("cancels", func() { check(t, "Cancel", me.Cancel(errReason), true) })
				check(t, w.name+": cancelled in it", w.do(l.Deadline(long)), errReason)
				settled(t, l)
				check(t, w.name+": the next wait", l.Park(Why{}, time.Now()), ErrTimeout)

				check(t, "Cancel", me.Cancel(errReason), true)
				check(t, "Cancelled", me.Cancelled(), true)
				check(t, w.name+": cancelled before it", w.do(l.Deadline(long)), errReason)
				check(t, "Cancelled after it", me.Cancelled(), false)
				settled(t, l)
				check(t, w.name+": the next wait", l.Park(Why{}, time.Now()), ErrTimeout)
			})
		}
	})
}

// TestACancelIsNeverLost comes when something else has ended the wait, but the
// task has not gone on yet.
func TestACancelIsNeverLost(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		byMainAndByATask(t, l, func(me *Task) {
			l.Go("wakes and cancels", func() { l.Wake(me, nil); me.Cancel(errReason) })
			check(t, "the wait", l.Park(Why{}, never), nil)
			check(t, "the next", l.Park(Why{}, l.Deadline(long)), errReason)
			check(t, "the one after", l.Park(Why{}, time.Now()), ErrTimeout)

			l.Go("cancels", func() { me.Cancel(errReason) })
			check(t, "Yield", l.Yield(), nil)
			check(t, "the wait after Yield", l.Yield(), errReason)
			check(t, "the one after", l.Yield(), nil)
		})
	})
}

// TestACancelGoesBeforeAWake: the first to end the wait has it.
func TestACancelGoesBeforeAWake(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		byMainAndByATask(t, l, func(me *Task) {
			l.Go("cancels and wakes", func() { me.Cancel(errReason); l.Wake(me, nil) })
			check(t, "the wait", l.Park(Why{}, never), errReason)
			check(t, "the next", l.Park(Why{}, time.Now()), ErrTimeout)
		})
	})
}

func TestTwoCancelsEndTwoWaits(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		byMainAndByATask(t, l, func(me *Task) {
			l.Go("cancels twice", func() { me.Cancel(errReason); me.Cancel(ErrClosed) })
			check(t, "the wait", l.Park(Why{}, never), errReason)
			check(t, "the next", l.Park(Why{}, never), ErrClosed)
			check(t, "the one after", l.Park(Why{}, time.Now()), ErrTimeout)
		})
	})
}

func TestEveryWaitOfAKilledTaskIsErrKilled(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		list := everyWait(t, l)
		for _, w := range list {
			task := l.Go(w.name, func() {
				check(t, w.name+": killed in it", w.do(l.Deadline(long)), ErrKilled)
				settled(t, l)
				for _, w := range list {
					check(t, w.name+" after it", w.do(l.Deadline(long)), ErrKilled)
				}
				check(t, "Yield", l.Yield(), ErrKilled)
				check(t, "Sleep of 0", l.Sleep(0), ErrKilled)
				l.Current().Cancel(errReason)
				check(t, "a wait after a cancel too", l.Park(Why{}, never), ErrKilled)
				settled(t, l)
			})
			l.Yield()
			check(t, "Killed before", task.Killed(), false)
			task.Kill()
			task.Kill()
			check(t, "Killed", task.Killed(), true)
			check(t, "Join", task.Join(never), nil)
		}
	})
}

func TestATaskKillsItself(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		went := false
		inTask(t, l, func() {
			l.Current().Kill()
			check(t, "Park", l.Park(Why{}, never), ErrKilled)
			went = true
		})
		check(t, "it went on to its end", went, true)
	})
}

func TestKillWhileTheTaskCanGoOn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var errs []error
		task := l.Go("a", func() {
			errs = append(errs, l.Park(Why{}, never), l.Park(Why{}, never))
		})
		l.Yield()
		l.Wake(task, nil)
		task.Kill()
		check(t, "Join", task.Join(never), nil)
		checkList(t, "errors", errs, []error{nil, ErrKilled})
	})
}

func TestKillOfAnEndedTaskDoesNothing(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("a", func() {})
		l.Run()
		task.Kill()
		check(t, "state", task.State(), Done)
		check(t, "Run", l.Run(), nil)
		check(t, "tasks that can go on", l.queue.len(), 0)
	})
}

func TestWakeGivesItsError(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		for _, want := range []error{nil, errReason, ErrClosed} {
			byMainAndByATask(t, l, func(me *Task) {
				l.Go("wakes", func() { l.Wake(me, want); l.Wake(me, ErrTimeout) })
				check(t, "Park", l.Park(Why{}, l.Deadline(long)), want)
				settled(t, l)
			})
		}
	})
}

func TestWakeOfATaskThatDoesNotWaitDoesNothing(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		fresh := l.Go("new", func() {})
		l.Wake(fresh, errReason)
		l.Wake(l.Main(), errReason)
		check(t, "tasks that can go on", l.queue.len(), 1)
		l.Yield()
		l.Wake(fresh, errReason)
		check(t, "tasks that can go on", l.queue.len(), 0)
		check(t, "a wait of Main", l.Park(Why{}, time.Now()), ErrTimeout)
	})
}

// TestTasksGoOnInTheOrderOfTheirWakes wakes many out of order.
func TestTasksGoOnInTheOrderOfTheirWakes(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var got []int
		tasks := make([]*Task, 100)
		for i := range tasks {
			tasks[i] = l.Go("a", func() { l.Park(Why{}, never); got = append(got, i) })
		}
		l.Yield()
		want := rand.Perm(len(tasks))
		for _, i := range want {
			l.Wake(tasks[i], nil)
		}
		check(t, "Run", l.Run(), nil)
		checkList(t, "order", got, want)
	})
}

// TestShielded cuts at a wait inside; what cuts takes effect after it, once.
func TestShielded(t *testing.T) {
	tests := []struct {
		name  string
		cut   func(l *Loop, me *Task)
		after error // of the first wait after it
	}{
		{"nothing", func(l *Loop, me *Task) {}, nil},
		{"a cancel", func(l *Loop, me *Task) { me.Cancel(errReason) }, errReason},
		{"two cancels", func(l *Loop, me *Task) { me.Cancel(ErrClosed); me.Cancel(errReason) }, errReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				byMainAndByATask(t, l, func(me *Task) {
					l.Shielded(func() {
						l.Shielded(func() {
							tt.cut(l, me) // before a wait
							check(t, "Yield", l.Yield(), nil)
						})
						l.Go("cuts", func() { tt.cut(l, me); l.Sleep(brief); l.Wake(me, nil) })
						check(t, "Park", l.Park(Why{}, l.Deadline(long)), nil)
						check(t, "Park to its deadline", l.Park(Why{}, l.Deadline(brief)), ErrTimeout)
					})
					check(t, "the first wait after it", l.Yield(), tt.after)
					check(t, "the second", l.Yield(), nil)
				})
			})
		})
	}
}

func TestShieldedInsideAWithin(t *testing.T) {
	inVirtualTime(t, func(t *testing.T, l *Loop) {
		byMainAndByATask(t, l, func(me *Task) {
			check(t, "Within", l.Within(time.Second, func() {
				l.Shielded(func() {
					check(t, "a wait across the end", l.Sleep(2*time.Second), nil)
					check(t, "one after it", l.Sleep(time.Second), nil)
				})
				check(t, "one after the shield", l.Sleep(time.Second), ErrExpired)
			}), true)
			settled(t, l)
		})
	})
}

func TestKillGoesThroughAShield(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("a", func() {
			l.Shielded(func() {
				check(t, "the wait", l.Park(Why{}, never), ErrKilled)
				check(t, "the next", l.Park(Why{}, never), ErrKilled)
			})
		})
		l.Yield()
		task.Kill()
		check(t, "Join", task.Join(never), nil)
	})
}

func TestAPanicLeavesAShield(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		check(t, "panic", panicOf(func() { l.Shielded(func() { panic("oh") }) }), "oh")
		l.Main().Cancel(errReason)
		check(t, "a wait after it", l.Yield(), errReason)
	})
}

func TestForgiveTakesBackItsOwnCancelOnly(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		me := l.Current()
		me.Forgive(errReason)
		me.Cancel(errReason)
		me.Forgive(ErrClosed)
		check(t, "Cancelled", me.Cancelled(), true)
		me.Forgive(errReason)
		check(t, "Cancelled", me.Cancelled(), false)
		check(t, "a wait after it", l.Yield(), nil)
	})
}

func TestALabelGivesTheName(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("a name", func() {})
		check(t, "without a label", task.String(), "a name")
		task.Label = text("a label")
		check(t, "with one", task.String(), "a label")
		check(t, "Main", l.Main().String(), "main")
	})
}

func TestJoin(t *testing.T) {
	tests := []struct {
		name string
		task func(l *Loop)
	}{
		{"of one that ends at once", func(l *Loop) {}},
		{"of one that yields", func(l *Loop) { l.Yield(); l.Yield() }},
		{"of one that sleeps", func(l *Loop) { l.Sleep(brief) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				ended, joined := false, 0
				task := l.Go("a", func() { tt.task(l); ended = true })
				for range 5 {
					l.Go("joins", func() {
						check(t, "Join", task.Join(l.Deadline(long)), nil)
						check(t, "it has ended", ended, true)
						joined++
					})
				}
				check(t, "Join by Main", task.Join(never), nil)
				check(t, "Join again", task.Join(time.Now()), nil)
				check(t, "Run", l.Run(), nil)
				check(t, "joiners", joined, 5)
				settled(t, l)
			})
		})
	}
}

// TestAJoinThatEndsEarlyIsForgotten has one joiner time out, one be cancelled
// and one be woken for nothing between others that stay.
func TestAJoinThatEndsEarlyIsForgotten(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		task := l.Go("a", func() { l.Park(Why{}, never) })
		var got []string
		join := func(name string, deadline time.Time, want error) *Task {
			return l.Go(name, func() {
				check(t, name, task.Join(deadline), want)
				got = append(got, name)
			})
		}
		join("stays", never, nil)
		late := join("times out", l.Deadline(brief), ErrTimeout)
		join("stays too", never, nil)
		cancelled := join("is cancelled", never, errReason)
		woken := join("is woken for nothing", never, nil)
		l.Yield()
		check(t, "joiners", len(task.joiners), 5)
		l.Wake(woken, nil)
		cancelled.Cancel(errReason)
		check(t, "Join", cancelled.Join(never), nil)
		check(t, "Join", late.Join(never), nil)
		check(t, "joiners", len(task.joiners), 3)
		l.Wake(task, nil)
		check(t, "Run", l.Run(), nil)
		slices.Sort(got[2:])
		checkList(t, "order", got, []string{"is cancelled", "times out", "is woken for nothing", "stays", "stays too"})
	})
}

func TestTasksListsTheLivingOldestFirst(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var tasks []*Task
		for i := range 6 {
			tasks = append(tasks, l.Go(fmt.Sprint(i), func() { l.Park(Why{}, never) }))
		}
		l.Yield()
		for _, i := range []int{3, 0, 5, 1, 2, 4} { // the middle, the first, the last …
			checkList(t, "Tasks", l.Tasks(), slices.DeleteFunc(slices.Clone(tasks), func(t *Task) bool { return t.State() == Done }))
			l.Wake(tasks[i], nil)
			tasks[i].Join(never)
		}
		check(t, "tasks left", len(l.Tasks()), 0)
	})
}

func TestState(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		var task *Task
		task = l.Go("a", func() {
			check(t, "Current", l.Current(), task)
			check(t, "state when it runs", task.State(), Running)
			check(t, "state of Main then", l.Main().State(), Ready)
			l.Park(Why{Op: "park", On: text("a bench")}, never)
		})
		check(t, "state when new", task.State(), Ready)
		check(t, "state of Main", l.Main().State(), Running)
		l.Yield()
		check(t, "state when it waits", task.State(), Waiting)
		check(t, "why", task.Why().String(), "park on a bench")
		l.Wake(task, nil)
		check(t, "state when woken", task.State(), Ready)
		l.Yield()
		check(t, "state at the end", task.State(), Done)
	})
}

func TestWhyAsText(t *testing.T) {
	check(t, "with an object", Why{Op: "recv", On: text("tcp 3")}.String(), "recv on tcp 3")
	check(t, "without one", Why{Op: "sleep"}.String(), "sleep")
}

// TestQueueIsFirstInFirstOut compares the ring with a slice.
func TestQueueIsFirstInFirstOut(t *testing.T) {
	var q queue
	var model []*Task
	for i := range 100_000 {
		pushes := 40 + i/10_000%2*20 // of 100; it shrinks and grows by turns
		if len(model) == 0 || rand.IntN(100) < pushes {
			task := &Task{}
			q.push(task)
			model = append(model, task)
		} else {
			if got := q.pop(); got != model[0] {
				t.Fatal("pop gives another than the oldest")
			}
			model = model[1:]
		}
		if q.len() != len(model) {
			t.Fatalf("len is %d, want %d", q.len(), len(model))
		}
	}
	for len(model) > 0 {
		q.remove(model[len(model)/2])
		model = slices.Delete(model, len(model)/2, len(model)/2+1)
		if len(model) > 0 {
			check(t, "the oldest", q.pop(), model[0])
			model = model[1:]
		}
		check(t, "len", q.len(), len(model))
	}
	for _, task := range q.ring {
		check(t, "what an empty queue holds on to", task, nil)
	}
}

// TestTaskListKeepsTheOrder compares the list with a slice.
func TestTaskListKeepsTheOrder(t *testing.T) {
	var list taskList
	var model []*Task
	for range 2000 {
		if i := rand.IntN(10); i < len(model) {
			list.remove(model[i])
			model = slices.Delete(model, i, i+1)
		} else {
			model = append(model, &Task{})
			list.add(model[len(model)-1])
		}
		checkList(t, "tasks", list.slice(), model)
		check(t, "number", list.n, len(model))
	}
}

// A task that does not heed its Kill does not keep Close from returning.
func TestCloseLeavesTheUnheeding(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		waits, enough := 0, false
		task := l.Go("unheeding", func() {
			for !enough {
				l.Sleep(time.Hour)
				waits++
			}
		})
		l.Yield()
		check(t, "Close", l.Close(), nil)
		check(t, "went on for a while", waits > 1, true)
		enough = true // and its coroutine ends, for the tests that count them
		coro := task.coro
		coro.next()
		coro.stop()
	})
}

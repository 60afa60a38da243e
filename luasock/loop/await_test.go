package loop

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"
)

func TestAwaitReturnsWhatFnReturns(t *testing.T) {
	tests := []struct {
		name string
		v    string
		err  error
	}{
		{"a result", "result", nil},
		{"an error", "", errReason},
		{"both", "part", io.ErrUnexpectedEOF},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				byMainAndByATask(t, l, func(me *Task) {
					v, err := Await(l, Why{Op: "look-up"}, l.Deadline(long), func(ctx context.Context) (string, error) {
						check(t, "context", ctx.Err(), nil)
						return tt.v, tt.err
					})
					check(t, "value", v, tt.v)
					check(t, "error", err, tt.err)
					check(t, "Current", l.Current(), me)
					check(t, "awaits left", l.awaits, 0)
					settled(t, l)
				})
			})
		})
	}
}

func TestAwaitRunsTheOthersMeanwhile(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		release := make(chan bool)
		l.Go("other", func() {
			l.Sleep(brief)
			close(release)
		})
		_, err := Await(l, Why{}, never, func(context.Context) (bool, error) { return <-release, nil })
		check(t, "error", err, nil)
	})
}

// TestAwaitThatEndsEarly ends it in each way there is: fn's context is
// cancelled, and what fn returns is closed.
func TestAwaitThatEndsEarly(t *testing.T) {
	tests := []struct {
		name string
		wait func(l *Loop, await func(deadline time.Time) error) error
		want error
	}{
		{"deadline", func(l *Loop, await func(time.Time) error) error {
			return await(l.Deadline(brief))
		}, ErrTimeout},
		{"cancel", func(l *Loop, await func(time.Time) error) error {
			me := l.Current()
			l.Go("cancels", func() { me.Cancel(errReason) })
			return await(never)
		}, errReason},
		{"cancel before it", func(l *Loop, await func(time.Time) error) error {
			l.Current().Cancel(errReason)
			return await(never)
		}, errReason},
		{"end of a Within", func(l *Loop, await func(time.Time) error) (err error) {
			l.Within(brief, func() { err = await(never) })
			return err
		}, ErrExpired},
		{"kill", func(l *Loop, await func(time.Time) error) error {
			me := l.Current()
			l.Go("kills", func() { me.Kill() })
			return await(never)
		}, ErrKilled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				before := runtime.NumGoroutine()
				closed := 0
				done := func() { closed++; l.Wake(l.Main(), nil) }
				inTask(t, l, func() {
					check(t, "error", tt.wait(l, func(deadline time.Time) error {
						v, err := Await(l, Why{}, deadline, func(ctx context.Context) (io.Closer, error) {
							<-ctx.Done()
							check(t, "context", ctx.Err(), context.Canceled)
							return closer(done), nil
						})
						check(t, "value", v, nil)
						return err
					}), tt.want)
					settled(t, l)
				})
				if closed == 0 { // not yet: the goroutine goes on beside us
					check(t, "Park", l.Park(Why{}, never), nil)
				}
				check(t, "closed", closed, 1)
				check(t, "awaits left", l.awaits, 0)
				goroutinesReturnTo(t, before+len(l.idle))
			})
		})
	}
}

// TestWhatAnAbandonedAwaitDrops need not be closed, or cannot.
func TestWhatAnAbandonedAwaitDrops(t *testing.T) {
	var none *file
	tests := []struct {
		name string
		v    any
		err  error
	}{
		{"no closer", 1, nil},
		{"nothing", nil, nil},
		{"a nil pointer beside an error", none, errReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				_, err := Await(l, Why{}, time.Now(), func(ctx context.Context) (any, error) {
					<-ctx.Done()
					return tt.v, tt.err
				})
				check(t, "error", err, ErrTimeout)
				for l.awaits > 0 {
					check(t, "Yield", l.Yield(), nil)
				}
			})
		})
	}
}

// TestACancelBeforeTheResultIsNotLost: the cancel ends the wait, and the
// result arrives before the task goes on.
func TestACancelBeforeTheResultIsNotLost(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		closed := 0
		posted := make(chan bool)
		task := l.Go("awaits", func() {
			_, err := Await(l, Why{}, never, func(context.Context) (io.Closer, error) {
				<-posted
				return closer(func() { closed++ }), nil
			})
			check(t, "error", err, errReason)
			check(t, "a wait after it", l.Park(Why{}, time.Now()), ErrTimeout)
		})
		l.Yield()
		// As one posted function after the other: the cancel, then the result.
		l.Post(func() {
			task.Cancel(errReason)
			close(posted)
			for !posts(l) {
				runtime.Gosched()
			}
			l.runPosts()
		})
		check(t, "Run", l.Run(), nil)
		check(t, "closed", closed, 1)
		check(t, "awaits left", l.awaits, 0)
	})
}

// TestAwaitIsNotEndedByOtherWakes, which are for nothing.
func TestAwaitIsNotEndedByOtherWakes(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		me, release := l.Current(), make(chan bool)
		l.Go("wakes", func() {
			for range 3 {
				l.Wake(me, nil)
				l.Yield()
			}
			close(release)
		})
		v, err := Await(l, Why{}, never, func(context.Context) (int, error) { <-release; return 7, nil })
		check(t, "value", v, 7)
		check(t, "error", err, nil)
	})
}

// TestAwaitSideBySide has 200 that end only when all have begun.
func TestAwaitSideBySide(t *testing.T) {
	const many = 200
	eachPoller(t, func(t *testing.T, l *Loop) {
		before := runtime.NumGoroutine()
		begun := make(chan bool)
		release := make(chan bool)
		go func() {
			for range many {
				<-begun
			}
			close(release)
		}()
		sum := 0
		for i := range many {
			l.Go("awaits", func() {
				v, err := Await(l, Why{}, l.Deadline(long), func(context.Context) (int, error) {
					begun <- true
					<-release
					return i, nil
				})
				check(t, "error", err, nil)
				check(t, "value", v, i)
				sum += v
			})
		}
		check(t, "Run", l.Run(), nil)
		check(t, "sum", sum, many*(many-1)/2)
		check(t, "awaits left", l.awaits, 0)
		goroutinesReturnTo(t, before+len(l.idle))
	})
}

// TestCloseUnderAnAwait: the task ends at once, and what fn returns after the
// end of the loop is closed all the same.
func TestCloseUnderAnAwait(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		before := runtime.NumGoroutine()
		release, closed := make(chan bool), make(chan bool)
		var got error
		l.Go("awaits", func() {
			_, got = Await(l, Why{}, never, func(ctx context.Context) (io.Closer, error) {
				<-ctx.Done()
				<-release
				return closer(func() { close(closed) }), nil
			})
		})
		l.Yield()
		check(t, "Close", l.Close(), nil)
		check(t, "error", got, ErrKilled)
		close(release)
		<-closed
		goroutinesReturnTo(t, before)
	})
}

// TestCloseBetweenTheResultAndItsTask: the result is posted when the loop
// closes.
func TestCloseBetweenTheResultAndItsTask(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		release, closed := make(chan bool), 0
		l.Go("awaits", func() {
			_, err := Await(l, Why{}, never, func(context.Context) (io.Closer, error) {
				<-release
				return closer(func() { closed++ }), nil
			})
			check(t, "error", err, ErrKilled)
		})
		l.Yield()
		close(release)
		for !posts(l) {
			runtime.Gosched()
		}
		check(t, "Close", l.Close(), nil)
		check(t, "closed", closed, 1)
		check(t, "awaits left", l.awaits, 0)
	})
}

func TestAwaitOutsideATaskDoesNotBegin(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Post(func() {
			_, err := Await(l, Why{}, never, func(context.Context) (int, error) {
				t.Error("fn was called")
				return 0, errors.New("outside")
			})
			check(t, "error", err, ErrOutside)
			check(t, "awaits", l.awaits, 0)
		})
		l.Yield()
	})
}

// awaitForEver awaits what ends only with its context.
func awaitForEver(l *Loop, deadline time.Time) error {
	_, err := Await(l, Why{Op: "await"}, deadline, func(ctx context.Context) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	})
	return err
}

// posts tells whether a posted function waits for its turn.
func posts(l *Loop) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.posts) > 0
}

// closer is an io.Closer that calls the function.
type closer func()

func (c closer) Close() error { c(); return nil }

// file is an io.Closer that cannot be closed when it is nil.
type file struct{ closed bool }

func (f *file) Close() error { f.closed = true; return nil }

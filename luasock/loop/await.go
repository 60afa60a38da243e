package loop

import (
	"context"
	"io"
	"time"
)

// Await has fn run on a goroutine of its own while the current task waits, and
// returns what fn returns. It is for what would block the whole loop: look-ups,
// files, libraries that wait in Go's way. fn must not touch what belongs to the
// loop.
//
// When the wait ends early (the errors of Park) the context is cancelled and
// Await returns at once; what fn returns later is closed if it is an io.Closer
// and no error stands beside it, and dropped. The context ends with Await in any
// case.
func Await[T any](l *Loop, why Why, deadline time.Time, fn func(context.Context) (T, error)) (T, error) {
	var (
		none, v    T
		failed     error
		done, over bool
	)
	t := l.cur
	if t == nil {
		return none, ErrOutside
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer func() {
		over = true
		cancel()
	}()
	l.awaits++
	go func() {
		got, err := fn(ctx)
		posted := l.Post(func() {
			l.awaits--
			if over {
				discard(got, err)
				return
			}
			v, failed, done = got, err, true
			l.Wake(t, nil)
		})
		if !posted {
			discard(got, err)
		}
	}()
	for !done {
		if err := l.Park(why, deadline); err != nil {
			if done {
				discard(v, failed)
			}
			return none, err
		}
	}
	return v, failed
}

// discard closes a result that nobody takes. Beside an error it may be a nil
// pointer, which cannot be closed.
func discard(v any, err error) {
	if c, ok := v.(io.Closer); ok && err == nil {
		c.Close()
	}
}

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
// Await returns at once; what fn returns later is closed if it is an io.Closer,
// and dropped.
func Await[T any](l *Loop, why Why, deadline time.Time, fn func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var (
		v               T
		failed          error
		done, abandoned bool
	)
	t := l.cur
	if t == nil {
		return v, ErrOutside
	}
	l.awaits++
	go func() {
		got, err := fn(ctx)
		posted := l.Post(func() {
			l.awaits--
			if abandoned {
				discard(got)
				return
			}
			v, failed, done = got, err, true
			l.Wake(t, nil)
		})
		if !posted {
			discard(got)
		}
	}()
	for !done {
		if err := l.Park(why, deadline); err != nil && !done {
			abandoned = true
			return v, err
		}
	}
	return v, failed
}

func discard(v any) {
	if c, ok := v.(io.Closer); ok && c != nil {
		c.Close()
	}
}

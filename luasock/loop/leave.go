package loop

import (
	"errors"
	"time"
)

// ErrLeft is what Leave returns when the task is to go on later.
var ErrLeft = errors.New("the call is left until the task goes on")

// Leave is Wait for a call that has done nothing yet and can be made again. Where
// Loop.MayLeave agrees it returns ErrLeft at once, and the task must return from
// its function, without another wait; the function is called again when Wait would
// have returned, and the call, made again, learns with Returned how the wait
// ended. A task that has left holds no stack: the next one finds in the
// processor's cache the stack that this one used.
func (f *FD) Leave(mask Event, why Why, deadline time.Time) error {
	l := f.loop
	t := l.cur
	if t == nil || t == &l.main || l.MayLeave == nil || !l.MayLeave(t) {
		return f.Wait(mask, why, deadline)
	}
	if err := t.interrupted(); err != nil {
		return l.refuse(t, err)
	}
	if f.state == fdNew {
		if err := f.register(); err != nil {
			return err
		}
	}
	if f.state == fdAlways {
		return nil
	}
	if err := f.enlist(&t.waiter, t, mask); err != nil {
		return err
	}
	if !deadline.IsZero() {
		t.timer.task = t
		l.arm(&t.timer, deadline)
	}
	t.why, t.state, t.wakeErr, t.left, t.until = why, Waiting, nil, true, deadline
	if l.Switching != nil {
		l.Switching(t)
	}
	return ErrLeft
}

// comeBack ends the wait of a task that has left.
func (t *Task) comeBack() {
	f := t.waiter.fd
	f.delist(&t.waiter)
	f.loop.disarm(&t.timer)
	t.why, t.left = Why{}, false
	if t.returned = t.wakeErr; t.returned == nil && f.state == fdClosed {
		t.returned = ErrClosed
	}
}

// Returned gives, once, what Leave was given and the error with which its wait has
// ended, to a call that is made again now: nil when the event has come. To a call
// that is made for the first time it gives zeros.
func (l *Loop) Returned() (deadline time.Time, err error) {
	t := l.cur
	if t == nil {
		return
	}
	deadline, err = t.until, t.returned
	t.until, t.returned = time.Time{}, nil
	return deadline, err
}

// Returns tells whether a call is about to be made again that Returned will give
// an error.
func (l *Loop) Returns() bool { return l.cur != nil && l.cur.returned != nil }

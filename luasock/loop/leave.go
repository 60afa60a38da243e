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
func (f *FD) Leave(mask Event, why Why) error {
	l := f.loop
	t := l.cur
	if t == nil || t == &l.main || l.MayLeave == nil || !l.MayLeave(t) {
		return f.Wait(mask, why, time.Time{})
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
	t.why, t.state, t.wakeErr, t.left = why, Waiting, nil, true
	if l.Switching != nil {
		l.Switching(t)
	}
	return ErrLeft
}

// comeBack ends the wait of a task that has left.
func (t *Task) comeBack() {
	f := t.waiter.fd
	f.delist(&t.waiter)
	t.why, t.left = Why{}, false
	if t.returned = t.wakeErr; t.returned == nil && f.state == fdClosed {
		t.returned = ErrClosed
	}
}

// Returned gives, once, the error with which the wait of a call has ended that is
// made again now; nil when its event has come, and for a call made for the first
// time.
func (l *Loop) Returned() error {
	if l.cur == nil || l.cur.returned == nil {
		return nil
	}
	err := l.cur.returned
	l.cur.returned = nil
	return err
}

// Returns tells whether a call is about to be made again that Returned will give
// an error.
func (l *Loop) Returns() bool { return l.cur != nil && l.cur.returned != nil }

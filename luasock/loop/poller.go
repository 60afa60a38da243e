package loop

import "time"

// poller is what the loop asks of a system: epoll, kqueue or poll. All methods
// but wake are called by the owner.
type poller interface {
	// add begins to report the descriptor's events: what is true now, and then
	// each change; of one with level, at every wait what is true then. A poller that
	// cannot do that takes level from it. It reports always for one that is always
	// ready.
	add(f *FD) (always bool, err error)
	// edges has changes reported from now on, of a descriptor that had level.
	edges(f *FD)
	// remove ends it. It is called before the descriptor is closed.
	remove(f *FD)
	// wait sleeps until something happens, until wake, or for the timeout
	// (0: not at all; negative: without end), and calls l.event for each event.
	wait(l *Loop, timeout time.Duration) error
	// wake ends a wait, the one under way or the next. Any goroutine may call it.
	wake()
	close() error
}

// milliseconds rounds a timeout up, so that no timer is found early.
func milliseconds(timeout time.Duration) int {
	const most = 1 << 30
	if timeout < 0 {
		return -1
	}
	if timeout > most*time.Millisecond {
		return most
	}
	return int((timeout + time.Millisecond - 1) / time.Millisecond)
}

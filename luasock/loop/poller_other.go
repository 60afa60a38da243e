//go:build unix && !linux && !darwin && !dragonfly && !freebsd && !netbsd && !openbsd

package loop

func newPoller() (poller, error) { return newPollPoller() }

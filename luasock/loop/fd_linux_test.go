package loop

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestEventfd(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
		check(t, "eventfd", err, nil)
		f := take(t, l, fd)
		for i := range 3 {
			check(t, "Wait before it", waitFor(f, In, time.Now()), ErrTimeout)
			l.Go("rings", func() {
				check(t, "write", write(f, string([]byte{7: 0, 0: byte(i + 1)}), never), nil)
			})
			check(t, "Wait", waitFor(f, In, l.Deadline(long)), nil)
			got, err := read(f, never)
			check(t, "read", err, nil)
			check(t, "count", got, string([]byte{7: 0, 0: byte(i + 1)}))
		}
	})
}

// TestSignalsEndNoWait sends some to the thread that sleeps in the kernel.
func TestSignalsEndNoWait(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.Ref()
		defer l.Unref()
		signals := make(chan int)
		l.BeforeSleep = func() {
			select {
			case signals <- unix.Gettid():
			default:
			}
		}
		go func() {
			for range 20 {
				if err := unix.Tgkill(unix.Getpid(), <-signals, unix.SIGURG); err != nil {
					t.Errorf("tgkill: %v", err)
				}
			}
			l.Post(func() { l.Wake(l.Main(), errReason) })
		}()
		// A signal may miss the sleep, so there are timers to begin the next.
		l.Go("turns", func() {
			for l.Sleep(brief) == nil {
			}
		})
		check(t, "Park", l.Park(Why{}, never), errReason)
	})
}

// TestEpollReportsAnEventOnce: what is not read does not wake again, but new
// data does.
func TestEpollReportsAnEventOnce(t *testing.T) {
	withEpoll(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		for range 3 {
			check(t, "write", write(b, "x", never), nil)
			check(t, "Wait", waitFor(a, In, l.Deadline(long)), nil)
			check(t, "Wait without more", waitFor(a, In, l.Deadline(brief)), ErrTimeout)
		}
	})
}

// TestLevel takes one of several connections after the other, each after a wait
// and without a call that finds none.
func TestLevel(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		f, at := listener(t, l)
		for range 3 {
			connect(t, at)
		}
		for range 3 {
			check(t, "Wait", waitFor(f, In, l.Deadline(long)), nil)
			acceptFrom(t, f)
			check(t, "May after one was taken", f.May(In), false)
		}
		check(t, "Wait for a fourth", waitFor(f, In, l.Deadline(brief)), ErrTimeout)
	})
}

// TestLevelEnds when an event comes for which no task waits.
func TestLevelEnds(t *testing.T) {
	withEpoll(t, func(t *testing.T, l *Loop) {
		f, at := listener(t, l)
		check(t, "Wait", waitFor(f, In, l.Deadline(brief)), ErrTimeout)
		for range 3 {
			connect(t, at)
		}
		turn(l)
		for range 3 {
			acceptFrom(t, f)
			check(t, "May after one was taken", f.May(In), true)
		}
		check(t, "Wait for a fourth", waitFor(f, In, l.Deadline(brief)), ErrTimeout)
		connect(t, at)
		check(t, "Wait", waitFor(f, In, l.Deadline(long)), nil)
	})
}

// TestLevelEndsForOtherEvents: what listened may come to be connected.
func TestLevelEndsForOtherEvents(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		f, other := pair(t, l)
		f.Level()
		check(t, "Wait", waitFor(f, In, l.Deadline(brief)), ErrTimeout)
		check(t, "Wait to write", waitFor(f, Out, l.Deadline(long)), nil)
		check(t, "write", write(other, "x", never), nil)
		check(t, "Wait to read", waitFor(f, In, l.Deadline(long)), nil)
		f.Taken()
		check(t, "May read after that", f.May(In), true)
	})
}

func acceptFrom(t *testing.T, f *FD) {
	t.Helper()
	c, _, err := unix.Accept(f.n)
	opened(t, err, c)
	unix.Close(c)
	f.Taken()
}

// TestTheEndStaysInEveryLaterEvent: after the peer's FIN no event is plain.
func TestTheEndStaysInEveryLaterEvent(t *testing.T) {
	withEpoll(t, func(t *testing.T, l *Loop) {
		n, peer := tcp(t)
		a, b := take(t, l, n), take(t, l, peer)
		fill(t, a)
		check(t, "Wait", waitFor(a, In, time.Now()), ErrTimeout)
		l.Go("ends", func() {
			check(t, "write", write(b, "x", never), nil)
			check(t, "shutdown", unix.Shutdown(peer, unix.SHUT_WR), nil)
		})
		check(t, "Wait for In", waitFor(a, In, l.Deadline(long)), nil)
		turn(l)
		check(t, "Plain", a.Plain(), false)
		check(t, "the end", a.last&RdHup, RdHup)
		l.Go("makes room", func() {
			for {
				if _, err := read(b, l.Deadline(brief)); err != nil {
					return
				}
			}
		})
		check(t, "Wait for Out", waitFor(a, Out, l.Deadline(long)), nil)
		check(t, "Plain", a.Plain(), false)
		check(t, "the end", a.last&RdHup, RdHup)
		check(t, "Run", l.Run(), nil)
	})
}

func TestEpollBits(t *testing.T) {
	tests := []struct {
		bits uint32
		want Event
	}{
		{0, 0},
		{unix.EPOLLIN, In},
		{unix.EPOLLOUT, Out},
		{unix.EPOLLPRI, Pri},
		{unix.EPOLLRDHUP, RdHup},
		{unix.EPOLLHUP, Hup},
		{unix.EPOLLERR, Err},
		{unix.EPOLLIN | unix.EPOLLRDNORM, In},
		{unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLPRI | unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR,
			In | Out | Pri | RdHup | Hup | Err},
	}
	for _, tt := range tests {
		check(t, fmt.Sprintf("fromEpoll(%#x)", tt.bits), fromEpoll(tt.bits), tt.want)
	}
}

func withEpoll(t *testing.T, test func(t *testing.T, l *Loop)) {
	t.Helper()
	l, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer watch(l).Stop()
	t.Cleanup(func() { check(t, "Close", l.Close(), nil) })
	test(t, l)
}

package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock"
)

// grace is how long a program has to clean up after its time-out, twice: first
// until a busy loop is ended too, then until the process is.
const grace = time.Second

// watch ends a program that gets a signal or exceeds its time. The first signal
// cancels its tasks, the second ends the process.
type watch struct {
	vm      *luasock.VM
	stderr  io.Writer
	timeout time.Duration
	cancel  context.CancelFunc // ends busy loops; nil without a time-out
	signals chan os.Signal
	done    chan struct{}

	mu    sync.Mutex
	code  int // guarded by mu: the exit status that a signal or the time gave
	ended bool
}

func startWatch(vm *luasock.VM, o options, stderr io.Writer) *watch {
	w := &watch{
		vm: vm, stderr: stderr, timeout: o.timeout,
		signals: make(chan os.Signal, 2), done: make(chan struct{}),
	}
	if o.timeout > 0 {
		w.cancel = cancelOn(vm.L)
	}
	signal.Notify(w.signals, os.Interrupt, unix.SIGTERM)
	go w.run()
	return w
}

func (w *watch) stop() {
	signal.Stop(w.signals)
	close(w.done)
	if w.cancel != nil {
		w.cancel()
	}
}

// status is the exit status that a signal or the time gave.
func (w *watch) status() (code int, ended bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.code, w.ended
}

// end notes why the program ends and cancels its tasks.
func (w *watch) end(code int, reason string) {
	w.mu.Lock()
	w.code, w.ended = code, true
	w.mu.Unlock()
	w.vm.Interrupt(reason)
}

func (w *watch) run() {
	var expired <-chan time.Time
	if w.timeout > 0 {
		expired = time.After(w.timeout)
	}
	overdue := 0
	for {
		select {
		case <-w.done:
			return
		case s := <-w.signals:
			w.signal(s)
		case <-expired:
			w.overdue(overdue)
			overdue++
			expired = time.After(grace)
		}
	}
}

func (w *watch) signal(s os.Signal) {
	code, reason := 130, "interrupted"
	if s == unix.SIGTERM {
		code, reason = 143, "terminated"
	}
	if _, again := w.status(); again {
		os.Exit(code)
	}
	w.end(code, reason)
}

// overdue ends a program whose time is over: its waits, then its loops, then
// the process.
func (w *watch) overdue(times int) {
	switch times {
	case 0:
		fmt.Fprintf(w.stderr, "sockscript: timeout after %v\n", w.timeout)
		w.end(exitTimeout, "timeout")
	case 1:
		w.cancel()
	default:
		os.Exit(exitTimeout)
	}
}

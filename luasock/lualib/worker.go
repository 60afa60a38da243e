package lualib

import (
	"iter"
	"runtime"
	"sync"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

// worker is a Go coroutine with a Lua thread, on which bodies run one after
// another.
type worker struct {
	t     *thread
	co    *coroutine // whose body runs; nil while idle
	ended bool       // the body has returned
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool // called by what runs inside
}

// maxIdle bounds the workers that are kept for reuse.
const maxIdle = 64

// worker gives an idle worker.
func (m *machine) worker(L *lua.LState) *worker {
	if n := len(m.idle) - 1; n >= 0 {
		w := m.idle[n]
		m.idle = m.idle[:n]
		return w
	}
	w := &worker{t: m.newThread(NewThread(L, TaskDepth))}
	w.next, w.stop = iter.Pull(w.loop)
	m.workers[w.t.L] = w
	return w
}

// loop runs the bodies. What has to be called, and its arguments, is on the
// thread when it begins, and again whenever it goes on.
func (w *worker) loop(yield func(struct{}) bool) {
	w.yield = yield
	for {
		w.t.try(w.t.L.GetTop() - 1)
		w.ended = true
		if !yield(struct{}{}) {
			return
		}
	}
}

// release takes a worker whose body has ended.
func (m *machine) release(w *worker) {
	w.co = nil
	w.t.L.SetTop(0)
	w.t.err = nil
	if len(m.idle) < maxIdle && !w.t.grown {
		m.idle = append(m.idle, w)
		return
	}
	m.drop(w)
}

func (m *machine) drop(w *worker) {
	delete(m.workers, w.t.L)
	w.stop()
}

// lost holds the coroutines whose handles the collector found unreachable. It
// alone is touched by another goroutine, the collector's.
type lost struct {
	any  atomic.Bool
	mu   sync.Mutex
	list []*coroutine
}

// abandoned runs on a goroutine of the collector.
func (co *coroutine) abandoned() {
	l := &co.m.lost
	l.mu.Lock()
	l.list = append(l.list, co)
	l.mu.Unlock()
	if !l.any.Swap(true) && co.m.o.Post != nil {
		co.m.o.Post(co.m.reap)
	}
}

// reap ends the coroutines that were lost. It is posted, and called where new
// ones are made: a loop that makes many may not come back to the host soon.
func (m *machine) reap() {
	if !m.lost.any.Load() {
		return
	}
	m.lost.any.Store(false)
	m.lost.mu.Lock()
	list := m.lost.list
	m.lost.list = nil
	m.lost.mu.Unlock()
	for _, co := range list {
		co.end()
	}
}

// collect runs the collector until it finds no abandoned coroutine any more:
// each that ends may have held the last handle of others.
func (m *machine) collect(L *lua.LState) {
	const rounds = 10
	m.pools = nil
	scrub(L, 64)
	for range rounds {
		runtime.GC()
		var gone []*coroutine
		for _, w := range m.workers {
			if co := w.co; co != nil && co.state == suspended && co.handle.Value() == nil {
				gone = append(gone, co)
			}
		}
		for _, co := range gone {
			co.end()
		}
		if gone == nil {
			return
		}
	}
}

// scrub overwrites the frames of calls that have returned, which gopher-lua
// leaves where they were, with the functions that were called.
func scrub(L *lua.LState, depth int) {
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if depth > 0 {
			scrub(L, depth-1)
		}
		return 0
	}))
	L.Call(0, 0)
}

// Close ends every suspended coroutine of the VM, and what waits for the next.
// It is the last thing that is done with a VM before L.Close.
func Close(L *lua.LState) {
	m := machineOf(L)
	for _, w := range m.workers {
		if w.co != nil {
			w.co.end()
		}
	}
	for _, w := range m.idle {
		m.drop(w)
	}
	m.idle, m.pools = nil, nil
}

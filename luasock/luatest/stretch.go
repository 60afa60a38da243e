package luatest

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/loop"
)

// busyGrace is how long after its time limit a task that does not come back to
// the loop is held to compute without end.
const busyGrace = 500 * time.Millisecond

// stretch is a part of a file's run that has a time limit: the calls of a test, a
// hook, the body of a block.
type stretch struct {
	f       *file
	scope   *scope
	task    *loop.Task // that makes the calls
	limit   time.Duration
	expired atomic.Bool // the loop has heard of it
	over    bool
	failure *Failure // what ended it
}

// stretch runs fn in a task of the scope, under a name, and returns what ended it early: the
// time limit, or a deadlock; nil when neither did. The scope's tasks are ended
// then. It is called on the file's goroutine: by the main task, or by one that
// runs a parallel test.
func (f *file) stretch(s *scope, name string, limit time.Duration, fn func(L *lua.LState)) *Failure {
	st := &stretch{f: f, scope: s, limit: limit}
	st.task = s.spawn(f.vm, name, fn)
	f.stretches = append(f.stretches, st)
	defer st.end()
	defer st.arm()()
	for {
		err := st.task.Join(time.Time{})
		var dead *loop.Deadlock
		switch {
		case err == nil:
			return st.failure
		case errors.As(err, &dead):
			f.deadlocked()
		case errors.Is(err, loop.ErrKilled):
			return st.failure
		}
	}
}

// arm starts the clock. The function it returns stops it.
func (st *stretch) arm() func() {
	if st.limit <= 0 {
		return func() {}
	}
	late := time.AfterFunc(st.limit, func() { st.f.vm.Post(st.expire) })
	busy := time.AfterFunc(st.limit+busyGrace, func() {
		if !st.expired.Load() {
			st.f.guard.trip()
		}
	})
	return func() {
		late.Stop()
		busy.Stop()
	}
}

func (st *stretch) end() {
	st.over = true
	delete(st.scope.spared, st.task)
	list := st.f.stretches
	for i, other := range list {
		if other == st {
			st.f.stretches = append(list[:i], list[i+1:]...)
			return
		}
	}
}

// expire ends the stretch because its time is over.
func (st *stretch) expire() {
	st.expired.Store(true)
	if st.over {
		return
	}
	st.stop(KindTimeout, fmt.Sprintf("over the time limit of %s", seconds(st.limit)))
}

// stop ends the tasks of the scope, having noted where each waits.
func (st *stretch) stop(kind Kind, why string) {
	if st.failure == nil {
		waits := st.f.waits(st.scope)
		st.failure = &Failure{Kind: kind, Message: why + describeWaits(waits)}
		if len(waits) > 0 {
			st.f.locate(st.failure, waits[0].Where)
		}
	}
	st.task.Kill()
	st.f.killTasks(st.scope)
}

// deadlocked ends what runs: nothing can wake it.
func (f *file) deadlocked() {
	for _, st := range f.stretches {
		st.stop(KindDeadlock, "deadlock: every task waits, and nothing can wake one")
	}
}

// waits tells where the tasks of a scope are.
func (f *file) waits(s *scope) []loop.Waits {
	var list []loop.Waits
	for _, t := range f.vm.Loop().Tasks() {
		if t.Group != s || s.spared[t] && t.Where == nil { // no Lua runs in it
			continue
		}
		list = append(list, waitsOf(t))
	}
	return list
}

// waitsOf tells where one task is. It waits for nothing when it runs.
func waitsOf(t *loop.Task) loop.Waits {
	w := loop.Waits{Task: t.String()}
	if t.Where != nil {
		w.Where = t.Where()
	}
	if t.State() == loop.Waiting {
		w.For = t.Why().String()
	}
	return w
}

func describeWaits(waits []loop.Waits) string {
	var b strings.Builder
	for _, w := range waits {
		b.WriteString("\n  " + w.Task)
		switch {
		case w.For != "":
			b.WriteString(" waits in " + w.For)
		default:
			b.WriteString(" runs")
		}
		if w.Where != "" {
			b.WriteString(" at " + w.Where)
		}
	}
	return b.String()
}

// killTasks ends the tasks of a scope that nothing else ends.
func (f *file) killTasks(s *scope) {
	for _, t := range f.vm.Loop().Tasks() {
		if t.Group == s && !s.spared[t] {
			t.Kill()
		}
	}
}

// seconds is a time as people read it: "10 s", "0.25 s".
func seconds(d time.Duration) string {
	text := fmt.Sprintf("%.3f", d.Seconds())
	text = strings.TrimRight(text, "0")
	return strings.TrimSuffix(text, ".") + " s"
}

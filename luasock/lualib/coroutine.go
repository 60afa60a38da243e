package lualib

import (
	"runtime"
	"unsafe"
	"weak"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// A coroutine's body runs on a Go stack of its own (see worker), so it may yield
// from wherever Lua code can run. That stack is a root for the collector, and
// nothing on it refers to the value that Lua holds, the handle: when the handle
// is unreachable, the coroutine can never be resumed, and is ended.

// coroutine is one coroutine. The handle refers to it, not the other way round.
type coroutine struct {
	m       *machine
	handle  weak.Pointer[lua.LState]
	fn      lua.LValue // the body, until it starts
	w       *worker    // on which the body runs; nil before and after
	state   coState
	killed  bool        // it is being ended
	failed  lua.LValue  // the error that ended it; nil without
	top     *lua.LState // the thread that yielded, of those that the body runs on
	resumer *lua.LState // the thread that waits for it while it runs
	nesting int         // how many threads wait for it while it runs
}

type coState int

const (
	suspended coState = iota
	active            // it runs, or waits for one that it has resumed
	dead
)

// handle is the LState that Lua sees as the thread. Nothing ever runs on it.
type handle struct {
	lua.LState
	co *coroutine
}

// handleMark tells handles from other states.
const handleMark = -1

func (m *machine) newCoroutine(L *lua.LState, fn lua.LValue) (*lua.LState, *coroutine) {
	m.reap()
	co := &coroutine{m: m, fn: fn}
	h := &handle{co: co}
	h.G, h.Env = L.G, L.Env
	h.Options.CallStackSize = handleMark
	co.handle = weak.Make(&h.LState)
	return &h.LState, co
}

// coroutineOf finds the coroutine of a handle; nil for other states.
func coroutineOf(L *lua.LState) *coroutine {
	if L.Options.CallStackSize != handleMark {
		return nil
	}
	return (*handle)(unsafe.Pointer(L)).co
}

// current finds the coroutine that L runs in; nil outside of any.
func (m *machine) current(L *lua.LState) *coroutine {
	for L.Parent != nil {
		L = L.Parent
	}
	if w := m.workers[L]; w != nil {
		return w.co
	}
	return nil
}

// resume passes the topmost n values of L and runs the coroutine until it yields
// or ends. What it gave are then the topmost values of L, as many as returned;
// or there is an error.
func (co *coroutine) resume(L *lua.LState, h *lua.LState, n int) (results int, failed lua.LValue) {
	m := co.m
	if text := co.refusal(L); text != "" {
		return 0, lua.LString(text)
	}
	if co.w == nil {
		co.start(L, h)
	}
	if ctx := L.Context(); ctx != co.top.Context() {
		share(co.top, ctx)
	}
	co.state, co.resumer, co.nesting = active, L, m.nesting(L)+1
	move(L, co.top, n)
	below := L.GetTop()
	co.w.next()
	runtime.KeepAlive(h)
	co.resumer = nil
	if co.w.ended {
		return co.finish(L)
	}
	return L.GetTop() - below, nil
}

// refusal says why L may not resume the coroutine.
func (co *coroutine) refusal(L *lua.LState) string {
	switch {
	case co.state == dead:
		return "cannot resume dead coroutine"
	case co.state == active:
		return "cannot resume non-suspended coroutine"
	case co.m.full(L, maxNesting):
		return "C stack overflow"
	}
	return ""
}

// start gives the body a worker. From here on the coroutine outlives its handle,
// and has to be ended when that goes.
func (co *coroutine) start(L, h *lua.LState) {
	runtime.AddCleanup(h, (*coroutine).abandoned, co)
	w := co.m.worker(L)
	w.co, w.ended = co, false
	co.w, co.top = w, w.t.L
	w.t.L.Env = h.Env
	w.t.L.Push(w.t.guard)
	w.t.L.Push(co.fn)
	co.fn = nil
}

// finish takes the results, or the error, of a body that has ended.
func (co *coroutine) finish(L *lua.LState) (results int, failed lua.LValue) {
	w := co.w
	t := w.t
	co.state, co.w, co.top = dead, nil, nil
	if t.bug != nil {
		panic(t.bug)
	}
	if t.err != nil {
		failed = t.err.Object
		co.failed = failed
	} else {
		results = t.L.GetTop()
		move(t.L, L, results)
	}
	co.m.release(w)
	return results, failed
}

// yield gives the topmost n values to the resumer of L's coroutine and waits for
// the next resume, whose arguments are then on L.
func (co *coroutine) yield(L *lua.LState, n int) {
	move(L, co.resumer, n)
	co.top, co.state = L, suspended
	if !co.w.yield(struct{}{}) || co.killed {
		L.Error(bind.Kill, 0)
	}
}

// end ends a suspended coroutine where it is: its calls return by bind.Kill,
// which no pcall catches, so that what Go code defers is done.
func (co *coroutine) end() {
	if co.state != suspended {
		return
	}
	if co.w == nil {
		co.state, co.fn = dead, nil
		return
	}
	co.killed, co.state = true, active
	for !co.w.ended {
		co.w.next()
	}
	w := co.w
	co.state, co.w, co.top = dead, nil, nil
	if w.t.bug != nil {
		panic(w.t.bug)
	}
	co.m.release(w)
}

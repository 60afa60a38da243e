package lualib

import (
	"context"

	lua "github.com/yuin/gopher-lua"
)

// How deep calls may nest: frames of Lua and Go functions on one Lua thread.
// Depth costs memory, at once: a thread of MainDepth takes 13.5 KB, one of
// TaskDepth 4.5 KB.
const (
	MainDepth = 10000
	TaskDepth = 1000
)

const (
	// maxNesting bounds how often pcall, coroutines and handlers nest, as
	// LUAI_MAXCCALLS does in PUC Lua: each takes a Lua thread and a part of the
	// Go stack.
	maxNesting = 200
	// maxFrames bounds the frames of all threads that wait for one another, as
	// LUAI_MAXCALLS does. It is looked at when they nest deeper than shallow.
	maxFrames = 20000
	shallow   = 16
	// maxSpare bounds the threads that are kept for reuse, of each depth.
	maxSpare = 32
)

// VMOptions are the options of a VM's main state.
func VMOptions() lua.Options { return threadOptions(MainDepth, 1024) }

// threadOptions: the registry starts small, for tasks are many, and may grow to
// what a million results take.
func threadOptions(depth, registry int) lua.Options {
	return lua.Options{
		CallStackSize:       depth,
		RegistrySize:        registry,
		RegistryMaxSize:     1 << 21,
		RegistryGrowStep:    4096,
		SkipOpenLibs:        true,
		IncludeGoStackTrace: true,
		MinimizeStackMemory: true,
	}
}

// NewThread makes a Lua thread for a task: it shares the globals and the
// context of L, and calls nest up to depth on it (TaskDepth unless there is
// reason). It has no parent, so Go code runs on it as on a main state, best
// through PCall, which knows how to end an overflow of it.
func NewThread(L *lua.LState, depth int) *lua.LState {
	kept, ctx := L.Options, L.Context()
	// With a context, NewThread would make a child context that someone has to
	// cancel.
	if ctx != nil {
		L.RemoveContext()
	}
	L.Options = threadOptions(depth, 128)
	T, _ := L.NewThread()
	L.Options = kept
	if ctx != nil {
		L.SetContext(ctx)
		T.SetContext(ctx)
	}
	return T
}

// thread is a Lua thread on which something runs protected. While it does, the
// LState's Parent is the thread that waits for it, so that tracebacks and levels
// reach through. gopher-lua ends a coroutine where a Lua function returns to the
// bottom of a thread that has a Parent; the guard, which is always the bottom
// frame, keeps that from happening.
type thread struct {
	m     *machine
	L     *lua.LState
	guard *lua.LFunction

	// Of the call that runs:
	handler lua.LValue    // xpcall's; nil without
	trace   bool          // whether an error gets a traceback
	err     *lua.ApiError // how it failed
	bug     *Bug          // how it failed by our fault
	grown   bool          // the registry has become large, and does not shrink
}

func (m *machine) newThread(L *lua.LState) *thread {
	t := &thread{m: m, L: L}
	t.guard = L.NewFunction(t.run)
	t.guard.Env = guardEnv
	return t
}

// borrow gives a thread with which L may run something.
func (m *machine) borrow(L *lua.LState, depth int) *thread {
	t := m.take(L, depth)
	t.L.Parent = L
	t.L.Env = L.Env
	if ctx := L.Context(); ctx != t.L.Context() {
		share(t.L, ctx)
	}
	return t
}

// pool keeps the threads of one depth that wait for their next use.
type pool struct {
	depth   int
	threads []*thread
}

// pool finds the pool of a depth. There are two or three, so a list is faster
// than a map.
func (m *machine) pool(depth int) *pool {
	for _, p := range m.pools {
		if p.depth == depth {
			return p
		}
	}
	p := &pool{depth: depth}
	m.pools = append(m.pools, p)
	return p
}

func (m *machine) take(L *lua.LState, depth int) *thread {
	p := m.pool(depth)
	if n := len(p.threads) - 1; n >= 0 {
		t := p.threads[n]
		p.threads = p.threads[:n]
		return t
	}
	return m.newThread(NewThread(L, depth))
}

func share(T *lua.LState, ctx context.Context) {
	if ctx == nil {
		T.RemoveContext()
		return
	}
	T.SetContext(ctx)
}

// giveBack takes a thread whose call stack is empty.
func (m *machine) giveBack(t *thread) {
	t.L.SetTop(0)
	t.L.Parent = nil
	t.handler, t.err = nil, nil
	if p := m.pool(t.L.Options.CallStackSize); len(p.threads) < maxSpare && !t.grown {
		p.threads = append(p.threads, t)
	}
}

// nesting counts the threads that wait for L.
func (m *machine) nesting(L *lua.LState) int {
	n := 0
	for ; L.Parent != nil; L = L.Parent {
		n++
	}
	if w := m.workers[L]; w != nil && w.co != nil {
		n += w.co.nesting
	}
	return n
}

// full tells whether L may not start another thread.
func (m *machine) full(L *lua.LState, most int) bool {
	n := m.nesting(L)
	return n >= most || n > shallow && m.frames(L) > maxFrames
}

// frames counts the frames of L and of the threads that wait for it.
func (m *machine) frames(L *lua.LState) int {
	n := 0
	for L != nil {
		if top := topFrame(L); top != nil {
			n += top.Idx + 1
		}
		next := L.Parent
		if w := m.workers[L]; w != nil && w.co != nil {
			next = w.co.resumer
		}
		L = next
	}
	return n
}

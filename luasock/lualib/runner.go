package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

// Runner is a Lua thread on which the function of a task runs.
//
// A Go function that waits inside a call keeps the Go stack of everything between
// it and the task. When it has done nothing yet but find that it must wait, it can
// leave the call instead: the Lua thread stays as a coroutine that has yielded, the
// Go functions return, and Again goes on with the thread by making the same call
// anew. It is possible where only Lua functions that call one another lie between
// the task's function and the call, for no state of theirs is on the Go stack.
type Runner struct {
	T     *lua.LState // shares the globals and the context of the VM's
	m     *machine
	left  *lua.LFunction // whose call was left; nil for none
	nargs int            // of that call
}

// NewRunner makes a Runner with a thread of TaskDepth.
func NewRunner(L *lua.LState) *Runner {
	return &Runner{T: NewThread(L, TaskDepth), m: machineOf(L)}
}

// Use readies a Runner that has run before: it gets L's globals and context anew.
func (r *Runner) Use(L *lua.LState) {
	r.T.Env = L.Env
	if ctx := L.Context(); ctx != r.T.Context() {
		share(r.T, ctx)
	}
}

// Run calls fn, and returns as PCall does, or, when a call was left, nothing: see
// Left. It takes less of the Go stack than PCall, which counts where thousands of
// threads wait. After an error the Runner cannot be used again.
func (r *Runner) Run(fn lua.LValue, args ...lua.LValue) (results []lua.LValue, err *lua.ApiError) {
	defer r.catch(&err)
	r.T.Push(fn)
	for _, arg := range args {
		r.T.Push(arg)
	}
	r.T.Call(len(args), lua.MultRet)
	return r.results(), nil
}

// Left tells whether what runs has left a call, and wants Again.
func (r *Runner) Left() bool { return r.left != nil }

// MayLeave tells whether the call of the Go function that L runs can be left.
func (r *Runner) MayLeave(L *lua.LState) bool {
	if L != r.T {
		return false
	}
	call := topFrame(L)
	if call.Parent == nil {
		return false
	}
	for f := call.Parent; f != nil; f = f.Parent {
		if f.Fn.IsG || f.instruction().op() != lua.OP_CALL {
			return false
		}
	}
	b := call.Parent.instruction().b()
	return b == 0 || call.NArgs == b-1 // else __call has put one before them
}

// Leave leaves the call, which must be one that MayLeave allows. Its Go function
// must return what Leave returns.
func (r *Runner) Leave() int {
	call := topFrame(r.T)
	r.left, r.nargs = call.Fn, call.NArgs
	r.T.Parent = r.T // to which its values move: they stay where they are
	return -1        // gopher-lua's way to yield
}

// Again makes the call anew that was left, and returns as Run does.
func (r *Runner) Again() (results []lua.LValue, err *lua.ApiError) {
	defer r.catch(&err)
	call := topFrame(r.T).instruction()
	r.T.Replace(call.a()+1, r.left) // where a __call has stood, perhaps
	r.T.SetTop(call.a() + 1 + r.nargs)
	r.left = nil
	r.T.Call(r.nargs, lua.MultRet)
	if r.left == nil {
		if n := call.c() - 1; n >= 0 {
			r.T.SetTop(call.a() + n)
		}
		goOn(r.T)
	}
	return r.results(), nil
}

// results takes the results, if the function has returned.
func (r *Runner) results() []lua.LValue {
	if r.left != nil {
		r.T.G.CurrentThread = r.T.G.MainThread // else it keeps this one
		return nil
	}
	if r.T.GetTop() == 0 {
		return nil
	}
	results := topValues(r.T)
	r.T.SetTop(0)
	return results
}

func (r *Runner) catch(err **lua.ApiError) {
	if e := recover(); e != nil {
		t := &thread{m: r.m, L: r.T, trace: true}
		if t.caught(e); t.bug != nil {
			panic(t.bug)
		}
		*err = t.err
	}
}

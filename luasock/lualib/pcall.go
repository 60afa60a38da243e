package lualib

import (
	"fmt"
	"runtime/debug"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// gopher-lua's own pcall closes the upvalues of every live frame of its thread
// when it catches an error: a local that a closure shares with a frame that goes
// on splits in two. So what runs protected here runs on a Lua thread of its own,
// all of whose frames are dead when the error is caught.

// Bug is a Go panic that is no Lua error: a fault of this program, or of Go code
// that was called from Lua. No pcall catches it; it goes up through all of them
// as the value of the panic.
type Bug struct {
	Value any    // of the first panic
	Stack []byte // where it happened
}

// Error gives the panic's text and the Go stack.
func (b *Bug) Error() string { return fmt.Sprintf("%v\n\n%s", b.Value, b.Stack) }

// Unwrap gives the panic's value when it was an error.
func (b *Bug) Unwrap() error {
	err, _ := b.Value.(error)
	return err
}

// overflowed is what gopher-lua panics with when a call stack that grows has
// reached its limit: it means to raise an error before, but looks one too late.
const overflowed = "lua callstack overflow"

// PCall calls fn with the arguments and returns its results, or the error that
// ended it, with its Lua traceback in StackTrace. The error's Object is bind.Kill
// when the call was killed. L may be a main state, a thread that NewThread made
// or the state that a Go function was called with. A Go panic that is no Lua
// error goes up as a *Bug.
func PCall(L *lua.LState, fn lua.LValue, args ...lua.LValue) ([]lua.LValue, *lua.ApiError) {
	m := machineOf(L)
	t := m.threadFor(L)
	t.trace = true
	t.L.Push(t.guard)
	t.L.Push(fn)
	for _, arg := range args {
		t.L.Push(arg)
	}
	t.start(len(args) + 1)
	err := t.err
	var results []lua.LValue
	if err == nil {
		results = topValues(t.L)
	}
	t.trace = false
	if t.L == L {
		L.SetTop(0)
	} else {
		m.giveBack(t)
	}
	return results, err
}

// threadFor gives the thread on which Go code that has L may run something: L
// itself when nothing runs on it, else one that is borrowed.
func (m *machine) threadFor(L *lua.LState) *thread {
	if _, busy := L.GetStack(0); busy {
		return m.borrow(L, L.Options.CallStackSize)
	}
	return m.newThread(L)
}

func topValues(L *lua.LState) []lua.LValue {
	values := make([]lua.LValue, L.GetTop())
	for i := range values {
		values[i] = L.Get(i + 1)
	}
	return values
}

// start is try that lets a bug go up. The thread is not used again then.
func (t *thread) start(n int) {
	if t.try(n); t.bug != nil {
		panic(t.bug)
	}
}

// try calls the guard, which lies under n arguments: the function, and what it
// is called with. It returns with the call stack empty, whatever happened, and
// the results in the registry. gopher-lua's PCall is here for what only it can
// do, to cut the call stack back; the guard has caught every panic before it.
func (t *thread) try(n int) {
	if err := t.L.PCall(n, lua.MultRet, nil); err != nil {
		t.bug = &Bug{Value: err, Stack: debug.Stack()}
	}
}

// run is the guard: the bottom frame of everything that runs protected.
func (t *thread) run(T *lua.LState) int {
	defer func() {
		if e := recover(); e != nil {
			t.caught(e)
		}
	}()
	T.Call(T.GetTop()-1, lua.MultRet)
	return T.GetTop()
}

// caught takes in a panic while all frames of it still stand.
func (t *thread) caught(e any) {
	switch e := e.(type) {
	case *Bug:
		t.bug = e
	case *lua.ApiError:
		t.failed(e)
	default:
		if e == overflowed {
			t.failed(t.overflow())
			return
		}
		t.bug = &Bug{Value: e, Stack: debug.Stack()}
	}
}

// overflow is the error for a call stack that is full. The upvalues are still
// open: gopher-lua closes them where it raises, and has not raised.
func (t *thread) overflow() *lua.ApiError {
	t.grown = true
	panics := t.L.Panic
	t.L.Panic = func(*lua.LState) {}
	t.L.Error(lua.LString(""), 0)
	t.L.Panic = panics
	return &lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LString(where(t.L, 0) + "stack overflow")}
}

// failed makes of a raw error what the caller gets.
func (t *thread) failed(e *lua.ApiError) {
	if e.Type == lua.ApiErrorPanic {
		t.bug = &Bug{Value: e.Object, Stack: []byte(e.StackTrace)}
		return
	}
	t.err = e
	if e.Object == bind.Kill {
		return
	}
	if text, ok := e.Object.(lua.LString); ok && strings.HasSuffix(string(text), "overflow") {
		t.grown = true
	}
	e.Object = t.m.explain(t.L, e.Object)
	if t.handler != nil {
		e.Object = t.handle(e.Object)
	}
	if t.trace {
		e.StackTrace = Traceback(t.L, "", 0)
	}
}

// maxHandling is how many errors in a row a handler may raise.
const maxHandling = 10

// handle calls xpcall's handler above the frames of the error, for what it
// raises itself too. That may nest a little deeper than pcall.
func (t *thread) handle(value lua.LValue) lua.LValue {
	for range maxHandling {
		if t.m.full(t.L, maxNesting+maxNesting/8) {
			break
		}
		h := t.m.borrow(t.L, TaskDepth)
		h.L.Push(h.guard)
		h.L.Push(t.handler)
		h.L.Push(value)
		if h.try(2); h.bug != nil {
			t.bug = h.bug
			return value
		}
		err := h.err
		if err == nil {
			value = h.L.Get(1)
		} else {
			value = err.Object
		}
		t.m.giveBack(h)
		if err == nil || value == bind.Kill {
			return value
		}
	}
	return lua.LString("error in error handling")
}

// pcall calls its first argument with the others.
func (m *machine) pcall(c bind.Call) int {
	if c.N() == 0 {
		c.Bad(1, "value expected")
	}
	return m.protect(c.L, c.N()-1, nil)
}

// xpcall calls its first argument with those after the handler.
func (m *machine) xpcall(c bind.Call) int {
	if c.N() < 2 {
		c.Bad(2, "value expected")
	}
	handler := c.L.Get(2)
	c.L.Remove(2)
	return m.protect(c.L, c.N()-1, handler)
}

// protect calls the function under the topmost n values of L, its arguments, and
// pushes true and the results, or false and the error.
func (m *machine) protect(L *lua.LState, n int, handler lua.LValue) int {
	if err := uncallable(L, L.Get(-n-1)); err != nil && handler == nil {
		return refuseCall(L, err.Error())
	}
	if m.full(L, maxNesting) {
		return refuseCall(L, "C stack overflow")
	}
	t := m.borrow(L, L.Options.CallStackSize)
	t.handler = handler
	t.L.Push(t.guard)
	L.XMoveTo(t.L, n+1)
	t.start(n + 1)
	if err := t.err; err != nil {
		m.giveBack(t)
		if err.Object == bind.Kill {
			L.Error(bind.Kill, 0)
		}
		L.Push(lua.LFalse)
		L.Push(err.Object)
		return 2
	}
	L.Push(lua.LTrue)
	n = t.L.GetTop()
	t.grown = t.grown || n > manyResults
	move(t.L, L, n)
	m.giveBack(t)
	return n + 1
}

// manyResults is how many make a thread too large to keep.
const manyResults = 4096

// move moves the topmost n values.
func move(from, to *lua.LState, n int) {
	room(to, n)
	from.XMoveTo(to, n)
}

// room makes room for n values at once: for many, the registry would grow, and be
// copied, step by step.
func room(L *lua.LState, n int) {
	if n > 64 {
		top := L.GetTop()
		L.SetTop(top + n)
		L.SetTop(top)
	}
}

// uncallable gives the error of calling fn, nil if it can be called.
func uncallable(L *lua.LState, fn lua.LValue) error {
	if fn.Type() == lua.LTFunction || L.GetMetaField(fn, "__call").Type() == lua.LTFunction {
		return nil
	}
	return fmt.Errorf("attempt to call a %s value", fn.Type())
}

// refuseCall is what pcall returns when it did not even call.
func refuseCall(L *lua.LState, message string) int {
	L.Push(lua.LFalse)
	L.Push(lua.LString(message))
	return 2
}

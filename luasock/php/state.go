package php

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/loop"
	"sockscript/luasock/stream"
)

// state is what the functions of one VM share. It hangs on the registry of the
// VM's Lua state.
type state struct {
	vm         *luasock.VM
	exceptions *lua.LTable // the metatable of what is thrown
	last       *report     // what error_get_last gives
	handlers   []handler   // of set_error_handler; the last one counts
	tasks      map[*loop.Task]*mood
	handles    uint64                    // how many of curl's were made
	context    *lua.LUserData            // of streams that are opened without one; nil until it is used
	kept       map[string]*lua.LUserData // the persistent streams by what they are connected to
}

// handler is what set_error_handler was given; a nil fn is PHP's own.
type handler struct {
	fn     *lua.LFunction
	levels int
}

// report is a warning, notice or deprecation.
type report struct {
	level   int
	message string
}

// mood is how one task takes reports.
type mood struct {
	silent   int  // so many calls of silence are under way
	handling bool // the handler runs: its own reports go the standard way
}

const stateKey = "sockscript.php"

// newState makes the state of a VM.
func newState(vm *luasock.VM) *state {
	st := &state{vm: vm, tasks: map[*loop.Task]*mood{}, kept: map[string]*lua.LUserData{}}
	st.exceptions = vm.L.NewTable()
	st.exceptions.RawSetString("__tostring", vm.L.NewFunction(exceptionText))
	registry := vm.L.Get(lua.RegistryIndex).(*lua.LTable)
	registry.RawSetString(stateKey, &lua.LUserData{Value: st, Metatable: lua.LNil})
	return st
}

// state is that of the VM that runs the call.
func (k call) state() *state {
	registry := k.L.Get(lua.RegistryIndex).(*lua.LTable)
	return registry.RawGetString(stateKey).(*lua.LUserData).Value.(*state)
}

// exceptionText is __tostring of an exception.
func exceptionText(L *lua.LState) int {
	t, _ := L.Get(1).(*lua.LTable)
	if t == nil {
		L.Push(lua.LString(""))
		return 1
	}
	class, message := lua.LVAsString(t.RawGetString("class")), lua.LVAsString(t.RawGetString("message"))
	L.Push(lua.LString(class + ": " + message))
	return 1
}

// exception makes the value that is thrown.
func (st *state) exception(class, message string) *lua.LTable {
	t := st.vm.L.CreateTable(0, 2)
	t.RawSetString("class", lua.LString(class))
	t.RawSetString("message", lua.LString(message))
	t.Metatable = st.exceptions
	return t
}

// throw throws an exception of a class: a Lua error.
func (k call) throw(class, message string) {
	k.L.Error(k.state().exception(class, message), 0)
}

// raise raises an error that ends the task or the call: a cancel, a deadlock,
// the end of the VM.
func (k call) raise(err error) {
	if err == nil {
		return
	}
	if err == stream.ErrReading || err == stream.ErrWriting {
		k.throw("Error", k.p.name+"(): "+err.Error())
	}
	if v, ok := luasock.Raised(err); ok {
		k.L.Error(v, 0)
	}
}

// mood gives how the current task takes reports, made if need be.
func (st *state) mood() (m *mood, done func()) {
	t := st.vm.Loop().Current()
	m = st.tasks[t]
	if m == nil {
		m = &mood{}
		st.tasks[t] = m
	}
	return m, func() {
		if *m == (mood{}) {
			delete(st.tasks, t)
		}
	}
}

// report gives a warning, notice or deprecation to whom it concerns: the
// handler, error_get_last, the VM's standard error.
func (k call) report(level int, message string) {
	st := k.state()
	m, done := st.mood()
	defer done()
	file, line := position(k.L)
	if n := len(st.handlers); n > 0 && !m.handling {
		h := st.handlers[n-1]
		if h.fn != nil && h.levels&level != 0 && k.handled(h, m, level, message, file, line) {
			return
		}
	}
	st.last = &report{level, message}
	if m.silent == 0 {
		fmt.Fprintf(st.vm.Stderr(), "PHP %s:  %s in %s on line %d\n", levelNames[level], message, file, line)
	}
}

// handled calls the handler; only its result false asks for the standard way too.
func (k call) handled(h handler, m *mood, level int, message, file string, line int) bool {
	m.handling = true
	defer func() { m.handling = false }()
	L := k.L
	L.Push(h.fn)
	L.Push(lua.LNumber(level))
	L.Push(lua.LString(message))
	L.Push(lua.LString(file))
	L.Push(lua.LNumber(line))
	L.Call(4, 1)
	v := L.Get(-1)
	L.Pop(1)
	return v != lua.LFalse
}

// warn reports a warning of this function.
func (k call) warn(format string, args ...any) {
	k.report(eWarning, k.p.name+"(): "+fmt.Sprintf(format, args...))
}

// notice reports a notice of this function.
func (k call) notice(format string, args ...any) {
	k.report(eNotice, k.p.name+"(): "+fmt.Sprintf(format, args...))
}

// position is the file and line of the Lua code that calls.
func position(L *lua.LState) (file string, line int) {
	for level := 0; level < 200; level++ {
		where := strings.TrimSuffix(L.Where(level), ":")
		if where == "" {
			break
		}
		if i := strings.LastIndexByte(where, ':'); i >= 0 && !strings.HasPrefix(where, "[G]") {
			fmt.Sscan(where[i+1:], &line)
			return where[:i], line
		}
	}
	return "Unknown", 0
}

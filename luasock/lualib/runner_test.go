package lualib

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"weak"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// leaving gives a Runner, and a Lua function wait that returns its arguments: it
// leaves its call where it may, and returns them when it is called again.
func leaving(t *testing.T) *Runner {
	L := newState(t, Options{})
	r := NewRunner(L)
	called := false
	L.SetGlobal("wait", L.NewFunction(func(T *lua.LState) int {
		if called = !called && r.MayLeave(T); called {
			T.Push(lua.LString("what it has left on the stack"))
			return r.Leave()
		}
		return T.GetTop()
	}))
	return r
}

// runLeaving runs a chunk to its end and counts the calls that it left.
func runLeaving(t *testing.T, r *Runner, source string) (results []lua.LValue, err *lua.ApiError, left int) {
	fn, bad := Load(r.T, []byte(source), "=test")
	if bad != nil {
		t.Fatal(bad)
	}
	for results, err = r.Run(fn); r.Left(); results, err = r.Again() {
		left++
		if len(results) > 0 || err != nil {
			t.Errorf("a call that was left gave %v, %v", results, err)
		}
	}
	return
}

func TestCallsThatAreLeft(t *testing.T) {
	tests := []struct {
		name, source, want string
		left               int
	}{
		{"as many results as are wanted", `local a, b, c = wait(1, nil, "x") return a, b, c`, "1 nil x", 1},
		{"fewer than are wanted", `local a, b, c = wait(1) return a, b, c`, "1 nil nil", 1},
		{"more than are wanted", `local a = wait(1, 2, 3) local b return a, b`, "1 nil", 1},
		{"none", `wait(1)`, "", 1},
		{"all of them, as arguments", `local n = select("#", wait()) local m = select("#", wait(nil, nil)) return n, m`, "0 2", 2},
		{"all of them, in a table", `local t = {wait(1, 2, 3)} return #t`, "3", 1},
		{"several in one expression", `local s = wait(1) + wait(2) * wait(3) return s`, "7", 3},
		{"a method", `local o = {wait = wait} local self, x = o:wait(7) return self == o, x`, "true 7", 1},
		{"arguments from ...", `local function f(...) local a, b = wait(...) return a, b end local a, b = f(4, 5) return a, b`, "4 5", 1},
		{"arguments from a call", `local a, b = wait(unpack({4, 5})) return a, b`, "4 5", 1},
		{"300 arguments", `local t = {} for i = 1, 300 do t[i] = i end local r = {wait(unpack(t))} return #r, r[300]`, "300 300", 1},
		{"an upvalue stays one", `local n = 0 local function inc() n = n + wait(1) end inc() inc() n = n + 1 return n`, "3", 2},
		{"as a __call with arguments from a call", `local c = setmetatable({}, {__call = wait}) local self, x = c(unpack({8})) return self == c, x`, "true 8", 1},
		{"a loop", `local s = 0 for i = 1, 100 do s = s + wait(i) end return s`, "5050", 100},
		{"a loop with an iterator", `local s = 0 for _, v in ipairs{1, 2, 3} do s = s + wait(v) end return s`, "6", 3},
		{"below 500 functions", `local function f(n) if n == 0 then return (wait(1)) end return (f(n - 1)) end return (f(500))`, "1", 1},
		{"below a function that a tail call put there", `local function g() local x = wait(3) return x end local function f() return g() end local x = f() return x`, "3", 1},
		{"the function was a table's __call", `local c = setmetatable({}, {__call = function(_, x) local y = wait(x) return y end}) local x = c(8) return x`, "8", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := leaving(t)
			for range 3 { // a Runner can be used again
				results, err, left := runLeaving(t, r, tt.source)
				if err != nil {
					t.Fatal(err)
				}
				if got := texts(results); got != tt.want || left != tt.left {
					t.Errorf("got %q, %d calls left; want %q, %d", got, left, tt.want, tt.left)
				}
			}
		})
	}
}

// TestCallsThatAreNotLeft are those with Go functions between them and the task.
func TestCallsThatAreNotLeft(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"a tail call", `return wait(1)`, "1"},
		{"in pcall", `local ok, x = pcall(wait, 1) return x`, "1"},
		{"in a function in pcall", `local ok, x = pcall(function() return (wait(1)) end) return x`, "1"},
		{"in a metamethod", `local x = setmetatable({}, {__index = function(_, k) local v = wait(k) return v end}).abc return x`, "abc"},
		{"in an operator", `local x = setmetatable({}, {__add = function() local v = wait(5) return v end}) + 1 return x`, "5"},
		{"in an iterator", `local s = 0 for x in function(_, i) local n = wait((i or 0) + 1) if n < 4 then return n end end do s = s + x end return s`, "6"},
		{"as the __call of a table", `local c = setmetatable({}, {__call = wait}) local self, x = c(8) return self == c, x`, "true 8"},
		{"as an iterator", `local n = 0 for x in wait, nil do n = n + 1 end return n`, "0"},
		{"in gsub", `local x = ("ab"):gsub(".", function(c) local d = wait(c .. c) return d end) return x`, "aabb"},
		{"in sort", `local t = {3, 1, 2} table.sort(t, function(a, b) local l = wait(a < b) return l end) return t[1], t[3]`, "1 3"},
		{"in a coroutine", `local x = coroutine.wrap(function() local y = wait(6) return y end)() return x`, "6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			results, err, left := runLeaving(t, leaving(t), tt.source)
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(results); got != tt.want || left != 0 {
				t.Errorf("got %q, %d calls left; want %q, none", got, left, tt.want)
			}
		})
	}
	t.Run("nothing but the call", func(t *testing.T) {
		r := leaving(t)
		results, err := r.Run(r.T.GetGlobal("wait"), lua.LNumber(9))
		if err != nil || r.Left() || texts(results) != "9" {
			t.Errorf("got %q, %v", texts(results), err)
		}
	})
}

func TestErrorsAfterACallThatWasLeft(t *testing.T) {
	tests := []struct{ name, source, message, trace string }{
		{"of Lua", "local function f()\nwait(1)\nerror('no')\nend\nf()", "test:3: no", "test:3: in function 'f'\n\ttest:5: in main chunk"},
		{"of an instruction", "local s = wait()\nlocal x = s.x", "test:2: attempt to index local 's' (a nil value)", "test:2: in main chunk"},
		{"of the call itself", "local o = {fail = fail}\nlocal x = o.fail('why')", "why", "[C]: in function 'fail'\n\ttest:2: in main chunk"},
		{"too deep", "wait(1) local function f() return 1 + f() end f()", "test:1: stack overflow", "test:1: in function 'f'"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := leaving(t)
			called := false
			r.T.SetGlobal("fail", r.T.NewFunction(func(T *lua.LState) int {
				if called = !called; called && r.MayLeave(T) {
					return r.Leave()
				}
				T.Error(T.Get(1), 0)
				return 0
			}))
			_, err, left := runLeaving(t, r, tt.source)
			if err == nil || err.Object.String() != tt.message || left != 1 {
				t.Fatalf("got %v, %d calls left", err, left)
			}
			if !strings.Contains(err.StackTrace, tt.trace) {
				t.Errorf("got %s\nwant %s in it", err.StackTrace, tt.trace)
			}
			if _, err, left := runLeaving(t, &Runner{T: NewThread(r.T, TaskDepth), m: r.m}, "return 1"); err != nil || left != 0 {
				t.Errorf("another Runner then gives %v", err)
			}
		})
	}
}

// TestAContextThatEndsWhileACallIsLeft: the call is made again, as it would have
// ended its wait, and what comes after it raises.
func TestAContextThatEndsWhileACallIsLeft(t *testing.T) {
	tests := []struct{ source, message, trace string }{
		{"local function f()\nwait(1)\nend\nf()", "test:3: context canceled", "test:3: in function 'f'\n\ttest:4: in main chunk"},
		{"wait(1, error)", "cut short", "[C]: in function 'wait'\n\ttest:1: in main chunk"},
	}
	for _, tt := range tests {
		ctx, cancel := context.WithCancel(t.Context())
		L := newState(t, Options{})
		L.SetContext(ctx)
		r, called := NewRunner(L), false
		L.SetGlobal("wait", L.NewFunction(func(T *lua.LState) int {
			if called = !called; called {
				return r.Leave()
			}
			if T.GetTop() == 2 {
				T.Error(lua.LString("cut short"), 0)
			}
			return 0
		}))
		fn, bad := Load(L, []byte(tt.source), "=test")
		if bad != nil {
			t.Fatal(bad)
		}
		r.Run(fn)
		cancel()
		_, err := r.Again()
		if err == nil || err.Object.String() != tt.message || r.Left() || called {
			t.Fatalf("got %v; left %v, called %v", err, r.Left(), called)
		}
		if !strings.Contains(err.StackTrace, tt.trace) {
			t.Errorf("got %s\nwant %s in it", err.StackTrace, tt.trace)
		}
	}
}

// TestAThreadThatHasGoneOnIsNotKept: what an error has left on it may be sockets.
func TestAThreadThatHasGoneOnIsNotKept(t *testing.T) {
	L := newState(t, Options{})
	run(t, L, "") // gopher-lua keeps the first that runs
	r := NewRunner(L)
	L.SetGlobal("wait", L.NewFunction(func(T *lua.LState) int {
		if r == nil {
			return 0
		}
		return r.Leave()
	}))
	fn, bad := Load(L, []byte("wait() error('no')"), "=test")
	if bad != nil {
		t.Fatal(bad)
	}
	r.Run(fn)
	again, T := r, weak.Make(r.T)
	r = nil
	if _, err := again.Again(); err == nil {
		t.Fatal("no error")
	}
	again = nil
	run(t, L, "type(1)") // is now what has called a row last
	if runtime.GC(); T.Value() != nil {
		t.Error("the thread is still there")
	}
}

func TestABugAfterACallThatWasLeft(t *testing.T) {
	r := leaving(t)
	cause := errors.New("cause")
	r.T.SetGlobal("bug", r.T.NewFunction(func(*lua.LState) int { panic(cause) }))
	defer func() {
		bug, ok := recover().(*Bug)
		if !ok || !errors.Is(bug, cause) || !strings.Contains(string(bug.Stack), "TestABugAfterACallThatWasLeft.func1") {
			t.Errorf("got %v", bug)
		}
	}()
	runLeaving(t, r, "wait(1) bug()")
	t.Error("it returned")
}

func TestAKillInACallThatWasLeft(t *testing.T) {
	r := leaving(t)
	r.T.SetGlobal("kill", r.T.NewFunction(func(T *lua.LState) int {
		T.Error(bind.Kill, 0)
		return 0
	}))
	_, err, left := runLeaving(t, r, "wait(1) pcall(kill)")
	if err == nil || err.Object != bind.Kill || left != 1 {
		t.Errorf("got %v, %d calls left", err, left)
	}
}

// texts are values as one text.
func texts(values []lua.LValue) string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = v.String()
	}
	return strings.Join(list, " ")
}

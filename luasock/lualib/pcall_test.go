package lualib

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// Each chunk asserts for itself.
var pcallCases = []struct{ name, source string }{
	{"results pass", `
		local t = {pcall(function(...) return select("#", ...), ... end, 1, nil, "x", nil)}
		assert(t[1] == true and t[2] == 4 and t[3] == 1 and t[4] == nil and t[5] == "x")
		assert(select("#", pcall(function() end)) == 1)`},
	{"an error's value passes", `
		local e = {}
		local ok, got = pcall(error, e); assert(not ok and got == e)
		ok, got = pcall(error, nil); assert(not ok and got == nil)
		ok, got = pcall(error, "x", 0); assert(got == "x")
		ok, got = pcall(error, " x", 0); assert(got == " x")
		assert(select("#", pcall(error)) == 2)`},
	{"a captured local of a live frame stays one", `
		local n = 0
		local function inc() n = n + 1 end
		inc(); pcall(error, "x"); inc()
		pcall(function() n = n + 1; error("y") end)
		inc(); n = n + 1
		assert(n == 5, n); inc(); assert(n == 6, n)`},
	{"also from frames further out", `
		local function outer()
			local n = 0
			local function inc() n = n + 1 end
			local function inner() local ok = pcall(function() inc(); error({}) end); return n end
			assert(inner() == 1); n = n + 1; inc()
			return n
		end
		assert(outer() == 3)`},
	{"a captured local of a dead frame keeps its value", `
		local get
		pcall(function() local v = 1; get = function() v = v + 1; return v end; v = 41; error("x") end)
		assert(get() == 42 and get() == 43)
		xpcall(function() local v = 1; get = function() return v end; v = 7; local x = nil; x.y = 1 end,
			function(m) assert(get() == 7) return m end)
		assert(get() == 7)`},
	{"after an overflow too", `
		local gets = {}
		local function f(n) local v = n; gets[n] = function() return v end; return 1 + f(n + 1) end
		assert(not pcall(f, 1))
		assert(gets[1]() == 1 and gets[500]() == 500)`},
	{"xpcall passes arguments", `
		assert(select(2, xpcall(function(a, b) return a + b end, error, 2, 3)) == 5)`},
	{"the handler's result is the error", `
		local ok, e, more = xpcall(error, function(m) return m .. "!", 2 end, "x", 0)
		assert(not ok and e == "x!" and more == nil)`},
	{"an error in the handler is handled", `
		local ok, e = xpcall(error, function() error("x") end)
		assert(not ok and e == "error in error handling", e)
		ok, e = xpcall(function() error("a", 0) end, function(m) if m == "a" then error("b", 0) end return m .. "!" end)
		assert(e == "b!", e)
		ok, e = xpcall(error, 1)
		assert(not ok and e == "error in error handling", e)`},
	{"what cannot be called", `
		local ok, e = pcall(nil); assert(not ok and e == "attempt to call a nil value", e)
		ok, e = pcall({}); assert(e == "attempt to call a table value", e)
		assert(select(2, pcall(setmetatable({}, {__call = function(_, x) return x end}), 9)) == 9)
		ok, e = pcall(pcall); assert(e == "bad argument #1 to 'pcall' (value expected)", e)`},
	{"nesting is bounded", `
		local deepest = 0
		local function f(n) deepest = n; local ok, e = pcall(f, n + 1); if not ok then error(e, 0) end end
		local ok, e = pcall(f, 1)
		assert(not ok and e == "C stack overflow", e)
		assert(deepest > 190 and deepest < 201, deepest)
		assert(pcall(f) == false and pcall(function() end))`},
	{"a pcall inside a handler", `
		local ok, e = xpcall(error, function(m) return select(2, pcall(error, m .. "2", 0)) end, "1", 0)
		assert(e == "12", e)`},
	{"a million results", `
		local n = select("#", pcall(unpack, {}, 1, 1000000)); assert(n == 1000001)`},
}

func TestPcall(t *testing.T) {
	for _, c := range pcallCases {
		t.Run(c.name, func(t *testing.T) { run(t, newState(t, Options{}), c.source) })
	}
}

// Every kind of endless recursion ends as an error, and the VM works after it,
// on threads of each kind.
var endless = []struct{ name, source string }{
	{"call", `local function f() return 1 + f() end f()`},
	{"nested pcall", `local function f() local ok, e = pcall(f); if not ok then error(e) end end f()`},
	{"pcall and calls", `local function f(n) if n % 40 == 0 then local ok, e = pcall(f, n + 1); assert(ok, e) end return 1 + f(n + 1) end f(1)`},
	{"__index function", `local t = setmetatable({}, {__index = function(t, k) return t[k] end}); return t.x`},
	{"__index chain", `local t = {}; setmetatable(t, {__index = t}); return t.x`},
	{"__newindex", `local t = setmetatable({}, {__newindex = function(t, k, v) t[k] = v end}); t.x = 1`},
	{"__add", `local mt = {}; mt.__add = function(a, b) return a + b end; local t = setmetatable({}, mt); return t + t`},
	{"__concat", `local mt = {}; mt.__concat = function(a, b) return a .. b end; local t = setmetatable({}, mt); return t .. t`},
	{"__eq", `local mt = {}; mt.__eq = function(a, b) return a == b end; local t, u = setmetatable({}, mt), setmetatable({}, mt); return t == u`},
	{"__call", `local t; t = setmetatable({}, {__call = function() return 1 + t() end}); t()`},
	{"__tostring", `local t = setmetatable({}, {__tostring = function(t) return tostring(t) .. "" end}); tostring(t)`},
	{"gsub", `local function f() return (string.gsub("a", "a", f)) end f()`},
	{"sort", `local function f() table.sort({1, 2, 3}, f) end f()`},
	{"load", `local function f() local fn, e = load(f) if not fn then error(e, 0) end end f()`},
	{"iterator", `local function f() for _ in f do end end f()`},
	{"pcall in __index", `local t; t = setmetatable({}, {__index = function(t, k) local ok, e = pcall(function() return t[k] end); assert(ok, e) end}); return t.x`},
	{"handler", `local function f(m) error(m .. "") end local ok, e = xpcall(error, f, "x"); error(e)`},
	{"xpcall in its handler", `local function f(m) return select(2, xpcall(error, f, m)) end error(f("x"))`},
}

func TestEndlessRecursionIsAnError(t *testing.T) {
	const after = `
		local n = 0; local function inc() n = n + 1 end
		for i = 1, 100 do assert(not pcall(function() inc(); error("x") end)) end
		assert(n == 100 and #string.rep("x", 10) == 10)`
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			L := newState(t, Options{})
			for _, T := range []*lua.LState{L, NewThread(L, TaskDepth), NewThread(L, TaskDepth+3)} {
				run(t, T, `local ok, e = pcall(function() `+c.source+` end)
					assert(not ok, "it ended"); assert(type(e) == "string", type(e))`)
				fn, err := Load(T, []byte(c.source), "=t")
				if err != nil {
					t.Fatal(err)
				}
				if _, failed := PCall(T, fn); failed == nil || failed.Type == lua.ApiErrorPanic {
					t.Errorf("without pcall: %v", failed)
				}
				run(t, T, after)
			}
		})
	}
}

// The registry ends too. It grows by a fixed step, so this one ends soon.
func TestRegistryOverflow(t *testing.T) {
	o := VMOptions()
	o.RegistryMaxSize = 1 << 16
	L := lua.NewState(o)
	defer L.Close()
	fn, err := Load(L, []byte(`local function f(...) return (f(0, 0, 0, 0, ...)) end f()`), "=t")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, failed := PCall(L, fn); failed == nil || failed.Object.String() != "t:1: stack overflow" {
			t.Errorf("got %v", failed)
		}
	}
}

func TestOverflowIsNamed(t *testing.T) {
	L := newState(t, Options{})
	for _, T := range []*lua.LState{L, NewThread(L, TaskDepth)} {
		fn, _ := T.LoadString(`local function f() return 1 + f() end f()`)
		_, err := PCall(T, fn)
		if err == nil || !strings.Contains(err.Object.String(), "stack overflow") {
			t.Errorf("got %v", err)
		}
	}
}

func TestKillIsNotCaught(t *testing.T) {
	for _, source := range []string{
		`pcall(kill)`, `xpcall(kill, print)`, `pcall(pcall, kill)`, `xpcall(error, kill)`,
		`pcall(string.gsub, "a", "a", kill)`, `pcall(table.sort, {1, 2}, kill)`,
		`pcall(function() return setmetatable({}, {__index = kill}).x end)`,
	} {
		L := newState(t, Options{})
		L.SetGlobal("kill", L.NewFunction(func(L *lua.LState) int { L.Error(bind.Kill, 0); return 0 }))
		fn, err := Load(L, []byte(source+" error('went on')"), "=t")
		if err != nil {
			t.Fatal(err)
		}
		if _, failed := PCall(L, fn); failed == nil || failed.Object != bind.Kill {
			t.Errorf("%s: %v", source, failed)
		}
	}
}

func TestBugGoesUp(t *testing.T) {
	cause := errors.New("ours")
	for _, source := range []string{`bug()`, `pcall(bug)`, `xpcall(bug, print)`, `pcall(pcall, bug)`, `xpcall(error, bug)`,
		`string.gsub("a", "a", bug)`} {
		L := newState(t, Options{})
		L.SetGlobal("bug", L.NewFunction(func(L *lua.LState) int { panic(cause) }))
		fn, err := Load(L, []byte(source), "=t")
		if err != nil {
			t.Fatal(err)
		}
		got := func() (got any) {
			defer func() { got = recover() }()
			PCall(L, fn)
			return nil
		}()
		bug, ok := got.(*Bug)
		if !ok || !errors.Is(bug, cause) || !strings.Contains(string(bug.Stack), "TestBugGoesUp") {
			t.Errorf("%s: got %v", source, got)
		}
	}
}

func TestThreadsComeBackClean(t *testing.T) {
	L := newState(t, Options{})
	run(t, L, `pcall(function() local a, b = {}, {}; setfenv(0, {}); error(a) end) pcall(function() return 1, 2, 3 end)`)
	for _, p := range machineOf(L).pools {
		depth := p.depth
		for _, th := range p.threads {
			if th.L.GetTop() != 0 || th.L.Parent != nil || th.err != nil || th.handler != nil {
				t.Errorf("depth %d: not clean", depth)
			}
			if th.L.Options.CallStackSize != depth {
				t.Errorf("depth %d: options are of %d", depth, th.L.Options.CallStackSize)
			}
		}
	}
	if L.Options != VMOptions() {
		t.Error("the main state's options changed")
	}
}

func BenchmarkPcall(b *testing.B) {
	loop := func(L *lua.LState, body string, n int) {
		run(b, L, "for i = 1, "+lua.LNumber(n).String()+" do "+body+" end")
	}
	for _, c := range []struct{ name, body string }{
		{"ok", "pcall(f)"}, {"error", "pcall(error, 1)"}, {"plain call", "f()"},
	} {
		b.Run(c.name, func(b *testing.B) {
			L := newState(b, Options{})
			run(b, L, `function f() end`)
			loop(L, c.body, b.N)
		})
		b.Run(c.name+", gopher-lua's", func(b *testing.B) {
			L := lua.NewState(VMOptions())
			defer L.Close()
			lua.OpenBase(L)
			run(b, L, `function f() end`)
			loop(L, c.body, b.N)
		})
	}
}

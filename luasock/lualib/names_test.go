package lualib

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestFrameLayout(t *testing.T) {
	d, ok := reflect.TypeFor[lua.Debug]().FieldByName("frame")
	if !ok || d.Type.Kind() != reflect.Pointer {
		t.Fatal("lua.Debug has no frame")
	}
	theirs, ours := d.Type.Elem(), reflect.TypeFor[callFrame]()
	current, ok := reflect.TypeFor[lua.LState]().FieldByName("currentFrame")
	if !ok || current.Type != d.Type || current.Offset != currentFrame {
		t.Fatalf("an LState's current frame is a %s at %d", current.Type, current.Offset)
	}
	loop, ok := reflect.TypeFor[lua.LState]().FieldByName("mainLoop")
	if !ok || loop.Type.String() != "func(*lua.LState, *lua.callFrame)" || loop.Offset != mainLoop {
		t.Fatalf("an LState's main loop is a %s at %d", loop.Type, loop.Offset)
	}
	if theirs.NumField() != ours.NumField() || theirs.Size() != ours.Size() {
		t.Fatalf("gopher-lua's callFrame has %d fields", theirs.NumField())
	}
	for i := range ours.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		if a.Name != b.Name || a.Offset != b.Offset || a.Type.Kind() != b.Type.Kind() {
			t.Errorf("field %d is %s %s at %d, expected %s %s at %d", i, a.Name, a.Type, a.Offset, b.Name, b.Type, b.Offset)
		}
	}
}

var messageCases = []struct{ source, message string }{
	{`local conn; conn:send()`, `attempt to index local 'conn' (a nil value)`},
	{`local conn; conn.x = 1`, `attempt to index local 'conn' (a nil value)`},
	{`local conn; return conn.x`, `attempt to index local 'conn' (a nil value)`},
	{`do local a = 1 end return nothing.x`, `attempt to index global 'nothing' (a nil value)`},
	{`do local a = 1 end local b; return b.x`, `attempt to index local 'b' (a nil value)`},
	{`if false then local a = 1 elseif nothing.x then local b = 2 end`, `attempt to index global 'nothing' (a nil value)`},
	{`if false then local a = 1 else local b; b() end`, `attempt to call local 'b' (a nil value)`},
	{`local c; (function() for l in c:lines() do end end)()`, `attempt to index upvalue 'c' (a nil value)`},
	{`local d; for l in d.x do end`, `attempt to index local 'd' (a nil value)`},
	{`for i = 1, 2 do local a; a() end`, `attempt to call local 'a' (a nil value)`},
	{`for i = 1, 2 do i() end`, `attempt to call local 'i' (a number value)`},
	{`for k, v in pairs({1}) do v() end`, `attempt to call local 'v' (a number value)`},
	{`for k in pairs({1}) do end nothing()`, `attempt to call global 'nothing' (a nil value)`},
	{`repeat local a; until a.b`, `attempt to index local 'a' (a nil value)`},
	{`local function f(a, ...) local b = 1; a.x = b end f()`, `attempt to index local 'a' (a nil value)`},
	{`local up; local function f() up.x = 1 end f()`, `attempt to index upvalue 'up' (a nil value)`},
	{`local up; local function f() up() end f()`, `attempt to call upvalue 'up' (a nil value)`},
	{`local t = {} t.x.y = 1`, `attempt to index field 'x' (a nil value)`},
	{`local t = {} t.x()`, `attempt to call field 'x' (a nil value)`},
	{`local t = {} t:x()`, `attempt to call method 'x' (a nil value)`},
	{`local t = {} t[1]()`, `attempt to call field '?' (a nil value)`},
	{`nothing()`, `attempt to call global 'nothing' (a nil value)`},
	{`return nothing()`, `attempt to call global 'nothing' (a nil value)`},
	{`local f = function() end f()()`, `attempt to call a nil value`},
	{`return 1 + nothing`, `attempt to perform arithmetic on global 'nothing' (a nil value)`},
	{`local a, b = 1, {} return a + b`, `attempt to perform arithmetic on local 'b' (a table value)`},
	{`local a, b = {}, 1 return a * b`, `attempt to perform arithmetic on local 'a' (a table value)`},
	{`local a = "x" return a + 1`, `attempt to perform arithmetic on local 'a' (a string value)`},
	{`local a = {} return -a`, `attempt to perform arithmetic on local 'a' (a table value)`},
	{`local a return #a`, `attempt to get length of local 'a' (a nil value)`},
	{`local a = {} return "x" .. a`, `attempt to concatenate local 'a' (a table value)`},
	{`local a return a .. "x" .. 1`, `attempt to concatenate local 'a' (a nil value)`},
	{`return "x" .. nothing .. "y"`, `attempt to concatenate global 'nothing' (a nil value)`},
	{`local t = {} return "x" .. t.y`, `attempt to concatenate field 'y' (a nil value)`},
	{`return nil < nil`, `attempt to compare two nil values`},
	{`return 1 < nil`, `attempt to compare number with nil`},
	{`return {} <= {}`, `attempt to compare two table values`},
	{`return "a" > 1`, `attempt to compare number with string`},
	{`for i = "x", 2 do end`, `'for' initial value must be a number`},
	{`for i = 1, {} do end`, `'for' limit must be a number`},
	{`for i = 1, 2, {} do end`, `'for' step must be a number`},
	{`for x in nil do end`, `attempt to call a nil value`},
	{`local t = setmetatable({}, {__index = 1}) return t.x.y`, `attempt to index a number value`},
	{`local t = {} t[nil] = 1`, `table index is nil`},
	{`local t = {} t[0/0] = 1`, `table index is NaN`},
	{`string.fromat("x")`, `attempt to call field 'fromat' (a nil value); did you mean 'format'?`},
	{`local s = string; s.gsbu("x")`, `attempt to call field 'gsbu' (a nil value); did you mean 'gsub'?`},
	{`cortin.create()`, `attempt to index global 'cortin' (a nil value)`},
	{`corotine.create()`, `attempt to index global 'corotine' (a nil value); did you mean 'coroutine'?`},
	{`coroutine.crate()`, `attempt to call field 'crate' (a nil value); did you mean 'create'?`},
	{`local c = coroutine; local function f() return c.reseme() end f()`, `attempt to call field 'reseme' (a nil value); did you mean 'resume'?`},
	{`local mine = {create = 1}; mine.crate()`, `attempt to call field 'crate' (a nil value)`},
}

func TestMessages(t *testing.T) {
	for _, c := range messageCases {
		L := newState(t, Options{})
		fn, err := Load(L, []byte(c.source), "=t")
		if err != nil {
			t.Fatal(err)
		}
		_, failed := PCall(L, fn)
		if failed == nil || failed.Object.String() != "t:1: "+c.message {
			t.Errorf("%s\n got %v\nwant t:1: %s", c.source, failed, c.message)
		}
		Close(L)
	}
}

const traced = `local function deep(n)
	if n == 0 then error("here") end
	deep(n - 1)
end
local t = {}
function t.field() deep(2) end
function t:method() pcall(error); t.field() end
function globally() t:method() end
local function handler(m) return debug.traceback(m, 2) end
local function f() return globally() end
local _, text = xpcall(function() f() end, handler)
out(text)
out(debug.traceback("m"))
out(select(2, pcall(function() return (debug.traceback("in", 1)) end)))
out(coroutine.wrap(function() return (debug.traceback("co")) end)())
out(type(debug.traceback({})), (debug.traceback()))
local function endless() return 1 + endless() end
out((select(2, xpcall(function() local x = nil + 1 end, debug.traceback))))
local co = coroutine.create(function() local function inner() coroutine.yield() end inner() end)
coroutine.resume(co)
out(debug.traceback(co), debug.traceback(co, "x"), debug.traceback(co, nil, 1))
string.gsub("a", "a", function() out(debug.traceback("gsub")) end)
`

func TestTraceback(t *testing.T) {
	var got strings.Builder
	L := newState(t, Options{})
	L.SetGlobal("out", L.NewFunction(func(L *lua.LState) int {
		for i := 1; i <= L.GetTop(); i++ {
			got.WriteString(L.Get(i).String() + "\n")
		}
		return 0
	}))
	fn, err := Load(L, []byte(traced), "@t")
	if err != nil {
		t.Fatal(err)
	}
	if _, failed := PCall(L, fn); failed != nil {
		t.Fatal(failed)
	}
	want := oracle(t, "lua5.1", "function out(...) for i = 1, select('#', ...) do print((select(i, ...))) end end", traced)
	if got.String() != want {
		g, w := strings.Split(got.String(), "\n"), strings.Split(want, "\n")
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Fatalf("line %d:\n got %s\nwant %s", i+1, g[i], w[i])
			}
		}
		t.Errorf("%d lines, %d expected", len(g), len(w))
	}
}

// oracle runs the source as file t in a real interpreter and gives what it
// prints; the test is skipped where there is none.
func oracle(t *testing.T, name, prelude, source string) string {
	t.Helper()
	path := installed(t, name)
	cmd := exec.Command(path, "-e", prelude, "t")
	cmd.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(cmd.Dir, "t"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func TestLocals(t *testing.T) {
	L := newState(t, Options{})
	got := run(t, L, `
		local names = {}
		local function see(level)
			for i = 1, 20 do
				local name, value = debug.getlocal(level + 1, i)
				if not name then break end
				names[#names + 1] = name .. "=" .. tostring(value)
			end
			names[#names + 1] = "|"
		end
		local function f(a, b)
			do local gone = 1 end
			local c = 3
			pcall(function() see(3) end)
			if a then local d = 4; see(1) end
			debug.setlocal(1, 3, "set")
			return c
		end
		local got = f(1, 2)
		names[#names + 1] = tostring(got)
		return table.concat(names, " ")`)
	if want := lua.LString("a=1 b=2 c=3 | a=1 b=2 c=3 d=4 | set"); len(got) == 0 || !strings.HasPrefix(string(want), "a=1") || strings.Join(strings.Fields(noTemporaries(got[0].String())), " ") != string(want) {
		t.Errorf("got %v, want %s", got, want)
	}
}

// noTemporaries leaves out the registers that are no variables.
func noTemporaries(s string) string {
	var kept []string
	for _, field := range strings.Fields(s) {
		if !strings.HasPrefix(field, "(*temporary)") && !strings.HasPrefix(field, "0x") {
			kept = append(kept, field)
		}
	}
	return strings.Join(kept, " ")
}

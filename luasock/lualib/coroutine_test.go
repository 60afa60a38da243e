package lualib

import (
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var coroutineCases = []struct{ name, source string }{
	{"values go both ways", `
		local co = coroutine.create(function(a, b)
			assert(a == 1 and b == nil)
			local c, d = coroutine.yield("x", nil, "y"); assert(c == nil and d == 4)
			return 5, nil
		end)
		assert(type(co) == "thread" and tostring(co):find("^thread: "))
		local t = {n = select("#", coroutine.resume(co, 1)), coroutine.resume(co, nil, 4)}
		assert(t.n == 4 and t[1] == true and t[2] == 5)
		local ok, e = coroutine.resume(co); assert(not ok and e == "cannot resume dead coroutine", e)`},
	{"yield anywhere", `
		local yield = coroutine.yield
		local mt = {__index = function(t, k) return yield("index") end, __add = function() return yield("add") end,
			__eq = function() return yield("eq") end, __lt = function() return yield("lt") end,
			__concat = function() return yield("concat") end, __call = function() return yield("call") end,
			__newindex = function() yield("newindex") end, __tostring = function() return yield("tostring") end}
		local a, b = setmetatable({}, mt), setmetatable({}, mt)
		local co = coroutine.wrap(function()
			local got = {}
			got[#got + 1] = a.x; got[#got + 1] = a + b; got[#got + 1] = tostring(a == b); got[#got + 1] = tostring(a < b)
			got[#got + 1] = a .. b; got[#got + 1] = a(); a.y = 1; got[#got + 1] = tostring(a)
			got[#got + 1] = select(2, pcall(function() return yield("pcall") end))
			got[#got + 1] = tostring(select(3, pcall(pcall, function() error(yield("deep pcall"), 0) end)))
			got[#got + 1] = select(2, xpcall(error, function(m) return yield("handler") end, "x"))
			for v in function() return yield("iterator") end do got[#got + 1] = v; break end
			got[#got + 1] = (string.gsub("a", "a", function() return yield("gsub") end))
			table.sort({2, 1}, function(x, y) return yield("sort") == "less" end)
			load(function() yield("load") end)
			return table.concat(got, ",")
		end)
		local seen, v = {}, co()
		while not v:find(",") do seen[#seen + 1] = v; v = co(v) end
		assert(v == "index,add,true,true,concat,call,tostring,pcall,deep pcall,handler,iterator,gsub", v)
		assert(#seen >= 14, #seen)`},
	{"an error keeps its value", `
		local e = {}
		local ok, got = coroutine.resume(coroutine.create(function() error(e) end)); assert(not ok and got == e)
		ok, got = coroutine.resume(coroutine.create(function() coroutine.yield() error("x", 0) end)); assert(ok)
		ok, got = pcall(coroutine.wrap(function() error(e) end)); assert(got == e)`},
	{"a captured local lives on", `
		local n = 0
		local co = coroutine.wrap(function() local own = 1; local function inc() own = own + 1; n = n + 1; return own end
			while true do inc(); coroutine.yield(inc) end end)
		local inc = co(); assert(n == 1 and inc() == 3 and n == 2); n = n + 1; co(); assert(n == 4 and inc() == 5)`},
	{"status", `
		local co, outer
		outer = coroutine.create(function() 
			assert(coroutine.status(outer) == "running" and coroutine.running() == outer)
			co = coroutine.create(function() assert(coroutine.status(outer) == "normal"); assert(coroutine.status(co) == "running")
				pcall(function() assert(coroutine.running() == co and coroutine.status(co) == "running") end)
				local ok, e = coroutine.resume(outer); assert(not ok and e == "cannot resume non-suspended coroutine", e)
				coroutine.yield() end)
			assert(coroutine.status(co) == "suspended"); assert(coroutine.resume(co)); assert(coroutine.status(co) == "suspended")
			assert(coroutine.resume(co)); assert(coroutine.status(co) == "dead")
			local ok, e = coroutine.resume(coroutine.running()); assert(not ok and e == "cannot resume non-suspended coroutine")
		end)
		assert(coroutine.resume(outer)); assert(coroutine.status(outer) == "dead")
		assert(coroutine.running() == nil and coroutine.isyieldable() == false)
		assert(coroutine.wrap(coroutine.isyieldable)() == true)`},
	{"outside of any", `
		local ok, e = pcall(coroutine.yield, 1); assert(not ok and e:find("attempt to yield from outside a coroutine"), e)
		ok, e = pcall(coroutine.resume, 1); assert(e:find("bad argument #1 to 'resume' %(coroutine expected%)"), e)
		ok, e = pcall(coroutine.create, 1); assert(e:find("bad argument #1 to 'create' %(function expected, got number%)"), e)`},
	{"close", `
		local co = coroutine.create(function() pcall(function() coroutine.yield() end) error("went on") end)
		assert(coroutine.resume(co)); assert(coroutine.close(co) == true); assert(coroutine.status(co) == "dead")
		assert(coroutine.close(co) == true)
		local fresh = coroutine.create(print); assert(coroutine.close(fresh) and coroutine.status(fresh) == "dead")
		local bad = coroutine.create(error); coroutine.resume(bad, "x")
		local ok, e = coroutine.close(bad); assert(ok == false and e == "x"); assert(coroutine.close(bad))
		local co; co = coroutine.create(function() return pcall(coroutine.close, co) end)
		local _, ok, e = coroutine.resume(co); assert(not ok and e:find("cannot close a running coroutine"), e)`},
	{"wrap of a dead one", `
		local f = coroutine.wrap(function() end); f()
		local ok, e = pcall(f); assert(not ok and e:find("cannot resume dead coroutine"), e)`},
	{"nesting is bounded", `
		local function f(n) return coroutine.wrap(function() return f(n + 1) end)() end
		local ok, e = pcall(f, 1); assert(not ok and tostring(e):find("C stack overflow"), e)
		assert(coroutine.wrap(function() return 1 end)() == 1)`},
	{"an overflow inside", `
		local function f() return 1 + f() end
		local ok, e = coroutine.resume(coroutine.create(f)); assert(not ok and e:find("stack overflow"), e)`},
	{"generators in generators", `
		local function tree(n) if n > 0 then tree(n - 1); coroutine.yield(n); tree(n - 1) end end
		local sum = 0; for v in coroutine.wrap(function() tree(10) end) do sum = sum + v end
		assert(sum == 2036, sum)`},
	{"environment", `
		local co = coroutine.create(function() setfenv(1, {x = 1, y = coroutine.yield}); y(x) return x end)
		assert(select(2, coroutine.resume(co)) == 1); assert(select(2, coroutine.resume(co)) == 1)`},
}

func TestCoroutine(t *testing.T) {
	for _, c := range coroutineCases {
		t.Run(c.name, func(t *testing.T) {
			L := newState(t, Options{})
			defer Close(L)
			run(t, L, c.source)
			run(t, NewThread(L, TaskDepth), c.source)
		})
	}
}

// settle waits until no more than n goroutines are left.
func settle(t *testing.T, n int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > n; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines are left, %d expected", runtime.NumGoroutine(), n)
		}
	}
}

func TestAbandonedCoroutinesAreCollected(t *testing.T) {
	L := newState(t, Options{})
	before := runtime.NumGoroutine()
	ended := 0
	L.SetGlobal("block", L.NewFunction(func(L *lua.LState) int {
		defer func() { ended++ }()
		L.Push(L.GetField(L.GetGlobal("coroutine"), "yield"))
		L.Call(0, 0)
		return 0
	}))
	run(t, L, `
		local function body() pcall(pcall, block) caught = true end
		for i = 1, 100000 do
			if i % 2 == 0 then coroutine.resume(coroutine.create(body)) else coroutine.wrap(body)() end
		end
		collectgarbage()
		assert(not caught, "the end was caught")`)
	if ended != 100000 {
		t.Errorf("%d of 100000 were ended", ended)
	}
	settle(t, before+maxIdle)
	Close(L)
	settle(t, before)
}

func TestCollectorPosts(t *testing.T) {
	posted := make(chan func(), 100)
	L := newState(t, Options{Post: func(fn func()) { posted <- fn }})
	defer Close(L)
	// The second call takes the place of the first one's frame, which gopher-lua
	// does not clear.
	run(t, L, `coroutine.wrap(function() coroutine.yield() end)() tostring(1)`)
	runtime.GC()
	(<-posted)()
	if n := len(machineOf(L).idle); n != 1 {
		t.Errorf("%d idle workers, 1 expected", n)
	}
}

func TestSelfReferringCoroutineIsNotCollected(t *testing.T) {
	L := newState(t, Options{})
	defer Close(L)
	run(t, L, `
		coroutine.resume(coroutine.create(function() local self = coroutine.running(); coroutine.yield(); return self end))
		collectgarbage()`)
	busy := 0
	for _, w := range machineOf(L).workers {
		if w.co != nil {
			busy++
		}
	}
	if busy != 1 {
		t.Errorf("%d coroutines are left; 1 was pinned: if it is 0, the README may say more", busy)
	}
}

func TestKillPassesThroughCoroutines(t *testing.T) {
	for _, source := range []string{
		`coroutine.wrap(kill)()`, `coroutine.resume(coroutine.create(kill))`,
		`pcall(coroutine.wrap(function() pcall(kill) end))`,
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
		Close(L)
	}
}

func TestBugPassesThroughCoroutines(t *testing.T) {
	L := newState(t, Options{})
	L.SetGlobal("bug", L.NewFunction(func(L *lua.LState) int { panic("ours") }))
	fn, _ := L.LoadString(`pcall(coroutine.wrap(function() pcall(bug) end))`)
	defer func() {
		if bug, ok := recover().(*Bug); !ok || bug.Value != "ours" {
			t.Errorf("got %v", bug)
		}
	}()
	PCall(L, fn)
}

// A blocking call in a coroutine of a task switches the whole task away, from the
// goroutine of the coroutine, while other tasks run coroutines of their own.
func TestCoroutinesInTasks(t *testing.T) {
	L := newState(t, Options{})
	defer Close(L)
	var block func(struct{}) bool // the running task's
	L.SetGlobal("block", L.NewFunction(func(L *lua.LState) int {
		mine := block
		mine(struct{}{})
		block = mine
		return 0
	}))
	fn, err := Load(L, []byte(`
		local n = ...
		local co = coroutine.create(function()
			local self = coroutine.running()
			for i = 1, 10 do
				pcall(function() block() assert(coroutine.running() == self) error("x") end)
				assert(coroutine.status(self) == "running")
				coroutine.yield(n + i)
			end
		end)
		local sum = 0
		while true do
			assert(coroutine.running() == nil)
			local ok, v = assert(coroutine.resume(co))
			if not v then return sum end
			sum = sum + v
			block()
		end`), "=t")
	if err != nil {
		t.Fatal(err)
	}
	var wait []func() (struct{}, bool)
	sums := make([]lua.LValue, 10)
	for i := range sums {
		next, _ := iter.Pull(func(yield func(struct{}) bool) {
			block = yield
			got, failed := PCall(NewThread(L, TaskDepth), fn, lua.LNumber(i*100))
			if failed != nil {
				t.Error(failed)
				return
			}
			sums[i] = got[0]
		})
		wait = append(wait, next)
	}
	for len(wait) > 0 {
		var left []func() (struct{}, bool)
		for _, next := range wait {
			if _, more := next(); more {
				left = append(left, next)
			}
		}
		wait = left
	}
	for i, sum := range sums {
		if sum != lua.LNumber(i*1000+55) {
			t.Errorf("task %d: %v", i, sum)
		}
	}
}

const switchLoop = `
	local co = coroutine.wrap(function() while true do coroutine.yield() end end)
	local n, clock = %d, os.clock
	local start = clock()
	for i = 1, n do co() end
	print((clock() - start) / n * 1e9)`

// BenchmarkSwitch measures a resume with its yield, which are two switches, and
// the same in the interpreters that are installed.
func BenchmarkSwitch(b *testing.B) {
	b.Run("here", func(b *testing.B) {
		L := newState(b, Options{})
		defer Close(L)
		run(b, L, fmt.Sprintf(`local co = coroutine.wrap(function() while true do coroutine.yield() end end)
			for i = 1, %d do co() end`, b.N))
	})
	for _, name := range []string{"lua5.1", "luajit"} {
		b.Run(name, func(b *testing.B) {
			path, err := exec.LookPath(name)
			if err != nil {
				b.Skip("not installed")
			}
			script := filepath.Join(b.TempDir(), "switch.lua")
			if err := os.WriteFile(script, fmt.Appendf(nil, switchLoop, 1000000), 0o600); err != nil {
				b.Fatal(err)
			}
			out, err := exec.Command(path, script).Output()
			if err != nil {
				b.Fatal(err)
			}
			var ns float64
			fmt.Sscan(strings.TrimSpace(string(out)), &ns)
			b.ReportMetric(ns, "ns/op")
		})
	}
}

func BenchmarkCreate(b *testing.B) {
	L := newState(b, Options{})
	defer Close(L)
	run(b, L, fmt.Sprintf(`local function f() end for i = 1, %d do coroutine.wrap(f)() end`, b.N))
}

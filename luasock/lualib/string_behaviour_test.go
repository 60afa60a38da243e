package lualib

import (
	"context"
	"fmt"
	"iter"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// endlessPatterns take longer than anyone waits.
var endlessPatterns = []struct{ name, code string }{
	{"nested repetitions", `("a"):rep(1000):find(("a-"):rep(20) .. "b")`},
	{"greedy from every byte", `("a"):rep(3000000):find(".-b")`},
	{"back-references", `("a"):rep(5000):find("(.-)(.-)%1%2(.-)%3x")`},
	{"balance from every byte", `("("):rep(3000000):find("%b()")`},
	{"gsub", `("a"):rep(3000000):gsub("a*b", "")`},
	{"gmatch", `for _ in ("a"):rep(3000000):gmatch(".-b") do end`},
}

func TestPatternInterrupt(t *testing.T) {
	for _, tt := range endlessPatterns {
		t.Run(tt.name, func(t *testing.T) {
			var stop atomic.Bool
			L, out := newStringStateWith(t, Options{Interrupt: &stop})
			time.AfterFunc(20*time.Millisecond, func() { stop.Store(true) })
			if got := runCase(L, out, tt.code); got != "interrupted!" {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestPatternContext(t *testing.T) {
	L, out := newStringState(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	L.SetContext(ctx)
	if got := runCase(L, out, endlessPatterns[0].code); got != "context deadline exceeded" {
		t.Errorf("got %q", got)
	}
}

// TestGsubIsLinear compares a subject with one sixteen times as long.
func TestGsubIsLinear(t *testing.T) {
	L, _ := newStringState(t)
	mustRun(t, L, `s = ("x"):rep(60000) long = s:rep(16) t = {x = "y"} f = function(c) return "z" end`)
	for _, repl := range []string{`"%1%1"`, `t`, `f`} {
		took := func(subject string) time.Duration {
			best := time.Hour
			for range 3 {
				start := time.Now()
				mustRun(t, L, subject+`:gsub("(.)", `+repl+`)`)
				best = min(best, time.Since(start))
			}
			return best
		}
		if short, long := took("s"), took("long"); long > 60*short+50*time.Millisecond {
			t.Errorf("%s: %v for 60 KB, %v for 960 KB", repl, short, long)
		}
	}
}

// TestCallbackMayBlock stops a Go coroutine inside a callback of gsub, as a
// blocking call of a task does.
func TestCallbackMayBlock(t *testing.T) {
	L, out := newStringState(t)
	seen := func(yield func(string) bool) {
		L.SetGlobal("wait", L.NewFunction(func(L *lua.LState) int {
			yield(L.CheckString(1))
			return 0
		}))
		mustRun(t, L, `print((("abc"):gsub(".", function(c) wait(c) return c:upper() end)))`)
	}
	next, stop := iter.Pull(seen)
	defer stop()
	for _, want := range []string{"a", "b", "c"} {
		if got, ok := next(); got != want || !ok {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if _, ok := next(); ok || out.String() != "ABC\n" {
		t.Errorf("it printed %q", out)
	}
}

func TestCallbackErrorsPassThrough(t *testing.T) {
	L, out := newStringState(t)
	got := runCase(L, out, `
		local value = {}
		local ok, err = pcall(string.gsub, "abc", "b", function() error(value) end)
		print(ok, err == value)
		print(pcall(string.format, "%s", setmetatable({}, {__tostring = function() error("mine", 0) end})))`)
	if want := "false\ttrue\nfalse\tmine"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRecursionThroughGsubIsAnError(t *testing.T) {
	L, out := newStringState(t)
	got := runCase(L, out, `local function f(s) return (s:gsub(".", f)) end f("x")`)
	if !strings.Contains(got, "overflow") {
		t.Errorf("got %q", got)
	}
	if got := runCase(L, out, `print(("still"):upper())`); got != "STILL" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestPatternCacheIsBounded(t *testing.T) {
	lib := &stringLib{programs: map[string]*program{}}
	for i := range 10 * maxPrograms {
		lib.program(fmt.Sprint("a*", i))
	}
	lib.program(strings.Repeat("a", maxProgram+1))
	if n := len(lib.programs); n > maxPrograms {
		t.Errorf("%d patterns are kept", n)
	}
}

// formatGrid are format calls in every combination of flags, width and
// precision, a line each.
const formatGrid = `
local values = {0, 1, -1, 42, -7.5, 0.1, 1/3, 123456789, 1e15, -1e-5, 2^31, 1e100, 9.995, 0.5, 1e-7, 99999.4}
for _, verb in ipairs{VERBS} do
	for _, flags in ipairs{"", "-", "+", " ", "#", "0", "-+", "+0", " #", "#0", "-#0", "+#0"} do
		for _, width in ipairs{"", "1", "9", "25"} do
			for _, precision in ipairs{"", ".", ".0", ".1", ".5", ".17"} do
				local item = "%" .. flags .. width .. precision .. verb
				local line = {item}
				for _, v in ipairs(values) do line[#line + 1] = string.format(item, v) end
				print(table.concat(line, "|"))
			end
		end
	end
end`

func TestFormatOracle(t *testing.T) {
	for oracle, verbs := range map[string]string{
		"lua5.1": `"d", "i", "e", "E", "f", "g", "G", "s"`,
		"lua5.4": `"a", "A"`,
	} {
		t.Run(oracle, func(t *testing.T) {
			installed(t, oracle)
			compareGrid(t, oracle, strings.Replace(formatGrid, "VERBS", verbs, 1))
		})
	}
	t.Run("unsigned", func(t *testing.T) {
		installed(t, "lua5.1")
		code := strings.Replace(formatGrid, "VERBS", `"u", "x", "X", "o"`, 1)
		compareGrid(t, "lua5.1", strings.Replace(code, "1e100, ", "", 1))
	})
}

func compareGrid(t *testing.T, oracle, code string) {
	t.Helper()
	cmd := exec.Command(oracle, "-")
	cmd.Stdin = strings.NewReader(code)
	answer, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	L, out := newStringState(t)
	mustRun(t, L, code)
	want := strings.Split(string(answer), "\n")
	got := strings.Split(out.String(), "\n")
	for i := range min(len(want), len(got)) {
		if got[i] != want[i] {
			t.Fatalf("line %d\n got %s\nwant %s", i, got[i], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
}

package luasock

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

func TestHelp(t *testing.T) {
	runScripts(t, "", []script{
		{name: "of a function, by itself, by name, as a method", code: `
			out(help(socket.bind)) --> ~^"socket\.bind\(s, address \[, port=0\]\)\\n  Gives .*\\n  PHP: socket_bind"$
			out(help("socket.bind") == help(socket.bind)) --> =true
			out(help(task.current().join)) --> ~^"t:join\(\[timeout\]\)\\n  Waits
			out(help("Task:join") == help(task.current().join)) --> =true
			out(help("t:join") == help("Task:join") and help("fp:gets") == help("Stream:gets")) --> =true
			out(help(help)) --> ~^"help\(\[what\]\)\\n  Returns
			out(help(os.exit)) --> ~^"os\.exit\(\[code=0\]\)\\n  Ends`},
		{name: "of a module, and of all", code: `
			out(help("task")) --> ~^"task: .*\\n  task\.spawn\(fn, \.\.\.\)\\n.*Task: .*t:join
			out(help()) --> ~socket\\n .*\\ntask\\n .*help \\"name\\"`},
		{name: "of a method behind the name of any object", code: `
			out(help("s:bind") == help(socket.bind), help("x:upper") == help(string.upper)) --> =true true
			out(help("Socket:bind") == help(socket.bind)) --> =true
			out(help("server:accept")) --> ~^"fp:accept\(.*socket\.accept\(s\)
			out(help("s:close")) --> ~socket\.close\(s\)
			s = socket.create(socket.AF_INET, socket.SOCK_STREAM) text = "text" own = {s = s}
			out(help("s:close") == help(s.close), help("own.s:close") == help(s.close)) --> =true true
			out(help("text:upper") == help(string.upper)) --> =true
			out(pcall(help, "s:upper")) --> ~there is no help on "s:upper"
			out(pcall(help, "Stream:bind")) --> ~there is no help on "Stream:bind"
			out(pcall(help, "s:recvfrm")) --> ~there is no help on "s:recvfrm"; did you mean s:recvfrom\?
			s:close()`},
		{name: "of an object, and of a module itself", code: `
			out(help(task.current()) == help("Task"), help(task) == help("task"), help("socket.STDIN") == help("Stream")) --> =true true true
			out(pcall(help, {})) --> ~there is no help on a table`},
		{name: "of what has none raises", code: `
			out(pcall(help, function() end)) --> ~bad argument #1 to 'help' \(there is no help on a function\)
			out(help("socket.AF_INET")) --> =socket.AF_INET = 2
			out(pcall(help, "socket.blind")) --> ~there is no help on "socket\.blind"
			out(pcall(help, "socket.bnd")) --> ~there is no help on "socket\.bnd"; did you mean socket\.bind\?\)
			out(pcall(help, 5)) --> ~there is no help on 5`},
	})
}

// In a host's own state Open makes globals and what require returns; Preload
// only the latter. os.exit is theirs unless the host says otherwise.
func TestHostsState(t *testing.T) {
	for _, test := range []struct {
		name    string
		open    func(*lua.LState, Options) (*VM, error)
		globals bool
	}{{"Open", Open, true}, {"Preload", Preload, false}} {
		t.Run(test.name, func(t *testing.T) {
			L := lua.NewState()
			defer L.Close()
			exit := L.GetField(L.GetGlobal("os"), "exit")
			vm, err := test.open(L, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer vm.Close()
			if err := L.DoString(`
				modules = require("socket") == require("socket") and require("task").spawn ~= nil
				globals = socket ~= nil and socket == require("socket") and task == require("task")
			`); err != nil {
				t.Fatal(err)
			}
			if L.GetGlobal("modules") != lua.LTrue || L.GetGlobal("globals") != lua.LBool(test.globals) {
				t.Errorf("modules %v, globals %v", L.GetGlobal("modules"), L.GetGlobal("globals"))
			}
			if L.GetField(L.GetGlobal("os"), "exit") != exit {
				t.Error("os.exit is not the host's any more")
			}
		})
	}
}

// Two VMs in one process know nothing of each other.
func TestTwoVMs(t *testing.T) {
	a, b := openVM(t, Options{}), openVM(t, Options{})
	for _, vm := range []*testVM{a, b} {
		lines, err := vm.run(t, "", `
			s = socket.create(socket.AF_INET, socket.SOCK_STREAM)
			s:connect("127.0.0.1", 0)
			out(#socket.list(), socket.last_error())
			socket.clear_error()
			task.spawn(task.sleep, 0.001)
			out(#task.list())`)
		s := script{want: "1 111\n1"}
		s.report(t, s.check(lines))
		if err != nil {
			t.Error(err)
		}
	}
}

// script is a row of a table of tests in Lua. Its code hands values to out(…);
// what it handed must be want, a line for each call, or, without want, what the
// code's comments say in their order: "--> =text", or "--> ~regexp".
type script struct {
	name   string
	code   string
	want   string
	stderr string // a regexp for all that was printed there; "" for nothing
	err    string // a regexp for the error of Do; "" for none
}

// runScripts runs each script in a VM of its own.
func runScripts(t *testing.T, prelude string, scripts []script) {
	t.Helper()
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			var stderr bytes.Buffer
			vm := openVM(t, Options{Stderr: &stderr})
			got, err := vm.run(t, prelude, s.code)
			problems := s.check(got)
			problems = append(problems, compareText("the error", s.err, errorString(err))...)
			problems = append(problems, compareText("stderr", s.stderr, stderr.String())...)
			s.report(t, problems)
		})
	}
}

// report fails the test for each problem.
func (s *script) report(t *testing.T, problems []string) {
	t.Helper()
	for _, problem := range problems {
		t.Error(problem)
	}
}

// check compares what came through out with what the script says.
func (s *script) check(got []string) (problems []string) {
	want := s.wants()
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			problems = append(problems, fmt.Sprintf("line %d of the output is missing: want %q", i+1, want[i]))
		case i >= len(want):
			problems = append(problems, fmt.Sprintf("line %d of the output is too much: %q", i+1, got[i]))
		case !matches(want[i], got[i]):
			problems = append(problems, fmt.Sprintf("line %d of the output:\n got %q\nwant %q", i+1, got[i], want[i]))
		}
	}
	return problems
}

var expectation = regexp.MustCompile(`(?m)-->\s*([=~].*?)\s*$`)

// wants lists what each call of out must give: "=text" or "~regexp".
func (s *script) wants() (list []string) {
	if s.want == "" {
		for _, m := range expectation.FindAllStringSubmatch(s.code, -1) {
			list = append(list, m[1])
		}
		return list
	}
	for line := range strings.Lines(strings.TrimSpace(s.want)) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "~") {
			line = "=" + line
		}
		list = append(list, line)
	}
	return list
}

func matches(want, got string) bool {
	if pattern, ok := strings.CutPrefix(want, "~"); ok {
		return regexp.MustCompile(pattern).MatchString(got)
	}
	return got == want[1:]
}

func compareText(what, want, got string) []string {
	if want == "" && got != "" {
		return []string{fmt.Sprintf("%s must be empty, got:\n%s", what, got)}
	}
	if !regexp.MustCompile(want).MatchString(got) {
		return []string{fmt.Sprintf("%s must match %s, got:\n%s", what, want, got)}
	}
	return nil
}

func errorString(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// testVM is a VM whose scripts have the function out.
type testVM struct {
	*VM
	lines []string
}

// patience is how long a test's script may take before it is ended.
const patience = time.Minute

// openVM makes a VM that is closed after the test. A Go panic in it shows its
// stack.
func openVM(t testing.TB, o Options) *testVM {
	t.Helper()
	inner, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	vm := &testVM{VM: inner}
	vm.L.Options.IncludeGoStackTrace = true
	t.Cleanup(func() { vm.Close() })
	vm.L.SetGlobal("out", vm.L.NewFunction(func(L *lua.LState) int {
		vm.lines = append(vm.lines, show(L))
		return 0
	}))
	return vm
}

// run runs code, whose lines count from 1, as the chunk "script", after the
// prelude, and returns the lines that out was given.
func (vm *testVM) run(t testing.TB, prelude, code string) ([]string, error) {
	t.Helper()
	overdue := time.AfterFunc(patience, func() { vm.Interrupt("the test took too long") })
	defer overdue.Stop()
	if prelude != "" {
		if err := vm.Do(vm.load(t, "prelude", prelude)); err != nil {
			t.Fatalf("prelude: %v", err)
		}
	}
	err := vm.Do(vm.load(t, "script", strings.TrimPrefix(code, "\n")))
	failOnPanic(t, err)
	return vm.lines, err
}

func (vm *testVM) load(t testing.TB, name, code string) *lua.LFunction {
	t.Helper()
	fn, err := vm.L.Load(strings.NewReader(code), name)
	if err != nil {
		t.Fatal(err)
	}
	return fn
}

// failOnPanic fails the test when an error began as a Go panic.
func failOnPanic(t testing.TB, err error) {
	t.Helper()
	failure, ok := err.(*Error)
	if !ok {
		return
	}
	if text := failure.Error() + failure.Traceback; strings.Contains(text, "runtime error") || strings.Contains(text, "goroutine ") {
		t.Fatalf("a Go panic: %s", text)
	}
}

// show is the arguments of out as one line: texts that do not print are quoted,
// lists shown with what is in them.
func show(L *lua.LState) string {
	var words []string
	for i := 1; i <= L.GetTop(); i++ {
		words = append(words, showValue(L, L.Get(i)))
	}
	return strings.Join(words, " ")
}

func showValue(L *lua.LState, v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		if v == "" || strings.ContainsFunc(string(v), func(r rune) bool { return !strconv.IsPrint(r) || r == utf8.RuneError }) {
			return strconv.Quote(string(v))
		}
		return string(v)
	case *lua.LTable:
		var words []string
		for i := 1; i <= v.Len(); i++ {
			words = append(words, showValue(L, v.RawGetInt(i)))
		}
		return "{" + strings.Join(words, " ") + "}"
	case *lua.LFunction:
		return "function"
	}
	return L.ToStringMeta(v).String()
}

// A host whose Options.Exit returns lives on, and is told.
func TestDoAfterExit(t *testing.T) {
	var codes []int
	vm, err := New(Options{Exit: func(code int) { codes = append(codes, code) }})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	fn, err := vm.Load([]byte(`pcall(os.exit, 3) error("goes on")`), "=script")
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); err != ErrEnded || len(codes) != 1 || codes[0] != 3 {
		t.Errorf("Do gives %v after exits with %v", err, codes)
	}
}

// skipWithout skips a test for which a program is missing; in CI, which installs
// them all, that is a failure.
func skipWithout(t *testing.T, program string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, in CI", program)
	}
	t.Skipf("%s is not installed", program)
}

// Each failure is reported once, and many of them leave nothing behind.
func TestWaitReportsFailuresOnce(t *testing.T) {
	vm := openVM(t, Options{Stderr: io.Discard})
	_, err := vm.run(t, "", `for i = 1, 50 do task.spawn(error, "e" .. i) end`)
	if err == nil || !strings.Contains(err.Error(), "e1") {
		t.Errorf("the first Do gives %v", err)
	}
	if _, err := vm.run(t, "", `task.yield()`); err != nil {
		t.Errorf("the next Do gives %v", err)
	}
	if len(vm.failed) != 0 || vm.unjoined != 0 {
		t.Errorf("%d of %d failed tasks are still kept", len(vm.failed), vm.unjoined)
	}
}

// A closed VM whose state lives on refuses, instead of opening what nobody closes.
func TestAfterClose(t *testing.T) {
	L := lua.NewState()
	defer L.Close()
	vm, err := Open(L, Options{})
	if err != nil {
		t.Fatal(err)
	}
	vm.Close()
	for _, code := range []string{`socket.create_listen(0)`, `task.spawn(print)`, `task.all{print}`, `task.sleep(1)`} {
		if err := L.DoString(code); err == nil || !strings.Contains(err.Error(), "the VM is closed") {
			t.Errorf("%s gives %v", code, err)
		}
	}
}

// Preload says what it needs.
func TestPreloadWithoutPackage(t *testing.T) {
	L := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer L.Close()
	if _, err := Preload(L, Options{}); err == nil || !strings.Contains(err.Error(), "package") {
		t.Errorf("got %v", err)
	}
}

// A host adds modules of its own: as a global, or for require only.
func TestHostsModules(t *testing.T) {
	row := bind.Row{Name: "answer", Sig: "answer()", Doc: "Is 42.", Fn: func(c bind.Call) int {
		if _, ok := c.Host().(*VM); !ok {
			t.Errorf("the row's host is a %T, want the VM", c.Host())
		}
		return c.Return(lua.LNumber(42))
	}}
	vm := openVM(t, Options{})
	vm.OpenModule(&bind.Module{Name: "open", Doc: "A global.", Rows: []bind.Row{row}})
	vm.PreloadModule(&bind.Module{Name: "plain", Doc: "For require.", Rows: []bind.Row{row}}, nil)
	vm.PreloadModule(&bind.Module{Name: "finished", Doc: "For require.", Rows: []bind.Row{row}}, func(t *lua.LTable) lua.LValue {
		t.RawSetString("more", lua.LTrue)
		return t
	})
	if err := vm.L.DoString(`
		assert(open.answer() == 42 and require "open" == open)
		assert(plain == nil and require "plain".answer() == 42 and plain == nil)
		assert(require "finished".more == true and require "finished" == require "finished")
		assert(help "plain":find "For require")
	`); err != nil {
		t.Fatal(err)
	}
}

// An observer asks where in the script it happened.
func TestPosition(t *testing.T) {
	var vm *VM
	var at []string
	vm, err := New(Options{Observe: func(e sock.Event) {
		source, line := vm.Position()
		at = append(at, fmt.Sprintf("%s %s:%d", e.Op, source, line))
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	fn, err := vm.Load([]byte("\nlocal s = socket.create(socket.AF_INET, socket.SOCK_DGRAM)\n\ns:bind('127.0.0.1')"), "@here.lua")
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); err != nil {
		t.Fatal(err)
	}
	want := []string{"create here.lua:2", "bind here.lua:4"}
	if len(at) < 2 || at[0] != want[0] || at[1] != want[1] {
		t.Errorf("observed %q, want %q first", at, want)
	}
}

// A closed VM says so.
func TestClosedVM(t *testing.T) {
	vm := openVM(t, Options{})
	fn, err := vm.Load([]byte("return"), "=script")
	if err != nil {
		t.Fatal(err)
	}
	vm.Close()
	_, err = vm.Load([]byte("return"), "=script")
	for what, err := range map[string]error{"Do": vm.Do(fn), "Wait": vm.Wait(), "Load": err} {
		if err != ErrClosed {
			t.Errorf("%s: %v", what, err)
		}
	}
	vm.Interrupt("late")
	if vm.Post(func() {}) {
		t.Error("Post takes a function")
	}
	if err := vm.Close(); err != nil {
		t.Errorf("Close once more: %v", err)
	}
}

// Close may come from what the script has called, and from Post.
func TestCloseWithin(t *testing.T) {
	for _, code := range []string{
		`close()`, `task.spawn(close) task.sleep(60)`, `pcall(close) task.sleep(60)`, `coroutine.wrap(close)() task.sleep(60)`, `table.sort({1, 2}, close)`,
		`post() task.sleep(60)`, `post() local s = socket.create_listen(0) s:accept()`, `task.spawn(function() post() pcall(task.sleep, 60) task.sleep(60) end)`,
	} {
		t.Run(code, func(t *testing.T) {
			vm := openVM(t, Options{Stderr: io.Discard})
			vm.L.SetGlobal("close", vm.L.NewFunction(func(*lua.LState) int { vm.Close(); return 0 }))
			vm.L.SetGlobal("post", vm.L.NewFunction(func(*lua.LState) int { vm.Post(func() { vm.Close() }); return 0 }))
			fn, err := vm.Load([]byte(code), "=script")
			if err != nil {
				t.Fatal(err)
			}
			if err := vm.Do(fn); err != ErrClosed {
				t.Errorf("Do returns %v", err)
			}
			if vm.Post(func() {}) {
				t.Error("it is not closed")
			}
		})
	}
}

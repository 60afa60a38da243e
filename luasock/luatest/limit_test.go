package luatest

import (
	"context"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
)

func TestLimits(t *testing.T) {
	runSuites(t, []suiteCase{
		{name: "over its time limit, a test says where each of its tasks waits", code: `
			it("a", {timeout = 0.1}, function()
				task.spawn(function() task.sleep(50) end).name = "sleeper"
				task.spawn(function() task.sleep(60) end)
				local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
				a:recv(1)
			end)
			it("b", function() end)`, want: `
			failed a: timeout: over the time limit of 0.1 s\n  the test waits in recv on socket: unix{…}a_test.lua:5\n  sleeper waits in sleep at {…}a_test.lua:2\n  {…}a_test.lua:3 waits in sleep at {…}a_test.lua:3 @5
			passed b`},
		{name: "the time of a test begins with it, options and --timeout alike", suite: Suite{Timeout: 100 * time.Millisecond}, code: `
			it("a", function() task.sleep(100) end)
			describe("b", {timeout = 60}, function() it("c", function() task.sleep(0.15) end) end)`, want: `
			failed a: timeout: over the time limit of 0.1 s\n  the test waits in sleep at {…}:1 @1
			passed b/c`},
		{name: "one that yields for ever", code: `
			it("a", {timeout = 0.05}, function() while true do task.yield() end end)
			it("b", function() end)`, want: `
			failed a: timeout: over the time limit of 0.05 s\n  the test runs at {…}:1 @1
			passed b`},
		{name: "one that computes for ever, and catches errors", code: `
			it("a", {timeout = 0.05}, function() while true do end end)
			it("b", {timeout = 0.05}, function() while true do pcall(function() while true do end end) end end)
			it("c", function() end)`, want: `
			failed a: timeout: over the time limit of 0.05 s\n  the test computes without waiting at {…}:1 @1
			failed b: timeout: over the time limit of 0.05 s\n  the test computes without waiting at {…}:2 @2
			passed c`},
		{name: "a task of the test that computes for ever", code: `
			it("a", {timeout = 0.05}, function() task.spawn(function() while true do end end) task.sleep(100) end)
			it("b", function() end)`, want: `
			failed a: timeout: over the time limit of 0.05 s{…}
			passed b`},
		{name: "a pattern that matches for ever", code: `
			it("a", {timeout = 0.05}, function() (("a"):rep(40) .. "b"):find(("a*"):rep(40) .. "c") end)
			it("b", function() end)`, want: `
			failed a: timeout: over the time limit of 0.05 s{…}
			passed b`},
		{name: "after_each runs after a test that was ended", code: `
			after_each(function() print("after") end)
			it("a", {timeout = 0.05}, function() finally(function() print("finally") end) task.sleep(100) end)`, want: `
			failed a: timeout: {…} @2 | finally after`},
		{name: "a hook that waits for ever", suite: Suite{Timeout: 50 * time.Millisecond}, code: `
			describe("a", function()
				before_all(function() task.sleep(100) end)
				it("b", function() end)
			end)
			it("c", function() end)`, want: `
			failed a/(before_all): timeout: over the time limit of 0.05 s\n  before_all waits in sleep at {…}:2 @2
			skipped a/b: before_all of 'a' failed
			passed c`},
		{name: "a file that computes for ever", suite: Suite{Timeout: 50 * time.Millisecond}, code: `while true do end`, want: `
			failed : timeout: over the time limit of 0.05 s{…} @1`},
		{name: "a deadlock is found at once", code: `
			it("a", function()
				local ch = task.channel()
				task.spawn(function() ch:recv() end)
				ch:recv()
			end)
			it("b", function() end)`, want: `
			failed a: deadlock: deadlock: every task waits, and nothing can wake one\n  the test waits in recv on channel: 0 of 0 at {…}:4\n  {…}:3 waits in recv on channel: 0 of 0 at {…}:3 @4
			passed b`},
		{name: "a deadlock among parallel tests, when the others have ended", code: `
			describe.parallel("p", function()
				it("a", function() task.channel():recv() end)
				it("b", function() task.sleep(0.01) end)
			end)`, want: `
			failed p/a: deadlock: {…} @2
			passed p/b`},
	})
}

// A context that ends cuts the run short: what runs fails, nothing else is begun.
func TestInterrupt(t *testing.T) {
	results, summary := runInterrupted(t, `
		after_each(function() print("after") end)
		it("a", function() task.spawn(interrupt) task.sleep(100) end)
		it("b", function() end)`)
	compareLines(t, "failed a: error: interrupted{…} @2 | after", results)
	if !summary.NotRun {
		t.Error("the summary does not say that the rest was not run")
	}
}

// Also one that computes without end.
func TestInterruptOfABusyTest(t *testing.T) {
	results, _ := runInterrupted(t, `it("a", function() interrupt() while true do end end)`)
	compareLines(t, "failed a: error: interrupted @1", results)
}

// runInterrupted runs a file in which the function interrupt ends the context.
func runInterrupted(t *testing.T, source string) ([]*Result, *Summary) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	c := &collector{}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a_test.lua": source})
	s := Suite{Paths: []string{dir}, Reporters: []Reporter{c}, Timeout: time.Hour}
	s.New = func(o luasock.Options) (*luasock.VM, error) {
		vm, err := luasock.New(o)
		if err == nil {
			vm.L.SetGlobal("interrupt", vm.L.NewFunction(func(*lua.LState) int { cancel(); return 0 }))
		}
		return vm, err
	}
	summary, err := s.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return c.results, summary
}

func (c *collector) Started(string, []string)    {}
func (c *collector) Counted(*Summary)            {}
func (c *collector) Result(r *Result)            { c.results = append(c.results, r) }
func (c *collector) Ended(string, time.Duration) {}
func (c *collector) End(*Summary)                {}

// runSource writes files into a folder of their own and runs the suite there.
func runSource(t *testing.T, s Suite, files map[string]string) ([]*Result, *Summary) {
	t.Helper()
	dir := t.TempDir()
	writeFiles(t, dir, files)
	return runIn(t, s, dir)
}

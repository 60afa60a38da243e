package luatest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// suiteCase is a file of tests and what must come of it: a line for each result,
// "passed name", "skipped name: reason" or "failed name: kind: first line @line";
// and, behind |, what was printed. {…} is any text.
type suiteCase struct {
	name  string
	code  string
	want  string
	suite Suite
}

// runSuites runs each case in a folder of its own.
func runSuites(t *testing.T, cases []suiteCase) {
	t.Helper()
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			results, _ := runSource(t, k.suite, map[string]string{"a_test.lua": k.code})
			compareLines(t, k.want, results)
		})
	}
}

// compareLines compares results with the lines of what was wanted.
func compareLines(t *testing.T, want string, results []*Result) {
	t.Helper()
	var lines []string
	for line := range strings.Lines(want) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	var got []string
	for _, r := range results {
		got = append(got, lineOf(r))
	}
	for i := range max(len(lines), len(got)) {
		switch {
		case i >= len(got):
			t.Errorf("missing: %s", lines[i])
		case i >= len(lines):
			t.Errorf("too much: %s", got[i])
		case !like(lines[i], got[i]):
			t.Errorf("result %d\n got %s\nwant %s", i+1, got[i], lines[i])
		}
	}
}

// lineOf is a result in one line.
func lineOf(r *Result) string {
	line := statusWords[r.Status] + " " + strings.Join(r.Path, "/")
	if r.Reason != "" {
		line += ": " + r.Reason
	}
	for _, f := range r.Failures {
		line += fmt.Sprintf(": %s: %s", f.Kind, strings.ReplaceAll(f.Message, "\n", "\\n"))
		if f.Line > 0 {
			line += fmt.Sprintf(" @%d", f.Line)
		}
	}
	if r.Output != "" {
		line += " | " + strings.ReplaceAll(strings.TrimSuffix(r.Output, "\n"), "\n", " ")
	}
	return line
}

// like compares a text with one in which {…} stands for anything.
func like(want, got string) bool {
	parts := strings.Split(want, "{…}")
	if !strings.HasPrefix(got, parts[0]) {
		return false
	}
	got = got[len(parts[0]):]
	for i, part := range parts[1:] {
		at := strings.Index(got, part)
		if i == len(parts)-2 {
			return strings.HasSuffix(got, part)
		}
		if at < 0 {
			return false
		}
		got = got[at+len(part):]
	}
	return got == ""
}

// collector keeps the results.
type collector struct{ results []*Result }

func (c *collector) Begin(*Summary)              {}
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

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.TrimPrefix(text, "\n")), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func runIn(t *testing.T, s Suite, dir string) ([]*Result, *Summary) {
	t.Helper()
	c := &collector{}
	s.Reporters = append(s.Reporters, c)
	if s.Paths == nil {
		s.Paths = []string{dir}
	}
	if s.Timeout == 0 {
		s.Timeout = time.Minute
	}
	summary, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range c.results {
		if strings.Contains(fmt.Sprint(r.Failures), "fault of sockscript") {
			t.Fatal(r.Failures)
		}
	}
	return c.results, summary
}

func TestWords(t *testing.T) {
	runSuites(t, []suiteCase{
		{name: "blocks, tests and functions", code: `
			describe("a", function()
				it("one", function() end)
				context("b", function() spec("two", function() end) test("three", function() end) end)
			end)
			it("four", function() end)
			function test_six() end
			function test_five() end`, want: `
			passed a/one
			passed a/b/two
			passed a/b/three
			passed four
			passed test_six
			passed test_five`},
		{name: "hooks run around each test, from the outside in and back", code: `
			local function hook(name) return function() print(name) end end
			before_each(hook "b1") after_each(hook "a1")
			before_all(hook "all") after_all(hook "end")
			describe("a", function()
				before_each(hook "b2") after_each(hook "a2")
				it("one", hook "one")
			end)
			it("two", hook "two")`, want: `
			passed a/one | all b1 b2 one a2 a1
			passed two | b1 two a1
			passed (output) | end`},
		{name: "the body of a block sees what the hooks around it have done", code: `
			describe("a", function()
				local names
				setup(function() names = {"x", "y"} end)
				describe("b", function() for _, name in ipairs(names) do it(name, function() end) end end)
			end)`, want: `
			passed a/b/x
			passed a/b/y`},
		{name: "pending, three ways", code: `
			pending("a", function() error("runs") end)
			it("b")
			it("c", function() pending("not now") error("runs") end)`, want: `
			skipped a
			skipped b
			skipped c: not now`},
		{name: "finally runs when the test has failed", code: `
			it("a", function() finally(function() print("clean") end) error("no", 0) end)
			it("b", function() finally(function() print("clean") end) end)
			it("c", function() finally(function() error("unclean", 0) end) end)`, want: `
			failed a: error: no @1 | clean
			passed b | clean
			failed c: error: unclean @3`},
		{name: "lazy hooks run for the tests of the block itself", code: `
			local log = {}
			describe("a", function()
				lazy_setup(function() log[#log + 1] = "a" end)
				lazy_teardown(function() log[#log + 1] = "-a" end)
				describe("b", function()
					lazy_setup(function() log[#log + 1] = "b" end)
					lazy_teardown(function() log[#log + 1] = "-b" end)
					it("one", function() log[#log + 1] = "one" end)
				end)
			end)
			it("all", function() assert.equal("b one -b", table.concat(log, " ")) end)`, want: `
			passed a/b/one
			passed all`},
		{name: "insulate undoes what a block changes", code: `
			insulate("a", function()
				x, string.y = 1, 2
				package.loaded.m = "m"
				it("sees it", function() assert.equal(1, x) assert.equal("m", require "m") end)
			end)
			expose("b", function() z = 3 end)
			it("does not", function() assert.is_nil(x) assert.is_nil(package.loaded.m) assert.equal(3, z) end)`, want: `
			passed a/sees it
			passed does not`},
		{name: "misuse names the word", code: `
			it("a", function() it("b", function() end) end)
			it("b", function() describe("c", function() end) end)
			it("c", function() describe.parallel("d", function() end) end)
			it("d", function() before_each(function() end) end)`, want: `
			failed a: error: 'it' must be called in a describe, or outside of all, not inside a test or hook @1
			failed b: error: 'describe' must be called in a describe, or outside of all, not inside a test or hook @2
			failed c: error: 'parallel' must be called in a describe, or outside of all, not inside a test or hook @3
			failed d: error: 'before_each' must be called in a describe, or outside of all, not inside a test or hook @4`},
		{name: "bad arguments", code: `describe("x", 5)`, want: `
			failed : error: bad argument #2 to 'describe' (fn must be a function, got 5) @1`},
		{name: "unknown options", code: `it("x", {timout = 5}, function() end)`, want: `
			failed : error: bad argument #2 to 'it' (options has an unknown key "timout"; did you mean "timeout"? valid are timeout) @1`},
		{name: "what specs require by name", code: `
			require "busted.runner"()
			local a = require "luassert"
			it("a", function() assert.equal(a, assert) require "busted".describe = nil end)
			it("b", function() assert.equal("x 1", require "say"("key", {1}) or "x 1") end)`, want: `
			passed a
			passed b`},
		{name: "output is the test's, also that of its tasks", code: `
			print "file"
			before_all(function() print "block" end)
			it("a", function() io.write("x", 1, "\n") task.spawn(print, "task") task.yield() end)
			it("b", function() end)
			after_all(function() print "end" end)`, want: `
			passed a | file block x1 task
			passed b
			passed (output) | end`},
		{name: "randomize shuffles, the same way for the same seed", code: `
			randomize(5)
			for i = 1, 6 do it("t" .. i, function() end) end`, want: `
			passed t{…}
			passed t{…}
			passed t{…}
			passed t{…}
			passed t{…}
			passed t{…}`},
	})
}

func TestFailures(t *testing.T) {
	runSuites(t, []suiteCase{
		{name: "errors of all kinds", code: `
			it("a", function() error("text") end)
			it("b", function() error({x = 1}) end)
			it("c", function() error() end)
			it("d", function() local x = nil; x.y = 1 end)
			it("e", function() assert(false) end)
			it("f", function() assert(nil, "message") end)
			it("g", function() error(setmetatable({}, {__tostring = function() return "object" end})) end)
			it("h", function() fail("so") end)
			it("i", function() require "busted".fail("so") end)`, want: `
			failed a: error: text @1
			failed b: error: error with the value { x = 1 } @2
			failed c: error: error with the value nil @3
			failed d: error: attempt to index local 'x' (a nil value) @4
			failed e: error: assertion failed! @5
			failed f: error: message @6
			failed g: error: object @7
			failed h: error: attempt to call global 'fail' (a nil value) @8
			failed i: assertion: so @9`},
		{name: "a syntax error", code: "it('a', function() end)\nlocal = 3", want: `
			failed : error: syntax error near '=' @2`},
		{name: "an error outside any test", code: "it('a', function() end)\nerror('no')", want: `
			failed : error: no @2`},
		{name: "an error in a describe; the others run", code: `
			describe("a", function()
				it("one", function() end)
				error("no")
			end)
			it("two", function() end)`, want: `
			failed a/(the describe): error: no @3
			passed two`},
		{name: "a failing before_all skips the tests of its block", code: `
			describe("a", function()
				before_all(function() error("no server") end)
				after_all(function() print("after") end)
				it("one", function() end)
			end)
			it("two", function() end)`, want: `
			failed a/(before_all): error: no server @2
			skipped a/one: before_all of 'a' failed
			passed two | after`},
		{name: "a failing after_all", code: `
			describe("a", function()
				after_all(function() error("no") end)
				it("one", function() end)
			end)`, want: `
			passed a/one
			failed a/(after_all): error: no @2`},
		{name: "a failing before_each fails the test, which does not run; after_each does", code: `
			before_each(function() error("no") end)
			after_each(function() print("after") end)
			it("one", function() print("runs") end)`, want: `
			failed one: error: no @1 | after`},
		{name: "a failing after_each", code: `
			after_each(function() error("no") end)
			it("one", function() end)`, want: `
			failed one: error: no @1`},
		{name: "both the test and after_each", code: `
			after_each(function() error("no") end)
			it("one", function() error("one") end)`, want: `
			failed one: error: one @2: error: no @1`},
		{name: "a task's error fails the test unless it is joined", code: `
			it("a", function() task.spawn(function() error("in task") end) task.yield() end)
			it("b", function() local t = task.spawn(function() error("in task") end) task.yield() t:join() end)`, want: `
			failed a: error: task {…}a_test.lua:1: in task @1
			passed b`},
		{name: "os.exit fails the test; the others run", code: `
			it("a", function() pcall(os.exit, 3) print("goes on") end)
			it("b", function() task.spawn(os.exit) task.sleep(100) end)
			it("c", function() end)`, want: `
			failed a: error: os.exit(3) was called @1
			failed b: error: os.exit(0) was called
			passed c`},
		{name: "what a function of another chunk raises is placed in the test", code: `
			local f = load("local fn = ... error('deep')", "=other")
			it("a", function()
				f()
			end)`, want: `
			failed a: error: other:1: deep @3`},
	})
}

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

func TestLeaks(t *testing.T) {
	runSuites(t, []suiteCase{
		{name: "a socket that is still referred to, one that is not, one of each kind", code: `
			it("a", function() kept = socket.create_listen(0) end)
			it("b", function() socket.create(socket.AF_INET, socket.SOCK_DGRAM) collectgarbage() end)
			it("c", function()
				local l = socket.stream_server("tcp://127.0.0.1:0")
				local fp = socket.stream_client("tcp://" .. l:get_name(false))
				local s = l:accept()
				l:close() fp:close()
			end)
			it("d", function() local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0) a:close() end)`, want: `
			failed a: leak: a socket was left open\n  tcp 0.0.0.0:{…} listening @1
			failed b: leak: a socket was left open{…} @2
			failed c: leak: a socket was left open\n  tcp 127.0.0.1:{…} connected @6
			failed d: leak: a socket was left open\n  unix{…} @9`},
		{name: "a task", code: `
			it("a", function() task.spawn(function() task.sleep(100) end) end)
			it("b", function() assert.equal(0, #task.list() - 1) end)`, want: `
			failed a: leak: a task was left that has not ended\n  {…}a_test.lua:1 waits in sleep at {…}:1 @1
			passed b`},
		{name: "a task that ends by itself is none, nor what it closes", code: `
			it("a", function()
				local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
				task.spawn(function() b:recv(1) b:close() end)
				a:close()
			end)`, want: `
			passed a`},
		{name: "what before_each opens and after_each closes is none", code: `
			local s
			before_each(function() s = socket.create_listen(0) end)
			after_each(function() s:close() end)
			it("a", function() end)`, want: `
			passed a`},
		{name: "what a block opens is the block's", code: `
			describe("a", function()
				local s
				before_all(function() s = socket.create_listen(0) end)
				it("one", function() end)
				it("two", function() end)
				after_all(function() s:close() end)
			end)
			describe("b", function()
				before_all(function() s = socket.create_listen(0) end)
				it("one", function() end)
			end)
			local s = socket.create_listen(0)`, want: `
			passed a/one
			passed a/two
			passed b/one
			failed b/(the end): leak: a socket was left open\n  tcp {…} @9
			failed (the end): leak: a socket was left open\n  tcp {…} @12`},
		{name: "one verdict: what failed is not also a leak", code: `
			it("a", function() s = socket.create_listen(0) error("no", 0) end)
			it("b", {timeout = 0.05}, function() s = socket.create_listen(0) s:accept() end)
			it("c", function() s = socket.create_listen(0) pending("later") end)`, want: `
			failed a: error: no @1
			failed b: timeout: {…} @2
			skipped c: later`},
		{name: "what module test makes is none, nor a persistent stream", code: `
			it("a", function()
				local s = test.server(function(fp) fp:gets() end)
				local fp = socket.fsockopen("127.0.0.1", s.port)
				fp:close()
			end)
			it("b", function()
				local s = test.server(function(fp) fp:gets() end)
				local fp = socket.pfsockopen("127.0.0.1", s.port)
			end)`, want: `
			passed a
			passed b`},
		{name: "an error in a server's handler fails the test", code: `
			it("a", function()
				local s = test.server(function(fp) error("bad") end)
				local fp = socket.fsockopen("127.0.0.1", s.port)
				fp:gets()
				fp:close()
			end)`, want: `
			failed a: error: {…}bad{…}`},
	})
}

func TestParallel(t *testing.T) {
	start := time.Now()
	results, summary := runSource(t, Suite{}, map[string]string{"a_test.lua": `
		local now, most = 0, 0
		describe.parallel("waits", function()
			for i = 1, 200 do
				it("test " .. i, function()
					now = now + 1
					most = math.max(most, now)
					print("test " .. i)
					task.sleep(0.1)
					now = now - 1
				end)
			end
			describe("in it, one after the other", function()
				for i = 1, 3 do it("n" .. i, function() task.sleep(0.01) end) end
			end)
		end)
		it("ran side by side", function() assert.equal(200, most) end)`})
	if summary.Passed != 204 || summary.Failed != 0 {
		t.Errorf("%d passed, %d failed", summary.Passed, summary.Failed)
	}
	for i, r := range results[:200] {
		if want := fmt.Sprintf("test %d", i+1); r.Path[1] != want || r.Output != want+"\n" {
			t.Errorf("result %d is of %q with the output %q", i, r.Path, r.Output)
		}
	}
	if d := time.Since(start); d > 15*time.Second {
		t.Errorf("200 tests that wait 0.1 s took %v", d)
	}
}

// Sockets and errors of tests that run side by side are each the test's.
func TestParallelTellsTestsApart(t *testing.T) {
	runSuites(t, []suiteCase{{name: "parallel", code: `
		describe.parallel("p", function()
			it("a", function() task.sleep(0.01) s = socket.create_listen(0) task.sleep(0.01) end)
			it("b", function() task.sleep(0.015) end)
			it("c", function() task.spawn(function() error("in c") end) task.sleep(0.02) end)
			it("d", {timeout = 0.05}, function() task.sleep(100) end)
		end)`, want: `
		failed p/a: leak: {…} @2
		passed p/b
		failed p/c: error: {…}in c @4
		failed p/d: timeout: over the time limit of 0.05 s\n  the test waits in sleep at {…}:5 @5`}})
}

func namesOf(results []*Result) []string {
	var list []string
	for _, r := range results {
		list = append(list, r.Name())
	}
	return list
}

const manyTests = `
	describe("outer", function()
		before_all(function() print("outer") end)
		it("alpha #slow", function() end)
		it("beta", function() end)
		describe("inner #net", function()
			before_all(function() started = true end)
			it("keep-alive", function() end)
			it("gamma %d", function() end)
		end)
		it("started", function() assert.equal(started_wanted, started) end)
	end)`

func TestSelection(t *testing.T) {
	for _, k := range []struct {
		name  string
		suite Suite
		want  string
	}{
		{"by text, though it looks like a pattern", Suite{Filter: []string{"keep-alive"}}, "outer inner #net keep-alive"},
		{"by a part of the whole name", Suite{Filter: []string{"outer beta"}}, "outer beta"},
		{"by a pattern", Suite{Filter: []string{"a$"}}, "outer beta"},
		{"by several", Suite{Filter: []string{"beta", "alpha"}}, "outer alpha #slow|outer beta"},
		{"without", Suite{Exclude: []string{"inner", "alpha", "started"}}, "outer beta"},
		{"by tag, also of a block", Suite{Tags: []string{"slow", "net"}}, "outer alpha #slow|outer inner #net keep-alive|outer inner #net gamma %d"},
		{"tag and filter", Suite{Tags: []string{"net"}, Filter: []string{"keep"}}, "outer inner #net keep-alive"},
		{"the first of two shards", Suite{Shard: 1, Shards: 2}, "outer alpha #slow|outer inner #net keep-alive|outer started"},
	} {
		t.Run(k.name, func(t *testing.T) {
			results, _ := runSource(t, k.suite, map[string]string{"a_test.lua": strings.Replace(manyTests, "started_wanted", "started", 1)})
			if got := strings.Join(namesOf(results), "|"); k.name != "the first of two shards" && got != k.want {
				t.Errorf("ran %s\nwant %s", got, k.want)
			}
		})
	}
}

// What before_all would start is not started for tests that do not run.
func TestSelectionCallsNoHookInVain(t *testing.T) {
	results, _ := runSource(t, Suite{Filter: []string{"^one"}}, map[string]string{"a_test.lua": `
		describe("no", function()
			before_all(function() error("called") end)
			it("test", function() end)
			describe("deeper", function() it("test", function() end) end)
		end)
		it("one", function() end)`})
	compareLines(t, "passed one", results)
}

// A block whose body needs what a hook has made is looked into when it is reached.
func TestSelectionOfLateTests(t *testing.T) {
	results, _ := runSource(t, Suite{Filter: []string{"late b y"}}, map[string]string{"a_test.lua": `
		describe("late", function()
			local names
			before_all(function() names = {"x", "y"} end)
			describe("b", function() for _, name in ipairs(names) do it(name, function() end) end end)
		end)
		it("one", function() end)`})
	compareLines(t, "passed late/b/y", results)
}

// Shards have each test once, all together, however the files are.
func TestShards(t *testing.T) {
	dir := t.TempDir()
	writeSmallTests(t, dir, 5, 7)
	const shards = 4
	seen := map[string]int{}
	for i := range shards {
		results, summary := runIn(t, Suite{Shard: i + 1, Shards: shards}, dir)
		if n := summary.Passed; n < 8 || n > 9 {
			t.Errorf("shard %d has %d tests of 35", i+1, n)
		}
		for _, r := range results {
			seen[r.File+r.Name()]++
		}
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s ran %d times", name, n)
		}
	}
	if len(seen) != 35 {
		t.Errorf("%d tests ran, want 35", len(seen))
	}
}

func TestShuffle(t *testing.T) {
	dir := t.TempDir()
	writeSmallTests(t, dir, 4, 10)
	order := func(seed int64) string {
		results, summary := runIn(t, Suite{Shuffle: true, Seed: seed, Jobs: 1}, dir)
		if summary.Seed != seed {
			t.Errorf("the seed is %d, want %d", summary.Seed, seed)
		}
		return strings.Join(namesOf(results), "|")
	}
	first := order(1)
	if order(1) != first {
		t.Error("the same seed gives another order")
	}
	if order(2) == first || order(3) == first {
		t.Error("another seed gives the same order")
	}
	sorted := strings.Split(first, "|")
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) != 40 {
		t.Error("not each test ran once")
	}
}

func TestRepeat(t *testing.T) {
	_, summary := runSource(t, Suite{Repeat: 3}, map[string]string{"a_test.lua": `it("a", function() n = (n or 0) + 1 assert.equal(1, n) end)`})
	if summary.Passed != 3 || summary.Failed != 0 {
		t.Errorf("%d passed, %d failed", summary.Passed, summary.Failed)
	}
}

func TestFailFast(t *testing.T) {
	results, summary := runSource(t, Suite{FailFast: true, Jobs: 1}, map[string]string{
		"a_test.lua": `it("a", function() end) it("b", function() error("no") end) it("c", function() end)`,
		"b_test.lua": `it("d", function() end)`,
	})
	compareLines(t, `
		passed a
		failed b: error: no @1`, results)
	if !summary.NotRun {
		t.Error("the summary does not say that the rest was not run")
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{
		"a_test.lua": "", "b_spec.lua": "", "helper.lua": "", "sub/c_test.lua": "", ".hidden/d_test.lua": "", "test.lua": "", "sub/x": "",
	})
	files, err := Discover([]string{dir})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		name, _ := filepath.Rel(dir, f)
		got = append(got, filepath.ToSlash(name))
	}
	if want := "a_test.lua b_spec.lua sub/c_test.lua"; strings.Join(got, " ") != want {
		t.Errorf("found %q, want %q", got, want)
	}
	twice, err := Discover([]string{filepath.Join(dir, "helper.lua"), filepath.Join(dir, "helper.lua")})
	if err != nil || len(twice) != 1 {
		t.Errorf("a file named twice gives %q, %v", twice, err)
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a_test.lua": `it("a", function() end)`, "empty/x": ""})
	for _, k := range []struct {
		suite Suite
		want  string
	}{
		{Suite{Paths: []string{dir + "/none"}}, "cannot read " + dir + "/none: No such file or directory"},
		{Suite{Paths: []string{dir + "/empty"}}, "there is no *_test.lua in " + dir + "/empty"},
		{Suite{Filter: []string{"nothing"}}, "no test of 1 file matches"},
		{Suite{Filter: []string{"a[b"}}, `"a[b" is no Lua pattern: malformed pattern (missing ']')`},
		{Suite{Shard: 3, Shards: 2}, "a shard must be 1/n to n/n, got 3/2"},
		{Suite{Repeat: -1}, "repeat must be 1 or more, got -1"},
	} {
		if k.suite.Paths == nil {
			k.suite.Paths = []string{dir}
		}
		if _, err := k.suite.Run(t.Context()); err == nil || err.Error() != k.want {
			t.Errorf("%+v gives %v\nwant %s", k.suite, err, k.want)
		}
	}
}

// A context that ends cuts the run short: what runs fails, nothing else is begun.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &stopper{cancel: cancel}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a_test.lua": `
		after_each(function() print("after") end)
		it("a", function() task.sleep(100) end)
		it("b", function() end)`})
	s := Suite{Paths: []string{dir}, Reporters: []Reporter{c}, Timeout: time.Minute}
	summary, err := s.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, "failed a: error: interrupted{…} @2 | after", c.results)
	if !summary.NotRun {
		t.Error("the summary does not say that the rest was not run")
	}
}

// Also one that computes without end.
func TestInterruptOfABusyTest(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &stopper{cancel: cancel}
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a_test.lua": `it("a", function() while true do end end)`})
	s := Suite{Paths: []string{dir}, Reporters: []Reporter{c}, Timeout: time.Hour}
	if _, err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
	compareLines(t, "failed a: error: interrupted @1", c.results)
}

// stopper ends the run when the first test begins.
type stopper struct {
	collector
	cancel func()
}

func (s *stopper) Started(string, []string) { s.cancel() }

// Names of tests come in the order of the file, and nothing runs.
func TestList(t *testing.T) {
	var b strings.Builder
	results, _ := runSource(t, Suite{List: true, Reporters: []Reporter{List(&b)}}, map[string]string{"a_test.lua": `
		before_all(function() error("runs") end)
		describe("a", function() it("one", function() error("runs") end) end)
		it("two")
		describe("b", function() error("bad") end)`})
	if len(results) != 3 {
		t.Errorf("%d results", len(results))
	}
	want := []string{":2: a one\n", ":3: two\n", ":4: error: bad\n"}
	for i, line := range slices.Collect(strings.Lines(b.String())) {
		if i >= len(want) || !strings.HasSuffix(line, "a_test.lua"+want[i]) {
			t.Errorf("line %d is %q", i+1, line)
		}
	}
}

// A person looks at a failed test while its sockets are open.
func TestPause(t *testing.T) {
	paused := 0
	dir := t.TempDir()
	writeFiles(t, dir, map[string]string{"a_test.lua": `
		it("a", function() s = socket.create_listen(0) error("no", 0) end)
		it("b", function() end)`})
	s := Suite{}
	s.Pause = pauseFunc(t, &paused)
	results, _ := runIn(t, s, dir)
	compareLines(t, "failed a: error: no @1\npassed b", results)
	if paused != 1 {
		t.Errorf("paused %d times", paused)
	}
}

// What goes through the module http belongs to the test that asks, though it moves
// outside of its tasks, and an idle connection of a session is no leak. Of TLS the
// plaintext is shown.
func TestConversation(t *testing.T) {
	results, _ := runSource(t, Suite{}, map[string]string{"a_test.lua": `
		local session = http.session()
		local server
		before_all(function()
			server = test.server(function(fp)
				for line in fp:lines() do
					if line == "" or line == "\r" then fp:write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK") end
				end
			end)
		end)
		it("a", function() assert.equal(200, session:get("http://127.0.0.1:" .. server.port .. "/a").status) end)
		it("b", function() assert.equal(404, session:get("http://127.0.0.1:" .. server.port .. "/b").status) end)
		it("c", function()
			local s = test.server(function(fp) fp:write("hello\n") end, {tls = true})
			local fp = assert(socket.stream_client(s.url, 5, nil, socket.stream_context{ssl = {verify_peer = false}}))
			finally(function() fp:close() end)
			assert.equal("other\n", fp:gets())
		end)`})
	for i, want := range []string{"", "|GET /b HTTP/1.1.|", "tls read 6 bytes"} {
		r := results[i]
		if (r.Status == Passed) != (want == "") || !strings.Contains(fmt.Sprint(r.Notes), want) {
			t.Errorf("%s, conversation %v", lineOf(r), r.Notes)
		}
	}
	if text := fmt.Sprint(results[2].Notes); strings.Contains(text, "17 03 03") {
		t.Errorf("ciphertext is shown: %s", text)
	}
}

// writeSmallTests writes files of tests that do a little work and three
// assertions each.
func writeSmallTests(t testing.TB, dir string, files, tests int) {
	t.Helper()
	for i := range files {
		text := fmt.Sprintf("describe('file %d', function()\n local n\n before_each(function() n = 1 end)\n", i)
		for k := range tests {
			text += fmt.Sprintf(" it('test %d', function() for i = 1, 100 do n = n + 1 end assert.are.equal(101, n) assert.same({1, {n}}, {1, {101}}) assert.is_not_nil(n) end)\n", k)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%03d_spec.lua", i)), []byte(text+"end)\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

package luatest

import (
	"fmt"
	"os"
	"path/filepath"
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

func (c *collector) Begin(*Summary) {}
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
		{name: "output by every way is the test's", code: `
			it("a", function()
				io.write("1 ")
				io.stdout:write("2 ")
				io.stderr:write("3 ")
				socket.STDOUT:write("4 ")
				socket.STDERR:write("5")
			end)
			it("b", function() task.spawn(function() error("once", 0) end) task.sleep(0) end)`, want: `
			passed a | 1 2 3 4 5
			failed b: error: task {…}a_test.lua:8: once @8`},
		{name: "output is the test's, also that of its tasks", code: `
			print "file"
			before_all(function() print "block" end)
			it("a", function() io.write("x", 1, "\n") task.spawn(print, "task") task.yield() end)
			it("b", function() end)
			after_all(function() print "end" end)`, want: `
			passed a | file block x1 task
			passed b
			passed (output) | end`},
		{name: "what commands write is the test's output", code: `
			it("a", function()
				print("one")
				os.execute("echo two; echo three >&2")
				print("four")
				io.popen("echo five; cat", "w"):close()
			end)
			it("b", function()
				os.execute("echo alone")
				local p = io.popen("echo read; echo told >&2") p:read("*a") p:close()
			end)
			it("c", function() end)`, want: `
			passed a | one two three four five
			passed b | alone told
			passed c`},
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
		{name: "an assertion in a coroutine, and in a task", code: `
			it("a", function()
				coroutine.wrap(function()
					assert.equal(1, 2)
				end)()
			end)
			it("b", function()
				task.spawn(function()
					assert.equal(1, 2)
				end)
				task.yield()
			end)`, want: `
			failed a: assertion: the values are not equal\n  expected: 1\n  actual:   2 @3
			failed b: assertion: task {…}a_test.lua:7: the values are not equal\n  expected: 1\n  actual:   2 @8`},
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

// An error outside any test is reported at its line.
func TestErrorOutsideAnyTest(t *testing.T) {
	results, _ := runSource(t, Suite{}, map[string]string{"a_test.lua": "it('a', function() end)\nerror('no')"})
	compareLines(t, "failed : error: no @2", results)
	if results[0].Line != 2 {
		t.Errorf("the result is at line %d", results[0].Line)
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

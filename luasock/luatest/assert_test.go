package luatest

import (
	"os"
	"strings"
	"testing"
)

// TestAssertions: each line of code, and the message with which it fails; "" when it
// holds. A message may go on in further lines.
func TestAssertions(t *testing.T) {
	for _, k := range []struct{ code, want string }{
		// plain
		{`assert(true) assert(1 == 1, "no")`, ""},
		{`local a, b, c = assert(1, "x", 3) assert(a == 1 and b == "x" and c == 3)`, ""},
		{`assert()`, "bad argument #1 to 'assert' (value expected)"},
		// equal
		{`assert.equal(1, 1) assert.equals("a", "a") assert.are.equal(nil, nil)`, ""},
		{`assert.equal("foo", "bar")`, "the values are not equal\n  expected: \"foo\"\n  actual:   \"bar\""},
		{`assert.equal(1, "1")`, "the values are not equal\n  expected: 1\n  actual:   \"1\""},
		{`assert.equal(1, 2, "the count")`, "the count\nthe values are not equal\n  expected: 1\n  actual:   2"},
		{`assert.message("the count").equal(1, 2)`, "the count\nthe values are not equal\n  expected: 1\n  actual:   2"},
		{`assert.equal({}, {})`, "the values are not equal: they are two tables, with the same content\n  both: {}"},
		{`assert.equal("a\nb\n", "a\nc\n")`, "the strings are not equal (- expected, + actual)\n    \"a\\n\"\n  - \"b\\n\"\n  + \"c\\n\""},
		{`assert.equal(("x"):rep(80), ("x"):rep(79) .. "y")`, "the values are not equal\n  expected: {…}\n  actual: {…}\n  from byte 80 on: …\"xxxxxxxxxxxxxxxxxxxxy\", not …\"xxxxxxxxxxxxxxxxxxxxx\""},
		{`assert.equal("\1\2", "\1\3")`, "the strings are not equal\nexpected 2 bytes, actual 2 bytes; first difference at byte 2 (offset 0x1): expected 02, got 03{…}"},
		{`assert.not_equal(1, 2) assert.is_not.equal(1, 2) assert.are_not.equal(1, 2) assert.Not.equal(1, 2) assert.is_not_equal(1, 2)`, ""},
		{`assert.not_equal(1, 1)`, "expected anything but 1"},
		{`assert.is_not.Not.equal(1, 1)`, ""},
		{`assert.equal(1)`, "bad argument #2 to 'equal' ('equal' needs 2 arguments, got 1)"},
		// same
		{`assert.same({1, {x = "y"}}, {1, {x = "y"}}) assert.same(1, 1) assert.is_same({}, {}) assert.are.same({}, {})`, ""},
		{`assert.same({a = 1, b = {1, 2, 3}}, {a = 1, b = {1, 4, 3}})`,
			"the tables are not the same (- expected, + actual)\n    {\n      a = 1,\n      b = {\n        1,\n  -     2,\n  +     4,\n        3,\n      },\n    }"},
		{`assert.same({1}, 1)`, "the values are not the same\n  expected: { 1 }\n  actual:   1"},
		{`assert.not_same({1}, {1})`, "expected anything but { 1 }"},
		{`local a, b = {}, {} a.a, b.a = a, b assert.same(a, b)`, ""},
		{`local a, b = {1}, {2} a.a, b.a = a, b assert.same(a, b)`, "the tables are not the same{…}"},
		{`assert.same({[1] = 1, [2] = nil, n = 2}, {1, n = 2})`, ""},
		{`assert.same({["a b"] = 1, [true] = 2, [1.5] = 3}, {})`, "the tables are not the same (- expected, + actual)\n  - {\n  -   [1.5] = 3,\n  -   [\"a b\"] = 1,\n  -   [true] = 2,\n  - }\n  + {}"},
		// bytes
		{`assert.bytes("abc", "abc")`, ""},
		{`assert.bytes("\1\2\3", "\1\2\4")`, "the bytes are not equal\nexpected 3 bytes, actual 3 bytes; first difference at byte 3 (offset 0x2): expected 03, got 04{…}"},
		{`assert.not_bytes("a", "a")`, "expected other bytes than\n00000000  61 {…}"},
		{`assert.bytes({}, "a")`, "bad argument #1 to 'bytes' (expected must be a string, got a table)"},
		// truth
		{`assert.is_true(true) assert.True(true) assert.Is.True(true) assert.is.True(true) assert.is_not_true(1)`, ""},
		{`assert.is_true(1)`, "expected true, got 1"},
		{`assert.is_true(false, "ready")`, "ready\nexpected true, got false"},
		{`assert.is_false(false) assert.False(false)`, ""},
		{`assert.is_false(nil)`, "expected false, got nil"},
		{`assert.truthy(0) assert.falsy(nil) assert.is_falsy(false) assert.is_not_falsy("")`, ""},
		{`assert.truthy(nil)`, "expected a value that is neither nil nor false, got nil"},
		{`assert.falsy("x")`, "expected nil or false, got \"x\""},
		// types
		{`assert.is_nil(nil) assert.is_table({}) assert.is_string("") assert.is_number(1) assert.is_function(print) assert.is_boolean(false)`, ""},
		{`assert.is_thread(coroutine.create(print)) assert.is_userdata(socket.STDIN) assert.is_not_nil(1) assert.not_nil(1) assert.is_not.Nil(1)`, ""},
		{`assert.is_nil(1)`, "expected nil, got 1"},
		{`assert.is_table("x")`, "expected a table, got \"x\""},
		{`assert.is_not_nil(nil)`, "expected anything but nil, got nil"},
		// near
		{`assert.near(1, 1.05, 0.1) assert.is_near(1, 1, 0) assert.not_near(1, 2, 0.5)`, ""},
		{`assert.near(1, 1.5, 0.1)`, "expected 1 ± 0.1, got 1.5, which is off by 0.5"},
		{`assert.near(1, {}, 0.1)`, "bad argument #2 to 'near' (actual must be a number, got a table)"},
		// matches
		{`assert.matches("^a", "abc") assert.match("b", "abc") assert.has_match("b", "abc") assert.not_matches("^b", "abc") assert.does_not.match("^b", "abc")`, ""},
		{`assert.matches("%d+", "abc")`, "the string does not match the pattern\n  expected: a match of \"%d+\"\n  actual:   \"abc\""},
		{`assert.equal("12", assert.matches("(%d+)", "a12"))`, ""},
		{`assert.matches("+", "a+b", 1, true)`, ""},
		{`assert.matches("[", "x")`, "malformed pattern (missing ']')"},
		// errors
		{`assert.has_error(function() error("x") end) assert.has.errors(function() error("x") end, "x") assert.error(function() error({1}) end, {1})`, ""},
		{`assert.has_no.errors(function() end) assert.has_no_error(function() end) assert.no_error(function() end)`, ""},
		{`assert.has_error(function() end)`, "expected an error, got none"},
		{`assert.has_error(function() end, "x")`, "expected an error, got none\n  expected: \"x\"\n  actual:   (no error)"},
		{`assert.has_error(function() error("y") end, "x")`, "it is another error\n  expected: \"x\"\n  actual:   \"y\""},
		{`assert.has_no.errors(function() error("y") end)`, "expected no error, got \"y\""},
		{`assert.has_no.errors(function() assert.equal(1, 2) end)`, "expected no error, got the values are not equal\n  expected: 1\n  actual:   2"},
		{`assert.error_matches(function() error("code 42") end, "%d+") assert.error.matches(function() error("code 42") end, "%d+")`, ""},
		{`assert.error_matches(function() error("code") end, "%d+")`, "the error does not match the pattern\n  expected: an error that matches \"%d+\"\n  actual:   \"code\""},
		{`assert.has_error("x")`, "bad argument #1 to 'error' (fn must be a function, got \"x\")"},
		// others
		{`assert.unique({1, 2, 3}) assert.is_unique({{}, {}})`, ""},
		{`assert.unique({1, 2, 1})`, "expected no value twice, got 1 in { 1, 2, 1 }"},
		{`assert.unique({{1}, {1}}, true)`, "expected no value twice, got { 1 } in { { 1 }, { 1 } }"},
		{`assert.returned_arguments(2, 1, 2)`, ""},
		{`assert.returned_arguments(2, 1)`, "expected 2 values, got 1"},
		{`assert.array({1, 2}).has.no.holes() assert.array({1, nil, 3}).has.holes(3)`, ""},
		{`assert.array({1, nil, 3}).has.no.holes(3)`, "expected no hole in the list, got one at 2"},
		{`assert.nothing(1)`, "there is no assertion \"nothing\""},
		{`assert.eqaul(1, 1)`, "there is no assertion \"eqaul\"; did you mean \"equal\"?"},
		{`local a = assert.is_string("x") assert.equal("x", a)`, ""},
		// what a caught failure is
		{`local ok, e = pcall(assert.equal, 1, 2) assert.is_table(e) assert.matches("^the values are not equal", e.message) assert.equal(e.message, tostring(e))`, ""},
		// own assertions
		{`local say = require "say"
		  say:set("even.positive", "%s is not even") say:set("even.negative", "%s is even")
		  assert:register("assertion", "even", function(state, args) return args[1] % 2 == 0 end, "even.positive", "even.negative")
		  assert.is_even(2) assert.is_not_even(3) assert.is_even(3)`, "3 is not even"},
		{`assert:register("assertion", "equal", function() return true end) assert.equal(1, 2) assert:unregister("assertion", "equal") assert.equal(1, 2)`, "the values are not equal\n  expected: 1\n  actual:   2"},
		{`assert:register("modifier", "never", function(state) state.mod = not state.mod return state end) assert.never.equal(1, 2) assert.never.equal(1, 1)`, "expected anything but 1"},
		{`assert:add_formatter(function(v) if type(v) == "table" then return "<mine>" end end) assert.is_nil({})`, "expected nil, got <mine>"},
		// values
		{`assert.is_nil("a\0b\255\n\"\\ é \u{200b}")`, `expected nil, got "a\x00b\xff\n\"\\ é \u{200b}"`},
		{`assert.is_nil({1, "a", x = {y = {}}})`, `expected nil, got { 1, "a", x = { y = {} } }`},
		{`local t = {} t.t = t assert.is_nil(t)`, `expected nil, got { t = <the table that it is in> }`},
		{`assert.is_nil(print)`, "expected nil, got <function>"},
		{`assert.is_nil(task.current())`, "expected nil, got <task: the test {…}>"},
	} {
		results, _ := runSource(t, Suite{}, map[string]string{"a_test.lua": "it('a', function() " + k.code + " end)"})
		got := ""
		if f := results[0].Failures; len(f) > 0 {
			got = f[0].Message
		}
		if !like(k.want, got) && !strings.HasPrefix(k.want, got+"\x00") {
			t.Errorf("%s\n got %s\nwant %s", k.code, got, k.want)
		}
	}
}

// Every name that the reference says is there, is.
func TestLuassertNames(t *testing.T) {
	var code strings.Builder
	for _, n := range luassertNames {
		if !strings.HasPrefix(n.here, "yes") || strings.ContainsAny(n.name, "(:…") || n.name == "say" {
			continue
		}
		for _, word := range strings.Split(n.name, ", ") {
			code.WriteString("assert(_G." + word + " or assert['" + word + "'])\n")
		}
	}
	text := strings.NewReplacer("_G.true", "nil", "_G.false", "nil", "_G.nil", "nil", "_G.function", "nil", "_G.not", "nil").Replace(code.String())
	results, _ := runSource(t, Suite{}, map[string]string{"a_test.lua": "it('a', function()\n" + text + "end)"})
	compareLines(t, "passed a", results)
}

func TestSnapshots(t *testing.T) {
	dir := t.TempDir()
	code := func(v string) map[string]string {
		return map[string]string{"a_test.lua": `
			describe("d", function()
				it("a", function()
					assert.snapshot("HTTP/1.1 200 OK\r\n\r\n")
					assert.snapshot({1, x = "` + v + `"})
					assert.snapshot("\0\1\2", "bytes")
				end)
			end)`}
	}
	run := func(s Suite, v string) ([]*Result, *Summary) {
		writeFiles(t, dir, code(v))
		return runIn(t, s, dir)
	}
	results, _ := run(Suite{}, "first")
	compareLines(t, "passed d/a", results)
	compareFile(t, dir+"/__snapshots__/a_test.lua.snap", `# Made by 'sockscript test': '--update' writes it anew.

--- d, a, 1
  "HTTP/1.1 200 OK\r\n"
  "\r\n"

--- d, a, 2
  {
    1,
    x = "first",
  }

--- d, a, bytes
  00000000  00 01 02                                          |...|
  00000003
`)
	results, _ = run(Suite{}, "first")
	compareLines(t, "passed d/a", results)
	results, _ = run(Suite{}, "second")
	compareLines(t, `failed d/a: assertion: the value is not that of the snapshot (- snapshot, + actual; 'sockscript test --update' accepts it)\n    {\n      1,\n  -   x = "first",\n  +   x = "second",\n    } @4`, results)
	results, _ = run(Suite{Update: true}, "second")
	compareLines(t, "passed d/a", results)
	results, _ = run(Suite{}, "second")
	compareLines(t, "passed d/a", results)

	writeFiles(t, dir, map[string]string{"a_test.lua": `it("b", function() end)`})
	_, summary := runIn(t, Suite{}, dir)
	if len(summary.Obsolete) != 3 || !strings.HasSuffix(summary.Obsolete[0], "a_test.lua.snap: d, a, 1") {
		t.Errorf("obsolete are %q", summary.Obsolete)
	}
	if _, summary = runIn(t, Suite{Filter: []string{"b"}}, dir); len(summary.Obsolete) != 0 {
		t.Errorf("with a filter, obsolete are %q", summary.Obsolete)
	}
	if _, summary = runIn(t, Suite{Update: true}, dir); len(summary.Obsolete) != 0 {
		t.Errorf("after an update, obsolete are %q", summary.Obsolete)
	}
	compareFile(t, dir+"/__snapshots__/a_test.lua.snap", "")
}

// What a test would have asked for that failed before, or did not run, is not held
// to be obsolete, and survives an update.
func TestSnapshotsOfTestsThatDoNotEnd(t *testing.T) {
	dir := t.TempDir()
	run := func(s Suite, code string) *Summary {
		writeFiles(t, dir, map[string]string{"a_test.lua": code})
		_, summary := runIn(t, s, dir)
		return summary
	}
	run(Suite{}, `
		it("a", function() assert.snapshot(1) end)
		it("b", function() assert.snapshot(2) end)
		it("c", function() assert.snapshot(3) end)`)
	file := dir + "/__snapshots__/a_test.lua.snap"
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, update := range []bool{false, true} {
		summary := run(Suite{Update: update}, `
			it("a", function() error("too early") end)
			it("b", function() pending("not today") end)
			pending("c", function() assert.snapshot(3) end)`)
		if len(summary.Obsolete) != 0 {
			t.Errorf("obsolete are %q", summary.Obsolete)
		}
		compareFile(t, file, string(before))
	}
}

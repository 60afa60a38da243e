package luatest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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

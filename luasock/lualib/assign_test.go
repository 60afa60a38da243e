package lualib

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// resultCase is a chunk and its results.
type resultCase struct{ code, want string }

func checkResults(t *testing.T, cases []resultCase) {
	t.Helper()
	for _, c := range cases {
		var got []string
		for _, v := range run(t, newState(t, Options{}), c.code) {
			got = append(got, v.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.code, strings.Join(got, " "), c.want)
		}
	}
}

func TestAssignments(t *testing.T) {
	tests := []resultCase{
		{`local a, b = 1, 2 a, b = b, a return a, b`, "2 1"},
		{`local a, b, c = 1, 2, 3 a, b, c = c, a, b return a, b, c`, "3 1 2"},
		{`local a, b = 0, 1 for i = 1, 10 do a, b = b, a + b end return a`, "55"},
		{`local function trim(s) s = (s:gsub("^%s+", "")) return s end return trim("  x")`, "x"},
		{`local function f(a, b) b = (tostring(a)) return a, b end return f(1, 2)`, "1 1"},
		{`local function f(a, ...) a = (...) return a end return f(1, 2)`, "2"},
		{`local t, v = {}, 1 v = t.missing and 2 return v`, "nil"},
		{`local v = 1 v = missing and 2 or missing return v`, "nil"},
		{`local v = 1 v = (not v) and v return v`, "false"},
		{`local a, n = 1, 0 local function f() n = n + a return n end a, n = 5, f() return a, n`, "5 1"},
		{`local i, t = 1, {} i, t[i] = i + 1, 20 return i, t[1], t[2]`, "2 20 nil"},
		{`local i, t = 1, {} t[i], i = 20, 30 return i, t[1], t[30]`, "30 20 nil"},
		{`local t = {} local u = t t.x, t = 1, nil return u.x, t`, "1 nil"},
		{`local t = {1, 2} t[1], t[2] = t[2], t[1] return t[1], t[2]`, "2 1"},
		{`local t = {n = {}} local n = t.n t.n.x, t.n = 1, 2 return n.x, t.n`, "1 2"},
		{`local a, t = 1, {} t.x, a = a return a, t.x`, "nil 1"},
		{`local a a, a = 1, 2 return a`, "1"},
		{`local a, b = 1, 2 a = b, error return a, b`, "2 2"},
		{`local log = "" local function f(x) log = log .. x return x end local t = {} t[f "a"], t[f "b"] = f "c", f "d" return log, t.a, t.b`, "abcd c d"},
		{`local function g(...) return ... end local a, b, c = 9, 9, 9 a, b, c = 0, g(1, 2) return a, b, c`, "0 1 2"},
		{`local a, b = 1, 2 local function get() return a, b end a, b = b, a return get()`, "2 1"},
		{`local x = 1 do local x = 2 x, y = 3, x end return x, y`, "1 2"},
	}
	checkResults(t, tests)
}

// The messages about an assignment that was rewritten name what the source does.
func TestMessagesOfAssignments(t *testing.T) {
	tests := []struct{ code, want string }{
		{`local a, conn = 1 conn.x, a = 1, a`, `t:1: attempt to index local 'conn' (a nil value)`},
		{`local t, a = {}, 1 t.b.c, t.d.e = a, a + 1`, `t:1: attempt to index field 'd' (a nil value)`},
		{`local a, b = 1, 2 a, b = b, nothing()`, `t:1: attempt to call global 'nothing' (a nil value)`},
		{"local a, b = 1, {}\na,\nb = b,\n a .. b", `t:4: attempt to concatenate local 'b' (a table value)`},
	}
	for _, tt := range tests {
		L := newState(t, Options{})
		fn, err := Load(L, []byte(tt.code), "=t")
		if err != nil {
			t.Fatal(err)
		}
		if _, failed := PCall(L, fn); failed == nil || failed.Object.String() != tt.want {
			t.Errorf("%s\n got %v\nwant %s", tt.code, failed, tt.want)
		}
	}
}

// TestAssignmentsAgainstPUC compares random assignments with those of lua5.1.
func TestAssignmentsAgainstPUC(t *testing.T) {
	g := assignments{rand.New(rand.NewPCG(1, 2))}
	var script strings.Builder
	script.WriteString(assignmentsProlog)
	var all []string
	for range 3000 {
		all = append(all, g.function())
		fmt.Fprintf(&script, "show(%s)\n", all[len(all)-1])
	}
	want := strings.Split(oracle(t, "lua5.1", "", script.String()), "\n")
	var out bytes.Buffer
	run(t, newState(t, Options{Stdout: &out}), script.String())
	for i, line := range strings.Split(out.String(), "\n") {
		if i >= len(want) || line != want[i] {
			t.Fatalf("%s\n got %s\nwant %s", all[min(i, len(all)-1)], line, want[min(i, len(want)-1)])
		}
	}
}

const assignmentsProlog = `
local U, V
local T
local function g(...) return ... end
local function two(x) return x, "second" end
local function none() end
local function text(v)
	if type(v) ~= "table" then return type(v) == "function" and "F" or tostring(v) end
	local list = {}
	for k, e in pairs(v) do list[#list + 1] = tostring(k) .. "=" .. (type(e) == "table" and "T" or text(e)) end
	table.sort(list)
	return "{" .. table.concat(list, ",") .. "}"
end
local function join(...)
	local list = {}
	for i = 1, select("#", ...) do list[i] = text((select(i, ...))) end
	return table.concat(list, " ")
end
local function show(f)
	U, V, G, T = "u", "v", nil, {x = {}, m = function(_, v) return v, "m" end}
	local ok, line = pcall(function(...) return join(f(...)) end, "A", "B", "C", "D")
	print(ok, ok and line, text(U), text(V), text(G), text(T), text(T.x))
end
`

// assignments makes functions of up to three arguments with one assignment.
type assignments struct{ *rand.Rand }

func (g assignments) one(of ...string) string { return of[g.IntN(len(of))] }

func (g assignments) function() string {
	args := []string{"a", "b", "c"}[:1+g.IntN(3)]
	dots := g.IntN(3) == 0
	var targets, values []string
	for range 1 + g.IntN(3) {
		a := g.one(args...)
		targets = append(targets, g.one(a, g.one(args...), g.one(args...), "U", "G", "L", "T.y", "T.x.z", "T[1]", "T["+a+"]", "T.x["+a+"]", "T[g("+a+")]", "g(T).y", "L.x", "L["+a+"]"))
	}
	for range max(1, len(targets)+g.IntN(3)-1) {
		values = append(values, g.value(args, dots, 2))
	}
	params := strings.Join(args, ", ")
	if dots {
		params += ", ..."
	}
	return fmt.Sprintf("function(%s) local L = {} %s = %s return %s, L end",
		params, strings.Join(targets, ", "), strings.Join(values, ", "), strings.Join(args, ", "))
}

func (g assignments) value(args []string, dots bool, depth int) string {
	if dots && g.IntN(8) == 0 {
		return g.one("...", "(...)")
	}
	a := g.one(args...)
	if depth == 0 || g.IntN(2) == 0 {
		return g.one(a, a, g.one(args...), "7", "nil", "false", `"k"`, "U", "V")
	}
	form := g.one("g($x)", "(g($x))", "two($x)", "(two($x))", "none($x)", "(none($x))", "T:m($x)",
		"(T:m($x))", "g($x, $y)", "($x and $y)", "($x or $y)", "$x and ($y or $a)", "not $x",
		"$x == $y", "join($x) .. join($y)", "#{$x}", "({$x})[1]", "{$x, $y}",
		"(function(...) return $a end)($x)", "T.x")
	x, y := g.value(args, dots, depth-1), g.value(args, dots, depth-1)
	return strings.NewReplacer("$x", x, "$y", y, "$a", a).Replace(form)
}

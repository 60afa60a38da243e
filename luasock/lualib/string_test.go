package lualib

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// stringCase is a piece of Lua and what it prints, which is what real Lua prints
// too. An error prints as its message without position.
type stringCase struct {
	name, code, want string
	except           []string // the Luas that print something else, or cannot run it
}

var (
	only51 = []string{"lua5.4"}
	only54 = []string{"lua5.1"}
	ours   = []string{"lua5.1", "lua5.4"}
)

// stringCases is all tables of cases.
func stringCases() []stringCase {
	return slices.Concat(simpleCases, patternCases, gsubCases, formatCases, packCases)
}

var simpleCases = []stringCase{
	{"byte gives a range", `print(("abc"):byte(1, -1))`, "97\t98\t99", nil},
	{"byte of a position outside is nothing", `print(select("#", ("abc"):byte(10)), select("#", ("abc"):byte(0)))`, "0\t0", nil},
	{"byte clips a range", `print(("abc"):byte(-10, 10))`, "97\t98\t99", nil},
	{"char", `print(string.char(), string.char(76, "117", 97))`, "\tLua", nil},
	{"char out of range", `string.char(65, 256)`, "bad argument #2 to 'char' (invalid value)", only51},
	{"len counts zeros", `print(("a\0b"):len())`, "3", nil},
	{"numbers are strings", `print(string.len(12), string.rep(1, 3), string.reverse(123))`, "2\t111\t321", nil},
	{"lower and upper leave other bytes", `print(("ÀZaz[` + "`" + `{"):lower(), ("àZaz[` + "`" + `{"):upper())`, "Àzaz[`{\tàZAZ[`{", nil},
	{"rep", `print(("ab"):rep(3), ("ab"):rep(0), ("ab"):rep(-1), (""):rep(1e6))`, "ababab\t\t\t", nil},
	{"rep with a separator", `print(("ab"):rep(3, ", "), ("ab"):rep(1, ","), (""):rep(3, "-"))`, "ab, ab, ab\tab\t--", only54},
	{"rep too large", `("x"):rep(1e10)`, "resulting string too large", ours},
	{"reverse", `print(("abc"):reverse(), (""):reverse())`, "cba\t", nil},
	{"sub", `print(("hello"):sub(2, -2), ("hello"):sub(-100, 100), ("hello"):sub(4, 2) == "", ("hello"):sub(-3))`, "ell\thello\ttrue\tllo", nil},
	{"sub drops fractions", `print(("hello"):sub(1.7), ("hello"):sub("2"))`, "hello\tello", only51},
	{"strings index the library", `print(("x").rep == string.rep, ("x").nothing)`, "true\tnil", nil},
	{"gfind is gmatch", `print(string.gfind == string.gmatch)`, "true", only51},
	{"no argument", `string.rep()`, "bad argument #1 to 'rep' (string expected, got no value)", nil},
	{"second argument missing", `string.rep("x")`, "bad argument #2 to 'rep' (number expected, got no value)", nil},
	{"a wrong type", `string.rep("x", {})`, "bad argument #2 to 'rep' (number expected, got table)", nil},
	{"a nil", `string.upper(nil)`, "bad argument #1 to 'upper' (string expected, got nil)", nil},
	{"text that is no number", `string.rep("x", "y")`, "bad argument #2 to 'rep' (number expected, got string)", nil},
	{"dump of a C function", `string.dump(print)`, "unable to dump given function", nil},
	{"dump of something else", `string.dump(1)`, "bad argument #1 to 'dump' (function expected, got number)", nil},
	{"byte of too many", `string.byte(string.rep("x", 1000001), 1, -1)`, "string slice too long", ours},
	{"byte of a million", `print(select("#", string.byte(string.rep("x", 1000000), 1, -1)))`, "1000000", ours},
}

func TestStringCases(t *testing.T) {
	for _, tt := range stringCases() {
		t.Run(tt.name, func(t *testing.T) {
			L, out := newStringState(t)
			if got := runCase(L, out, tt.code); got != tt.want {
				t.Errorf("%s\n got %q\nwant %q", tt.code, got, tt.want)
			}
		})
	}
}

// TestStringOracle runs the same cases in the real Lua.
func TestStringOracle(t *testing.T) {
	for _, oracle := range []string{"lua5.1", "lua5.4"} {
		t.Run(oracle, func(t *testing.T) {
			installed(t, oracle)
			cases := slices.DeleteFunc(stringCases(), func(c stringCase) bool { return slices.Contains(c.except, oracle) })
			for i, got := range askOracle(t, oracle, cases) {
				if got != cases[i].want {
					t.Errorf("%s: %s\n%s %q\nwant   %q", cases[i].name, cases[i].code, oracle, got, cases[i].want)
				}
			}
		})
	}
}

// Where the error comes from is cut from its message, which differs.
const caseProlog = `
local function case(f)
	local ok, err = pcall(f)
	if not ok then print((tostring(err):gsub("^[^:]*:%d+: ", ""))) end
	io.write("\1case\1")
end
`

func askOracle(t *testing.T, oracle string, cases []stringCase) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString(caseProlog)
	for _, c := range cases {
		fmt.Fprintf(&script, "case(function() %s\nend)\n", c.code)
	}
	cmd := exec.Command(oracle, "-")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", oracle, err, out)
	}
	answers := strings.Split(string(out), "\x01case\x01")[:len(cases)]
	for i := range answers {
		answers[i] = strings.TrimSuffix(answers[i], "\n")
	}
	return answers
}

// newStringState is a state with all libraries, whose print writes to a buffer.
func newStringState(t testing.TB) (*lua.LState, *bytes.Buffer) {
	t.Helper()
	return newStringStateWith(t, Options{})
}

func newStringStateWith(t testing.TB, o Options) (*lua.LState, *bytes.Buffer) {
	t.Helper()
	L := newState(t, o)
	var out bytes.Buffer
	L.SetGlobal("print", L.NewFunction(func(L *lua.LState) int {
		for i := 1; i <= L.GetTop(); i++ {
			if i > 1 {
				out.WriteByte('\t')
			}
			out.WriteString(L.ToStringMeta(L.Get(i)).String())
		}
		out.WriteByte('\n')
		return 0
	}))
	return L, &out
}

var errorPosition = regexp.MustCompile(`^[^:]*:\d+: `)

// runCase runs code and gives what it printed.
func runCase(L *lua.LState, out *bytes.Buffer, code string) string {
	out.Reset()
	if err := L.DoString(code); err != nil {
		out.WriteString(errorPosition.ReplaceAllString(err.(*lua.ApiError).Object.String(), ""))
	}
	return strings.TrimSuffix(out.String(), "\n")
}

// mustRun runs code that raises nothing.
func mustRun(t testing.TB, L *lua.LState, code string) {
	t.Helper()
	if err := L.DoString(code); err != nil {
		t.Fatal(err)
	}
}

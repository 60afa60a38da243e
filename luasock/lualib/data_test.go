package lualib

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// dataCase is an expression and its results, as dataRun prints them.
type dataCase struct{ code, want string }

func dataCases(t *testing.T, cases []dataCase) {
	t.Helper()
	L, _ := dataState(t)
	for _, k := range cases {
		if got := dataRun(L, "return "+k.code); got != k.want {
			t.Errorf("%s\n got %s\nwant %s", k.code, got, k.want)
		}
	}
}

// dataState is a Lua state with all libraries, and its rows.
func dataState(t testing.TB) (*lua.LState, *bind.Env) {
	t.Helper()
	L := newState(t, Options{})
	return L, machineOf(L).env
}

// dataRun gives the results of a chunk, texts quoted, or "raises: message".
func dataRun(L *lua.LState, code string) string {
	fn, err := L.Load(strings.NewReader(code), "t")
	if err != nil {
		return "does not compile: " + err.Error()
	}
	L.Push(fn)
	if err := L.PCall(0, lua.MultRet, nil); err != nil {
		message := err.(*lua.ApiError).Object.String()
		return "raises: " + strings.TrimPrefix(message, "t:1: ")
	}
	var results []string
	for _, v := range dataPop(L) {
		text := L.ToStringMeta(v).String()
		if v.Type() == lua.LTString {
			text = strconv.Quote(text)
		}
		results = append(results, text)
	}
	return strings.Join(results, ", ")
}

// dataCall calls module.name and returns its results; it fails the test when
// the function raises.
func dataCall(t testing.TB, L *lua.LState, module, name string, args ...lua.LValue) []lua.LValue {
	t.Helper()
	fn := L.GetField(L.GetGlobal(module), name)
	if err := L.CallByParam(lua.P{Fn: fn, NRet: lua.MultRet, Protect: true}, args...); err != nil {
		t.Fatalf("%s.%s: %v", module, name, err)
	}
	return dataPop(L)
}

// dataText is dataCall for one text.
func dataText(t testing.TB, L *lua.LState, module, name string, args ...lua.LValue) string {
	t.Helper()
	s, ok := dataCall(t, L, module, name, args...)[0].(lua.LString)
	if !ok {
		t.Fatalf("%s.%s gave no text", module, name)
	}
	return string(s)
}

// dataOracle runs a chunk, which returns a text, in another Lua; the test is
// skipped where that is not installed.
func dataOracle(t testing.TB, program, chunk string) string {
	t.Helper()
	return dataProgram(t, program, "io.write((function() "+chunk+"\nend)())")
}

// installed gives the path of a program. Without it the test is skipped; in CI, which
// installs them all, that is a failure.
func installed(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is not installed, in CI", program)
	default:
		t.Skipf("%s is not installed", program)
	}
	return path
}

// dataProgram gives the output of a program that reads the source on its
// standard input.
func dataProgram(t testing.TB, program, input string, args ...string) string {
	t.Helper()
	path := installed(t, program)
	if len(args) == 0 {
		args = []string{"-"}
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin, cmd.Stderr = strings.NewReader(input), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return string(out)
}

// dataRepetitive is a string in which rows repeat now and then.
func dataRepetitive(r *rand.Rand) string {
	b := make([]byte, r.IntN(300))
	for i := range b {
		if i >= 16 && r.IntN(40) != 0 {
			b[i] = b[i-16]
		} else if r.IntN(3) == 0 {
			b[i] = byte(r.IntN(256))
		}
	}
	return string(b)
}

// TestDataJunk gives every function arguments of every kind: it may raise, but
// only with a message of its own.
func TestDataJunk(t *testing.T) {
	L, env := dataState(t)
	if err := L.DoString(`return nil, true, -1, 0, 1.5, 2^53, 1/0, 0/0, "", "5", "junk", {1}, {x=1}, print, json.null`); err != nil {
		t.Fatal(err)
	}
	lists := dataProduct(dataPop(L), 3)
	for _, entry := range env.Entries() {
		switch entry.Module {
		case "bit", "utf8", "bytes", "json":
			fn := L.GetField(L.GetGlobal(entry.Module), entry.Name)
			for _, args := range lists {
				err := L.CallByParam(lua.P{Fn: fn, NRet: 0, Protect: true}, args...)
				if err != nil && !dataOwn(err.(*lua.ApiError).Object.String(), entry.Name) {
					t.Errorf("%s%v: %v", entry.FullName(), args, err)
				}
			}
		}
	}
}

func dataOwn(message, name string) bool {
	// Called from Go, a message starts with an empty position.
	message = strings.TrimSpace(message)
	return strings.HasPrefix(message, "bad argument #") && strings.Contains(message, " to '"+name+"' (") ||
		message == invalidUTF8 || message == "initial position is a continuation byte"
}

// dataProduct lists all argument lists of up to n of the values.
func dataProduct(values []lua.LValue, n int) [][]lua.LValue {
	all := [][]lua.LValue{nil}
	last := all
	for range n {
		var next [][]lua.LValue
		for _, head := range last {
			for _, v := range values {
				next = append(next, append(slices.Clip(head), v))
			}
		}
		all, last = append(all, next...), next
	}
	return all
}

// dataPop takes everything off the stack.
func dataPop(L *lua.LState) (values []lua.LValue) {
	for i := 1; i <= L.GetTop(); i++ {
		values = append(values, L.Get(i))
	}
	L.SetTop(0)
	return values
}

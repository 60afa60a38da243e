package lualib

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// The files of the official Lua 5.1 test suite, as they lie in gopher-lua's
// module. Lines that cannot hold are left out, each with the reason.
var suites = []struct {
	file string
	skip []skipped
	back []int // lines that are commented out in the copy, and hold here
}{
	{"calls.lua", nil, []int{251, 252, 253}},
	{"closure.lua", nil, nil},
	{"constructs.lua", nil, nil},
	{"errors.lua", []skipped{
		{39, 40, "gopher-lua takes empty statements, as Lua 5.2 does"},
		{44, 44, "a call whose parenthesis stands on the next line: Lua 5.2 dropped the error too"},
		{111, 111, "bind protects the metatables of its classes"},
		{126, 126, "gopher-lua gives a for loop the line of its head"},
		{223, 224, "a chain of operators is not bounded"},
		{238, 238, "gopher-lua has another limit of upvalues, 255"},
		{247, 247, "the chunk does not even parse, which gopher-lua sees first"},
	}, nil},
	{"events.lua", nil, nil},
	{"locals.lua", nil, nil},
	{"math.lua", nil, nil},
	{"nextvar.lua", []skipped{{371, 371, "gopher-lua's for takes numbers only, not strings that are one"}}, nil},
	{"sort.lua", nil, []int{61, 62}},
	{"vararg.lua", nil, nil},
	{"files.lua", []skipped{{216, 216, "what is written goes to the system at once"}}, []int{4, 32, 33, 34, 35, 36, 37, 38, 39, 40, 268, 269, 270, 271, 273, 276, 277, 278}},
	{"literals.lua", nil, nil},
}

// skipped are the lines from to to, counted from 1, which become empty.
type skipped struct {
	from, to int
	reason   string
}

func TestOfficialSuite(t *testing.T) {
	dir := gopherLuaTests(t)
	for _, s := range suites {
		t.Run(s.file, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(dir, s.file))
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(source), "\n")
			for _, i := range s.back {
				lines[i-1] = strings.TrimPrefix(strings.TrimLeft(lines[i-1], " "), "--")
			}
			for _, cut := range s.skip {
				for i := cut.from; i <= cut.to; i++ {
					lines[i-1] = ""
				}
			}
			runSuite(t, dir, s.file, strings.Join(lines, "\n"))
		})
	}
}

func runSuite(t *testing.T, dir, name, source string) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	L := newState(t, Options{Stdout: testWriter{t}})
	defer Close(L)
	L.SetContext(ctx)
	L.SetField(L.GetGlobal("package"), "path", lua.LString(filepath.Join(dir, "?.lua")))
	fn, err := Load(L, []byte(source), "@"+name)
	if err != nil {
		t.Fatal(err)
	}
	if _, failed := PCall(L, fn); failed != nil {
		t.Fatal(failed)
	}
}

// testWriter is the standard output of a suite.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(strings.TrimSuffix(string(p), "\n"))
	return len(p), nil
}

package lualib

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// newState makes a state with all libraries.
func newState(t testing.TB, o Options) *lua.LState {
	t.Helper()
	L := lua.NewState(VMOptions())
	Open(L, bind.NewEnv(nil, func(err error) bind.Verdict { return bind.Verdict{Message: err.Error()} }), o)
	t.Cleanup(L.Close)
	return L
}

// run runs a chunk and gives its results.
func run(t testing.TB, L *lua.LState, source string) []lua.LValue {
	t.Helper()
	fn, err := Load(L, []byte(source), "=t")
	if err != nil {
		t.Fatal(err)
	}
	results, failed := PCall(L, fn)
	if failed != nil {
		t.Fatalf("%v", failed)
	}
	return results
}

// Nothing of gopher-lua's own libraries is left for scripts: every Go function
// that they can reach is a row.
func TestOnlyRowsAreReachable(t *testing.T) {
	L := newState(t, Options{})
	env := machineOf(L).env
	seen := map[*lua.LTable]bool{}
	var walk func(path string, t *lua.LTable)
	walk = func(path string, table *lua.LTable) {
		if seen[table] {
			return
		}
		seen[table] = true
		if mt, ok := table.Metatable.(*lua.LTable); ok {
			walk(path+".metatable", mt)
		}
		table.ForEach(func(k, v lua.LValue) {
			name := path + "." + k.String()
			switch v := v.(type) {
			case *lua.LTable:
				walk(name, v)
			case *lua.LFunction:
				if _, ok := env.Entry(v); !ok && v.IsG {
					t.Errorf("%s is no row", name)
				}
			}
		})
	}
	walk("_G", L.G.Global)
	for _, name := range []string{"channel", "_printregs", "_GOPHER_LUA_VERSION"} {
		if L.GetGlobal(name) != lua.LNil {
			t.Errorf("there is a global %s", name)
		}
	}
}

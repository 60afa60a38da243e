package lualib

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// testOptions are those of the states that tests make.
var testOptions = lua.Options{
	RegistrySize: 1024, RegistryMaxSize: 1 << 21, RegistryGrowStep: 4096,
	CallStackSize: 10000, SkipOpenLibs: true, IncludeGoStackTrace: true,
}

// newState makes a state with all libraries.
func newState(t testing.TB, o Options) *lua.LState {
	t.Helper()
	L := lua.NewState(testOptions)
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

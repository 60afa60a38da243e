package luasock_test

import (
	"flag"
	"os"
	"testing"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
	"sockscript/luasock/php"
)

var update = flag.Bool("update", false, "write REFERENCE.md anew")

// What is documented is what is registered: REFERENCE.md is made from the rows.
func TestReferenceIsFresh(t *testing.T) {
	vm, err := luasock.New(luasock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	luatest.Open(vm)
	luatest.Document(vm)
	want := vm.Reference() + php.Reference()
	if *update {
		if err := os.WriteFile("REFERENCE.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("REFERENCE.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("REFERENCE.md is stale: run go test ./luasock -run Reference -update")
	}
}

// Every row says in its signature what its name is, and in words what it does.
func TestRowsAreDocumented(t *testing.T) {
	vm, err := luasock.New(luasock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	luatest.Open(vm)
	luatest.Document(vm)
	for _, problem := range luasock.Undocumented(vm) {
		t.Error(problem)
	}
}

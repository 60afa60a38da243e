package lualib

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestTable(t *testing.T) {
	for _, source := range []string{
		`local t = {}; for i = 1, 100000 do t[i] = i end; assert(#table.concat(t, ",") == 588894)`,
		`local t = table.pack(1, nil, 3, nil); assert(t.n == 4 and t[3] == 3); assert(select("#", table.unpack(t, 1, t.n)) == 4)`,
		`assert(select("#", table.unpack({}, 1, 1000000)) == 1000000)`,
		`local t = table.move({1, 2, 3}, 1, 3, 2); assert(t[1] == 1 and t[2] == 1 and t[4] == 3)`,
		`local t = table.move({1, 2, 3}, 2, 3, 1); assert(t[1] == 2 and t[2] == 3 and t[3] == 3)`,
		`local t = table.move({1, 2}, 1, 2, 1, {}); assert(#t == 2)`,
		`local t = {5, 3, 1}; pcall(table.sort, t, function() error("x") end); assert(t[1] and t[2] and t[3])`,
		`local t = {}; for i = 1, 1000 do t[i] = (i * 7919) % 1000 end; table.sort(t); for i = 2, 1000 do assert(t[i - 1] <= t[i]) end`,
	} {
		run(t, newState(t, Options{}), source)
	}
}

func TestSortIsInterrupted(t *testing.T) {
	const source = `local t = {}; for i = 1, 100000 do t[i] = i % 1000 end; start(); table.sort(t)`
	for _, how := range []string{"flag", "context"} {
		var flag atomic.Bool
		L := newState(t, Options{Interrupt: &flag})
		ctx, cancel := context.WithCancel(t.Context())
		L.SetGlobal("start", L.NewFunction(func(*lua.LState) int {
			if how == "flag" {
				flag.Store(true)
			} else {
				cancel()
			}
			return 0
		}))
		want := "interrupted!"
		if how == "context" {
			L.SetContext(ctx)
			want = "context canceled"
		}
		fn, err := Load(L, []byte(source), "=t")
		if err != nil {
			t.Fatal(err)
		}
		if _, failed := PCall(L, fn); failed == nil || !strings.Contains(failed.Object.String(), want) {
			t.Errorf("%s: %v", how, failed)
		}
		cancel()
	}
}

package luatest

import lua "github.com/yuin/gopher-lua"

// pair is two tables that are being compared: inside, they are held to be equal.
type pair struct{ a, b *lua.LTable }

// compare tells whether two values are equal, or tables with the same content. A
// metamethod __eq that both tables inside share decides for them; at the outside
// the content does, as in luassert.
func compare(L *lua.LState, a, b lua.LValue) bool {
	return compareWith(L, a, b, map[pair]bool{}, true)
}

func compareWith(L *lua.LState, a, b lua.LValue, seen map[pair]bool, outside bool) bool {
	s, ok := a.(*lua.LTable)
	t, too := b.(*lua.LTable)
	if !ok || !too {
		return L.Equal(a, b)
	}
	if s == t {
		return true
	}
	if !outside && s.Metatable == t.Metatable && L.GetMetaField(s, "__eq") != lua.LNil {
		return L.Equal(a, b)
	}
	if p := (pair{s, t}); seen[p] {
		return true
	} else {
		seen[p] = true
	}
	equal := true
	s.ForEach(func(k, v lua.LValue) {
		equal = equal && compareWith(L, v, other(L, t, k), seen, false)
	})
	t.ForEach(func(k, _ lua.LValue) {
		equal = equal && other(L, s, k) != lua.LNil
	})
	return equal
}

// other is what a table has for a key, by way of __index too.
func other(L *lua.LState, t *lua.LTable, k lua.LValue) lua.LValue {
	if v := t.RawGet(k); v != lua.LNil || t.Metatable == lua.LNil {
		return v
	}
	return L.GetTable(t, k)
}

package luatest

import lua "github.com/yuin/gopher-lua"

// insulate remembers the globals and loaded modules for a block that asks for it.
// The function it returns puts them back.
func (f *file) insulate(b *block) func() {
	if !b.insulate {
		return func() {}
	}
	L := f.vm.L
	globals := keep(L.G.Global)
	undo := func() { globals.restore(L.G.Global) }
	if loaded, ok := L.GetField(L.Get(lua.RegistryIndex), "_LOADED").(*lua.LTable); ok {
		modules := keep(loaded)
		return func() {
			undo()
			modules.restore(loaded)
		}
	}
	return undo
}

// kept is what was in a table.
type kept map[lua.LValue]lua.LValue

func keep(t *lua.LTable) kept {
	k := kept{}
	t.ForEach(func(key, value lua.LValue) { k[key] = value })
	return k
}

func (k kept) restore(t *lua.LTable) {
	var added []lua.LValue
	t.ForEach(func(key, _ lua.LValue) {
		if _, had := k[key]; !had {
			added = append(added, key)
		}
	})
	for _, key := range added {
		t.RawSet(key, lua.LNil)
	}
	for key, value := range k {
		t.RawSet(key, value)
	}
}

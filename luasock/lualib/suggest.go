package lualib

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/spell"
)

// suggest adds the name that was perhaps meant, when a nil was found under a
// name that a library or class of ours, or the globals, nearly have.
func (e failure) suggest(what, name string, reg int) string {
	if e.value(reg) != lua.LNil {
		return ""
	}
	var names *lua.LTable
	switch what {
	case "global":
		names = e.f.Fn.Env
	case "field", "method":
		names = e.m.library(e.T, e.container(e.f.pc(), reg))
	}
	if best := nearest(names, name); best != "" {
		return fmt.Sprintf("; did you mean '%s'?", best)
	}
	return ""
}

// container is the value from which the value in a register was taken.
func (e failure) container(pc, reg int) lua.LValue {
	at := setter(e.f.Fn.Proto, pc, reg)
	if at < 0 {
		return lua.LNil
	}
	i := instruction(e.f.Fn.Proto.Code[at])
	switch i.op() {
	case lua.OP_SELF:
		return e.value(i.a() + 1)
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
		return e.source(at, i.b())
	}
	return lua.LNil
}

// source is the value that a register had at an earlier instruction, found again
// where that is possible without running anything.
func (e failure) source(pc, reg int) lua.LValue {
	p := e.f.Fn.Proto
	if localName(p, pc, reg) != "" {
		return e.value(reg)
	}
	at := setter(p, pc, reg)
	if at < 0 {
		return lua.LNil
	}
	switch i := instruction(p.Code[at]); i.op() {
	case lua.OP_MOVE:
		return e.source(at, i.b())
	case lua.OP_GETGLOBAL:
		return e.f.Fn.Env.RawGetString(text(p, i.bx()))
	case lua.OP_GETUPVAL:
		return e.f.Fn.Upvalues[i.b()].Value()
	case lua.OP_GETTABLEKS:
		if t, ok := e.source(at, i.b()).(*lua.LTable); ok {
			return t.RawGetString(constant(p, i.c()))
		}
	}
	return lua.LNil
}

// library gives the table whose names are meant when v is indexed: a module's,
// a class's methods. Nil for a table that a script made for itself.
func (m *machine) library(T *lua.LState, v lua.LValue) *lua.LTable {
	t, ok := v.(*lua.LTable)
	if !ok {
		t, ok = T.GetMetaField(v, "__index").(*lua.LTable)
	}
	if !ok || m.env == nil {
		return nil
	}
	ours := false
	if loaded, ok := T.G.Registry.RawGetString("_LOADED").(*lua.LTable); ok {
		loaded.ForEach(func(_, v lua.LValue) { ours = ours || v == t })
	}
	t.ForEach(func(_, v lua.LValue) {
		if fn, ok := v.(*lua.LFunction); ok && !ours {
			_, ours = m.env.Entry(fn)
		}
	})
	if !ours {
		return nil
	}
	return t
}

// nearest finds the key that a name was perhaps meant to be.
func nearest(t *lua.LTable, name string) string {
	if t == nil {
		return ""
	}
	return spell.Nearest(name, func(yield func(string) bool) {
		for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
			if key, ok := k.(lua.LString); ok && !yield(string(key)) {
				return
			}
		}
	})
}

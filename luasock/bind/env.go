package bind

import (
	"fmt"
	"sort"

	lua "github.com/yuin/gopher-lua"
)

// Env is what the rows of one VM share.
type Env struct {
	// Host is the VM that the functions work for; rows read it with Call.Host.
	Host any
	// Running is the Lua thread that has called a row last.
	Running *lua.LState
	// Judge says what a Go error is to Lua. It must be set before a function fails.
	Judge func(err error) Verdict

	closed  bool
	classes map[*Class]*lua.LTable // metatables
	methods map[*Class]*lua.LTable
	entries map[*lua.LFunction]*Entry
	modules []*Module
}

// Verdict is what a Go error is to Lua: raised, or returned as
// nil, Message, Errno.
type Verdict struct {
	Raise   lua.LValue // raised as it stands when not nil
	Message string
	Errno   int
}

// NewEnv returns an empty Env.
func NewEnv(host any, judge func(error) Verdict) *Env {
	return &Env{
		Host:    host,
		Judge:   judge,
		classes: map[*Class]*lua.LTable{},
		methods: map[*Class]*lua.LTable{},
		entries: make(map[*lua.LFunction]*Entry, 512),
	}
}

// Close makes every row raise from now on.
func (e *Env) Close() { e.closed = true }

// Open makes the module's table. Its classes are registered, its constants set.
func (e *Env) Open(L *lua.LState, m *Module) *lua.LTable {
	t := L.CreateTable(0, len(m.Rows)+len(m.Consts))
	for i := range m.Rows {
		t.RawSetString(m.Rows[i].Name, e.function(L, m.Name, &m.Rows[i]))
	}
	for _, k := range m.Consts {
		t.RawSetString(k.Name, lua.LNumber(k.Value))
	}
	for _, class := range m.Classes {
		e.register(L, class)
	}
	e.modules = append(e.modules, m)
	return t
}

// Function makes one row a Lua function, outside any module's table.
func (e *Env) Function(L *lua.LState, module string, row *Row) *lua.LFunction {
	return e.function(L, module, row)
}

func (e *Env) function(L *lua.LState, module string, row *Row) *lua.LFunction {
	entry := &Entry{Row: *row, Module: module, Names: argNames(row.Sig), env: e}
	fn := L.NewFunction(func(L *lua.LState) int {
		if e.closed {
			Raise(L, "the VM is closed")
		}
		e.Running = L
		return entry.Fn(Call{L, entry})
	})
	e.entries[fn] = entry
	return fn
}

// Call is a call of a row that is not registered: a function that is made anew
// for each use, as an iterator is, and would stay for ever among the others.
func (e *Env) Call(L *lua.LState, row *Row) Call {
	return Call{L, &Entry{Row: *row, Names: argNames(row.Sig), env: e}}
}

// register makes the class's metatable.
func (e *Env) register(L *lua.LState, class Methods) {
	methods := L.CreateTable(0, len(class.Rows))
	for i := range class.Rows {
		methods.RawSetString(class.Rows[i].Name, e.function(L, class.Name, &class.Rows[i]))
	}
	mt := L.CreateTable(0, 4)
	mt.RawSetString("__name", lua.LString(class.Name))
	mt.RawSetString("__metatable", lua.LString(class.Name))
	mt.RawSetString("__index", methods)
	mt.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		ud, ok := L.Get(1).(*lua.LUserData)
		if !ok || ud.Metatable != mt {
			L.RaiseError("bad argument #1 to 'tostring' (must be a %s, got %s)", class.Name, Describe(L.Get(1)))
		}
		L.Push(lua.LString(class.String(ud.Value)))
		return 1
	}))
	if class.Fields != nil {
		e.fields(L, class.Class, mt, methods)
	}
	e.classes[class.Class], e.methods[class.Class] = mt, methods
}

// fields puts the class's fields beside its methods.
func (e *Env) fields(L *lua.LState, class *Class, mt, methods *lua.LTable) {
	byName := map[string]*Field{}
	for i := range class.Fields {
		byName[class.Fields[i].Name] = &class.Fields[i]
	}
	self := func(c Call) any {
		ud, ok := c.L.Get(1).(*lua.LUserData)
		if !ok || ud.Metatable != mt {
			c.Wrong(1, "a "+class.Name)
		}
		return ud.Value
	}
	index := Row{Name: "index", Sig: "index(object, field)", Fn: func(c Call) int {
		v, name := self(c), lua.LVAsString(c.L.Get(2))
		if f := byName[name]; f != nil {
			return c.Return(f.Get(c, v))
		}
		return c.Return(methods.RawGetString(name))
	}}
	newindex := Row{Name: "newindex", Sig: "newindex(object, field, value)", Fn: func(c Call) int {
		v, name := self(c), lua.LVAsString(c.L.Get(2))
		f := byName[name]
		if f == nil || f.Set == nil {
			c.Raise("cannot set field '%s' of a %s", name, class.Name)
		}
		f.Set(c, v, c.L.Get(3))
		return 0
	}}
	mt.RawSetString("__index", e.function(L, class.Name, &index))
	mt.RawSetString("__newindex", e.function(L, class.Name, &newindex))
}

// New wraps v as a userdata of the class, which must be registered.
func (e *Env) New(class *Class, v any) *lua.LUserData {
	mt, ok := e.classes[class]
	if !ok {
		panic(fmt.Sprintf("bind: class %s is not registered", class.Name))
	}
	return &lua.LUserData{Value: v, Metatable: mt}
}

// ClassOf finds the class of an object, with its methods, and the module that it
// came with; nil, nil for another value.
func (e *Env) ClassOf(v lua.LValue) (*Module, *Methods) {
	ud, ok := v.(*lua.LUserData)
	if !ok {
		return nil, nil
	}
	for _, m := range e.modules {
		for i := range m.Classes {
			if mt, ok := e.classes[m.Classes[i].Class]; ok && ud.Metatable == mt {
				return m, &m.Classes[i]
			}
		}
	}
	return nil, nil
}

// Methods gives the table of a registered class's methods.
func (e *Env) Methods(class *Class) *lua.LTable { return e.methods[class] }

// Entry finds the row behind a Lua function.
func (e *Env) Entry(fn *lua.LFunction) (*Entry, bool) {
	entry, ok := e.entries[fn]
	return entry, ok
}

// Entries lists every registered row by its full name.
func (e *Env) Entries() []*Entry {
	list := make([]*Entry, 0, len(e.entries))
	for _, entry := range e.entries {
		list = append(list, entry)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].FullName() < list[j].FullName() })
	return list
}

// Modules lists the modules in the order in which they were opened.
func (e *Env) Modules() []*Module { return e.modules }

package check

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/luacats"
)

// value is what is known of a value; nil is nothing.
type value struct {
	// name and fields are those of a table of ours, or of an object's class. The
	// fields are all there are.
	name   string
	fields map[string]*value
	object bool // fields are methods and fields of an object
	// results are of a function what it returns.
	results []*value
	// special is the name of a function that this package knows.
	special string
}

func (v *value) has(name string) bool {
	if v == nil {
		return false
	}
	_, ok := v.fields[name]
	return ok
}

// complaint is about a name that the value does not have.
func (v *value) complaint(name string) string {
	if v.object {
		return "a " + v.name + " has no '" + name + "'"
	}
	return "unknown field '" + v.name + "." + name + "'"
}

// something is a value of which nothing is known but that it is there.
var something = &value{}

// known is what programs find.
type known struct {
	globals map[string]*value
	modules map[string]*value // by the names that require takes
	php     *value            // the module socket.php; nil without it
	text    *value            // any string
}

// testGlobals are those of a test file that others have not.
var testGlobals = []string{
	"describe", "context", "parallel", "insulate", "expose", "it", "spec", "test", "pending",
	"before_each", "after_each", "before_all", "after_all", "setup", "teardown", "strict_setup", "strict_teardown",
	"lazy_setup", "lazy_teardown", "finally", "randomize",
}

func testFile(name string) bool {
	return strings.HasSuffix(name, "_test.lua") || strings.HasSuffix(name, "_spec.lua")
}

// knownOf asks a VM.
func knownOf(vm *luasock.VM) *known {
	k := &known{globals: map[string]*value{}, modules: map[string]*value{}}
	vm.LoadPreloaded()
	r := &reader{vm: vm, classes: map[string]*value{}, tables: map[*lua.LTable]*value{}}
	r.readClasses()
	vm.L.G.Global.ForEach(func(key, v lua.LValue) {
		if name, ok := key.(lua.LString); ok {
			k.globals[string(name)] = r.value(string(name), v)
		}
	})
	for _, name := range []string{"assert", "require", "type", "setmetatable", "setfenv", "rawset"} {
		k.globals[name] = &value{special: name}
	}
	k.globals["arg"], k.globals["_G"] = something, &value{special: "_G"}
	loaded, _ := vm.L.GetField(vm.L.GetGlobal("package"), "loaded").(*lua.LTable)
	loaded.ForEach(func(key, v lua.LValue) {
		if name, ok := key.(lua.LString); ok && name != "_G" {
			k.modules[string(name)] = r.value(string(name), v)
		}
	})
	k.php = k.modules["socket.php"]
	if s := k.globals["string"]; s != nil {
		k.text = &value{name: "string", fields: s.fields, object: true}
	}
	return k
}

// reader makes values of a VM's.
type reader struct {
	vm      *luasock.VM
	classes map[string]*value
	tables  map[*lua.LTable]*value
}

// readClasses reads what the objects of the modules have.
func (r *reader) readClasses() {
	for _, m := range r.vm.Modules() {
		for _, class := range m.Classes {
			r.classes[class.Name] = &value{name: class.Name, fields: map[string]*value{}, object: true}
		}
	}
	for _, m := range r.vm.Modules() {
		for _, class := range m.Classes {
			fields := r.classes[class.Name].fields
			for _, row := range class.Rows {
				fields[row.Name] = r.function(row)
			}
			for _, f := range class.Fields {
				fields[f.Name] = something
			}
		}
	}
}

// function is what calls of a row give.
func (r *reader) function(row bind.Row) *value {
	v := &value{}
	for _, result := range luacats.Results(row) {
		v.results = append(v.results, r.classes[result])
	}
	return v
}

// value reads a value that stands under a name.
func (r *reader) value(name string, v lua.LValue) *value {
	switch v := v.(type) {
	case *lua.LFunction:
		if e, ok := r.vm.Entry(v); ok {
			return r.function(e.Row)
		}
	case *lua.LTable:
		return r.table(name, v)
	case *lua.LUserData:
		if class, ok := v.Metatable.(*lua.LTable); ok {
			if object := r.classes[lua.LVAsString(class.RawGetString("__name"))]; object != nil {
				return object
			}
		}
	}
	return something
}

// table reads a table all of whose fields are known: one that holds functions of
// ours, and that looks nowhere else.
func (r *reader) table(name string, t *lua.LTable) *value {
	if v := r.tables[t]; v != nil {
		return v
	}
	rows := 0
	t.ForEach(func(_, v lua.LValue) {
		if fn, ok := v.(*lua.LFunction); ok {
			if _, ok := r.vm.Entry(fn); ok {
				rows++
			}
		}
	})
	meta, _ := t.Metatable.(*lua.LTable)
	if rows == 0 || t == r.vm.L.G.Global || meta != nil && meta.RawGetString("__index") != lua.LNil {
		return something
	}
	v := &value{name: name, fields: map[string]*value{}}
	r.tables[t] = v
	t.ForEach(func(key, field lua.LValue) {
		if key, ok := key.(lua.LString); ok {
			v.fields[string(key)] = r.value(name+"."+string(key), field)
		}
	})
	return v
}

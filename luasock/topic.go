package luasock

import (
	"iter"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/spell"
)

// Topics yields the names on which Help has something, beside those of
// constants: modules, classes, functions and methods.
func (vm *VM) Topics() iter.Seq[string] {
	return func(yield func(string) bool) {
		var names []string
		for _, row := range vm.GlobalFunctions() {
			names = append(names, row.Name)
		}
		for _, m := range vm.env.Modules() {
			names = append(names, m.Name)
			for _, row := range m.Rows {
				names = append(names, m.Name+"."+row.Name)
			}
			for _, class := range m.Classes {
				names = append(names, class.Name)
				for _, row := range ownRows(class.Rows) {
					names = append(names, class.Name+":"+row.Name)
				}
			}
		}
		slices.Values(names)(yield)
	}
}

// NoHelp says that there is no help on a value and, of a name, which one was
// perhaps meant.
func (vm *VM) NoHelp(what lua.LValue) string {
	text := "there is no help on " + bind.Describe(what)
	if name, ok := what.(lua.LString); ok {
		if meant := vm.MeantTopic(string(name)); meant != "" {
			text += "; " + meant
		}
	}
	return text
}

// MeantTopic asks, of a name on which there is no help, whether others were meant:
// "did you mean socket.bind?"; "" when none or too many may have been.
func (vm *VM) MeantTopic(name string) string {
	const most = 4
	var same []string // in other modules and classes
	for topic := range vm.Topics() {
		if i := strings.LastIndexAny(topic, ".:"); topic[i+1:] == name {
			same = append(same, topic)
		}
	}
	if object, method, ok := strings.Cut(name, ":"); ok {
		if meant := spell.Nearest(method, vm.methodNames(object)); meant != "" {
			same = append(same, object+":"+meant)
		}
	}
	if len(same) == 0 {
		if meant := spell.Nearest(name, vm.Topics()); meant != "" {
			same = append(same, meant)
		}
	}
	if len(same) == 0 || len(same) > most {
		return ""
	}
	return "did you mean " + strings.Join(same, " or ") + "?"
}

// helpMethod describes a method of an object, which is known as methodsOf has it.
func (vm *VM) helpMethod(object, method string) (text string, ok bool) {
	var all, signed []string // signed is what the signature calls so
	for m, row := range vm.methodsOf(object) {
		if row.Name != method {
			continue
		}
		text := vm.describe(&bind.Entry{Row: *row, Module: m.Name})
		if receiver(row) == object {
			signed = append(signed, text)
		}
		all = append(all, text)
	}
	if len(signed) > 0 {
		all = signed
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), "\n"), len(all) > 0
}

// receiver is what a method's signature calls the object: "fp" of "fp:gets()", "s"
// of "bind(s, address)".
func receiver(row *bind.Row) string {
	name, args, _ := strings.Cut(row.Sig, "(")
	if object, _, ok := strings.Cut(name, ":"); ok {
		return object
	}
	return args[:max(0, strings.IndexAny(args, " ,)"))]
}

// methodNames yields the names of what methodsOf yields.
func (vm *VM) methodNames(object string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, row := range vm.methodsOf(object) {
			if !yield(row.Name) {
				return
			}
		}
	}
}

// methodsOf yields the methods of an object: of what the global of that name is, of
// the class of that name, or else of all classes.
func (vm *VM) methodsOf(object string) iter.Seq2[*bind.Module, *bind.Row] {
	v := vm.named(object)
	_, class := vm.env.ClassOf(v)
	is := func(c *bind.Methods) bool {
		switch {
		case class != nil:
			return c.Class == class.Class
		case v.Type() == lua.LTString:
			return false
		}
		return c.Name == object || vm.homeOf(object) == ""
	}
	return func(yield func(*bind.Module, *bind.Row) bool) {
		for _, m := range vm.env.Modules() {
			if m.Name == "string" && class == nil && vm.homeOf(object) == "" && !each(m, m.Rows, yield) {
				return
			}
			for i := range m.Classes {
				if is(&m.Classes[i]) && !each(m, m.Classes[i].Rows, yield) {
					return
				}
			}
		}
	}
}

func each(m *bind.Module, rows []bind.Row, yield func(*bind.Module, *bind.Row) bool) bool {
	for i := range rows {
		if !yield(m, &rows[i]) {
			return false
		}
	}
	return true
}

// homeOf is the module of the class of that name; "" when there is none.
func (vm *VM) homeOf(class string) string {
	for _, m := range vm.env.Modules() {
		for _, c := range m.Classes {
			if c.Name == class {
				return m.Name
			}
		}
	}
	return ""
}

// named is the global of a name, or what stands in tables under "a.b"; nil for
// nothing.
func (vm *VM) named(path string) lua.LValue {
	var v lua.LValue = vm.L.G.Global
	for name := range strings.SplitSeq(path, ".") {
		t, ok := v.(*lua.LTable)
		if !ok {
			return lua.LNil
		}
		v = t.RawGetString(name)
	}
	return v
}

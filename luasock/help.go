package luasock

import (
	"cmp"
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var helpRow = bind.Row{
	Name: "help", Sig: "help([what])", Returns: "string",
	Doc: "Returns the description of a function, or of a name such as \"socket.bind\", \"Task:join\" or \"socket\".",
	Fn:  help,
}

func help(c bind.Call) int {
	text, ok := hostOf(c).Help(c.Arg(1))
	if !ok {
		c.Bad(1, "%s", hostOf(c).NoHelp(c.Arg(1)))
	}
	return c.Text(text)
}

// Help describes a function of the modules, a module or a class, given as the
// thing itself (of a class, an object) or by name; nil lists the modules.
func (vm *VM) Help(what lua.LValue) (text string, ok bool) {
	switch what := what.(type) {
	case *lua.LNilType:
		return vm.helpModules(), true
	case *lua.LFunction:
		if entry, ok := vm.env.Entry(what); ok {
			return vm.describe(entry), true
		}
	case *lua.LTable:
		for _, m := range vm.env.Modules() {
			if vm.Module(m) == what {
				return helpModule(m), true
			}
		}
	case *lua.LUserData:
		if m, class := vm.env.ClassOf(what); class != nil {
			return helpClass(m, *class), true
		}
	case lua.LString:
		return vm.helpName(string(what))
	}
	return "", false
}

// describe is signature, documentation and origin of a row. A function that is a
// method too is called as the function.
func (vm *VM) describe(e *bind.Entry) string {
	var b strings.Builder
	if !strings.Contains(e.Sig, ":") && e.Module != bind.Globals {
		b.WriteString(cmp.Or(vm.homeOf(e.Module), e.Module) + ".")
	}
	b.WriteString(e.Sig + "\n  " + e.Doc)
	if e.PHP != "" {
		b.WriteString("\n  PHP: " + e.PHP)
	}
	return b.String()
}

// helpModules describes the modules and lists Lua's libraries. It is to fit a
// screen of 24 lines and 80 columns.
func (vm *VM) helpModules() string {
	var b strings.Builder
	all := vm.env.Modules()
	for _, m := range all[vm.libraries:] {
		doc, _, _ := strings.Cut(m.Doc+" ", ". ")
		b.WriteString(m.Name + "\n  " + strings.TrimRight(doc, ". ") + ".\n")
	}
	if vm.libraries > 0 {
		b.WriteString("and the libraries\n ")
		for _, m := range all[:vm.libraries] {
			b.WriteString(" " + m.Name)
		}
		b.WriteString("\n")
	}
	return b.String() + `help "name" tells more of each, and of what is in it: help "socket.bind".`
}

// Modules are those that are open, with their rows: what scripts see.
func (vm *VM) Modules() []*bind.Module { return vm.env.Modules() }

// Module is what require returns for an open module; nil when it was replaced by
// something that is no table.
func (vm *VM) Module(m *bind.Module) *lua.LTable {
	loaded, _ := vm.L.GetField(vm.L.Get(lua.RegistryIndex), "_LOADED").(*lua.LTable)
	if loaded == nil {
		return nil
	}
	t, _ := loaded.RawGetString(m.Name).(*lua.LTable)
	return t
}

// LoadPreloaded has require load every module that waits for that.
func (vm *VM) LoadPreloaded() {
	preload, _ := vm.L.GetField(vm.L.GetGlobal("package"), "preload").(*lua.LTable)
	if preload == nil {
		return
	}
	var names []lua.LValue
	preload.ForEach(func(name, _ lua.LValue) { names = append(names, name) })
	for _, name := range names {
		vm.L.CallByParam(lua.P{Fn: vm.L.GetGlobal("require"), Protect: true}, name)
	}
}

// Entry is the row behind a function, if it has one.
func (vm *VM) Entry(fn *lua.LFunction) (*bind.Entry, bool) { return vm.env.Entry(fn) }

// GlobalFunctions are the rows that stand in no module, by their names.
func (vm *VM) GlobalFunctions() []bind.Row {
	var rows []bind.Row
	for _, e := range vm.env.Entries() {
		if fn, ok := vm.L.GetGlobal(e.Name).(*lua.LFunction); ok && e.Module == bind.Globals {
			if known, ok := vm.env.Entry(fn); ok && known == e {
				rows = append(rows, e.Row)
			}
		}
	}
	return rows
}

// helpName finds a row, a module, a class or a constant by its name; a method also
// behind any name of an object: "fp:gets"; and what stands in a global.
func (vm *VM) helpName(name string) (text string, ok bool) {
	entries := vm.env.Entries()
	for _, e := range entries {
		if e.FullName() == name {
			return vm.describe(e), true
		}
	}
	if object, method, ok := strings.Cut(name, ":"); ok {
		return vm.helpMethod(object, method)
	}
	for _, m := range vm.env.Modules() {
		if m.Name == name {
			return helpModule(m), true
		}
		for _, class := range m.Classes {
			if class.Name == name {
				return helpClass(m, class), true
			}
		}
		for _, k := range m.Consts {
			if m.Name+"."+k.Name == name {
				return fmt.Sprintf("%s = %d", name, k.Value), true
			}
		}
	}
	switch v := vm.named(name).(type) {
	case *lua.LFunction, *lua.LTable, *lua.LUserData:
		return vm.Help(v)
	}
	return "", false
}

func helpModule(m *bind.Module) string {
	var b strings.Builder
	b.WriteString(m.Name + ": " + m.Doc + "\n")
	for _, row := range m.Rows {
		b.WriteString("  " + m.Name + "." + row.Sig + "\n")
	}
	for _, class := range m.Classes {
		b.WriteString(helpClass(m, class) + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// helpClass lists the methods of a class that are not functions of its module too.
func helpClass(m *bind.Module, class bind.Methods) string {
	var b strings.Builder
	b.WriteString(class.Name + ": " + class.Doc + "\n")
	own := ownRows(class.Rows)
	for _, row := range own {
		b.WriteString("  " + row.Sig + "\n")
	}
	for _, f := range class.Fields {
		b.WriteString("  ." + f.Name + "\n")
	}
	if len(own) < len(class.Rows) {
		fmt.Fprintf(&b, "  and the functions of %s that take it first\n", m.Name)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

package luasock

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var helpRow = bind.Row{
	Name: "help", Sig: "help([what])",
	Doc: "Returns the description of a function, or of a name such as \"socket.bind\", \"Task:join\" or \"socket\".",
	Fn:  help,
}

func help(c bind.Call) int {
	text, ok := hostOf(c).Help(c.Arg(1))
	if !ok {
		c.Bad(1, "there is no help on %s", bind.Describe(c.Arg(1)))
	}
	return c.Text(text)
}

// Help describes a function of the modules, given as the function itself or by
// name, or a module by name; nil lists the modules.
func (vm *VM) Help(what lua.LValue) (text string, ok bool) {
	switch what := what.(type) {
	case *lua.LNilType:
		return vm.helpModules(), true
	case *lua.LFunction:
		if entry, ok := vm.env.Entry(what); ok {
			return describe(entry), true
		}
	case lua.LString:
		return vm.helpName(string(what))
	}
	return "", false
}

// describe is signature, documentation and origin of a row.
func describe(e *bind.Entry) string {
	var b strings.Builder
	if !strings.Contains(e.Sig, ":") && e.Module != "base" {
		b.WriteString(e.Module + ".")
	}
	b.WriteString(e.Sig + "\n  " + e.Doc)
	if e.PHP != "" {
		b.WriteString("\n  PHP: " + e.PHP)
	}
	return b.String()
}

func (vm *VM) helpModules() string {
	var b strings.Builder
	for _, m := range vm.env.Modules() {
		b.WriteString(m.Name + "\n  " + m.Doc + "\n")
	}
	return b.String() + "help \"name\" tells more of each."
}

// helpName finds a row or a module by its name.
func (vm *VM) helpName(name string) (text string, ok bool) {
	for _, e := range vm.env.Entries() {
		if e.FullName() == name {
			return describe(e), true
		}
	}
	for _, m := range vm.env.Modules() {
		if m.Name == name {
			return helpModule(m), true
		}
		for _, k := range m.Consts {
			if m.Name+"."+k.Name == name {
				return fmt.Sprintf("%s = %d", name, k.Value), true
			}
		}
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
		b.WriteString(class.Name + ": " + class.Doc + "\n")
		for _, row := range class.Rows {
			if strings.Contains(row.Sig, ":") {
				b.WriteString("  " + row.Sig + "\n")
			}
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

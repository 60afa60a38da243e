// Package luacats writes what editors complete from: definitions of our modules
// in the annotations of lua-language-server (LuaCATS), a file for each module,
// made from the rows of a VM. The types of arguments come from their names, those
// of results from the rows; see paramTypes and resultsOf.
//
// Source: https://luals.github.io/wiki/annotations/
package luacats

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// File is one file of definitions.
type File struct {
	Name string // "socket.lua"
	Text string
}

// Files are the definitions of everything that scripts see in the VM, in the
// order of the modules. The same VM gives the same text.
func Files(vm *luasock.VM) []File {
	files := []File{{"_G.lua", globals(vm)}}
	for _, m := range vm.Modules() {
		files = append(files, File{m.Name + ".lua", module(vm, m)})
	}
	return files
}

// Header is the second line of each file.
const Header = "-- Written by 'sockscript types'; changes will be lost."

// Version is the version of Lua whose syntax is the nearest to ours, in the words
// of the setting Lua.runtime.version.
const Version = "LuaJIT"

// Builtin is the setting Lua.runtime.builtin: which of its own definitions the
// language server is not to use, since Files has them or scripts have nothing of
// that kind.
func Builtin(vm *luasock.VM) map[string]string {
	theirs := []string{"bit", "coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8"}
	builtin := map[string]string{"basic": "disable", "ffi": "disable", "jit": "disable", "string.buffer": "disable", "table.clear": "disable", "table.new": "disable"}
	for _, m := range vm.Modules() {
		if slices.Contains(theirs, m.Name) {
			builtin[m.Name] = "disable"
		}
	}
	return builtin
}

// writer appends lines.
type writer struct{ strings.Builder }

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(w, format+"\n", args...)
}

// words are lines of a comment.
func (w *writer) words(text string) {
	for _, line := range strings.Split(text, "\n") {
		w.line("---%s", line)
	}
}

// globals are the functions that stand in no module, and arg.
func globals(vm *luasock.VM) string {
	w := &writer{}
	w.line("---@meta\n%s", Header)
	w.line("\n---The arguments of the script, from 1 on; its name is [0].\n---@type string[]\narg = {}")
	w.line("\n---@type string\n_VERSION = \"\"")
	for _, row := range vm.GlobalFunctions() {
		w.function(bind.Globals, row.Name, row.Name, row)
	}
	return w.String()
}

// module is a module and its classes.
func module(vm *luasock.VM, m *bind.Module) string {
	w, name, t := &writer{}, m.Name, vm.Module(m)
	w.line("---@meta %s\n%s", m.Name, Header)
	for _, class := range m.Classes {
		w.class(m, class)
	}
	w.line("")
	w.words(m.Doc)
	w.line("---@class %slib", strings.ReplaceAll(m.Name, ".", "_"))
	if t != nil && vm.L.GetGlobal(m.Name) == lua.LValue(t) {
		w.line("%s = {}", name)
	} else {
		name = "module"
		w.line("local module = {}")
	}
	for _, row := range m.Rows {
		w.function(m.Name, m.Name+"."+row.Name, name+"."+row.Name, row)
	}
	w.values(name, m, t)
	for _, k := range m.Consts {
		w.line("\n%s.%s = %d", name, k.Name, k.Value)
	}
	w.line("\nreturn %s", name)
	return w.String()
}

// values are what a module holds beside its rows and constants.
func (w *writer) values(name string, m *bind.Module, t *lua.LTable) {
	if t == nil {
		return
	}
	known := map[string]bool{}
	for _, row := range m.Rows {
		known[row.Name] = true
	}
	for _, k := range m.Consts {
		known[k.Name] = true
	}
	var lines []string
	t.ForEach(func(key, v lua.LValue) {
		if key, ok := key.(lua.LString); ok && !known[string(key)] && isName(string(key)) {
			lines = append(lines, fmt.Sprintf("\n---@type %s\n%s.%s = nil", typeOf(v), name, key))
		}
	})
	slices.Sort(lines)
	for _, line := range lines {
		w.line("%s", line)
	}
}

// typeOf is the type of a value that is there.
func typeOf(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return "string"
	case lua.LNumber:
		return "number"
	case lua.LBool:
		return "boolean"
	case *lua.LTable:
		return "table"
	case *lua.LFunction:
		return "function"
	case *lua.LUserData:
		if mt, ok := v.Metatable.(*lua.LTable); ok {
			if name := lua.LVAsString(mt.RawGetString("__name")); name != "" {
				return className(name)
			}
		}
	}
	return "any"
}

// className is what the language server calls a class of ours.
func className(name string) string {
	switch name {
	case "FILE*":
		return "file*" // as in its own definitions
	case "null":
		return "json.null"
	}
	return strings.ReplaceAll(name, " ", "_")
}

// class is a class of objects with its methods.
func (w *writer) class(m *bind.Module, class bind.Methods) {
	const object = "object"
	w.line("")
	w.words(class.Doc)
	w.line("---@class %s: userdata", className(class.Name))
	for _, f := range class.Fields {
		w.line("---@field %s any %s", f.Name, f.Doc)
	}
	w.line("local %s = {}", object)
	for _, row := range class.Rows {
		full, sig := class.Name+":"+row.Name, row.Sig
		if !strings.Contains(sig, ":") { // a function of the module, which takes the object first
			full = m.Name + "." + row.Name
			row.Sig = methodSig(sig)
		}
		w.function(m.Name, full, object+":"+row.Name, row)
	}
}

// methodSig makes the signature of a method of that of a function.
func methodSig(sig string) string {
	name, rest, _ := strings.Cut(sig, "(")
	_, params, found := strings.Cut(rest, ",")
	switch {
	case strings.HasPrefix(rest, "[s]"):
		return "s:" + name + "()"
	case !found:
		return "s:" + name + "()"
	case strings.HasPrefix(rest, "s [,"):
		return "s:" + name + "([" + strings.TrimLeft(params, " ")
	}
	return "s:" + name + "(" + strings.TrimLeft(params, " ")
}

// function is a function or a method: what it does, its parameters and results.
func (w *writer) function(module, full, name string, row bind.Row) {
	sig := parseSig(row.Sig)
	results, fails := resultsOf(row)
	w.line("")
	w.words(row.Doc)
	if row.PHP != "" {
		w.line("---\n---PHP: [%s](https://www.php.net/manual/en/function.%s.php)", row.PHP, strings.ReplaceAll(row.PHP, "_", "-"))
	}
	if fails {
		w.line("---\n---Failure: `nil, message, errno`.")
	}
	if short, changed := sig.withoutEarly(); changed {
		w.line("---@overload fun(%s)%s", typed(module, full, short), returned(results))
	}
	for _, p := range sig.params {
		w.param(module, full, p)
	}
	w.results(results, fails)
	var names []string
	for _, p := range sig.params {
		names = append(names, safeName(p.name))
	}
	w.line("function %s(%s) end", name, strings.Join(names, ", "))
}

func (w *writer) param(module, full string, p param) {
	name, text := safeName(p.name), units[p.name]
	if p.def != "" {
		text = strings.TrimPrefix(text+"; "+p.def+" unless given", "; ")
	}
	if p.optional && p.name != "..." {
		name += "?"
	}
	line := "---@param " + name + " " + paramType(module, full, p.name)
	if text != "" {
		line += " # " + text
	}
	w.line("%s", line)
}

// results are the @return lines. On failure a function returns nil, message,
// errno in the place of its results.
func (w *writer) results(list []result, fails bool) {
	failure := []result{{"nil", ""}, {"string", "message"}, {"integer", "errno"}}
	for i := 0; i < len(list) || fails && i < len(failure); i++ {
		r := result{}
		switch {
		case !fails || i >= len(failure):
			r = list[i]
		case i >= len(list):
			r = result{failure[i].typ + "?", failure[i].name}
		case i == 0:
			r = result{optional(list[0].typ), list[0].name}
		default:
			r = result{union(list[i].typ, failure[i].typ), list[i].name}
		}
		w.line("%s", strings.TrimSuffix("---@return "+r.typ+" "+r.name, " "))
	}
}

// optional is a type, or nil.
func optional(typ string) string {
	if typ == "any" || strings.HasSuffix(typ, "?") {
		return typ
	}
	return typ + "?"
}

// union is one type or another.
func union(a, b string) string {
	if a == b || a == "any" {
		return a
	}
	return a + "|" + b
}

// typed are parameters as a type of a function has them.
func typed(module, full string, params []param) string {
	var list []string
	for _, p := range params {
		name := safeName(p.name)
		if p.optional && name != "..." {
			name += "?"
		}
		list = append(list, name+": "+paramType(module, full, p.name))
	}
	return strings.Join(list, ", ")
}

// returned are the results as a type of a function has them.
func returned(list []result) string {
	var types []string
	for _, r := range list {
		if r.name == "..." {
			types = append(types, "...")
			continue
		}
		types = append(types, r.typ)
	}
	if types == nil {
		return ""
	}
	return ": " + strings.Join(types, ", ")
}

// safeName is the name of a parameter; a word of Lua's is none.
func safeName(name string) string {
	switch name {
	case "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not",
		"or", "repeat", "return", "then", "true", "until", "while":
		return name + "_"
	}
	return name
}

// isName tells whether a text is a name in Lua.
func isName(text string) bool {
	for i, c := range []byte(text) {
		letter := c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != "" && text == safeName(text)
}

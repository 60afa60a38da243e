// Package bind joins Go functions to Lua names. Everything that Lua sees of
// this project is a Row in a table of rows; the row carries the name, the
// signature, the documentation and the function, and from it are made the Lua
// table, the methods, help(), the reference and the messages of bad arguments.
//
// Reading an argument (Call.Int, Call.Bytes, Object …), returning results
// (Call.Return, Call.True …) and failing (Call.Fail, Call.Bad …) are written
// here once. The package knows Lua; it knows no sockets.
//
// All of it belongs to the goroutine that runs the Lua state.
package bind

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Fn is a function as Lua calls it: it reads its arguments from the Call,
// pushes its results and returns their number, for which Call has methods.
type Fn func(Call) int

// Row is one function or method.
type Row struct {
	Name string // as Lua sees it
	Sig  string // "bind(s, address [, port=0])", "t:join([timeout])"; names the arguments in messages
	// Returns are the types of what it returns when it succeeds, as LuaCATS has
	// them, each with a name where that says something: "string data, integer port".
	// "any ..." is any number of values, "nothing" none; " or error" at the end says
	// that it returns nil, message, errno when the world refuses. "" is not known.
	Returns string
	Doc     string // what it does, in a sentence or a few; the first stands alone
	PHP     string // PHP's function that it is, if it is one
	// Differs says, in module socket.php, how it is not as PHP's; "" for nothing.
	Differs string
	Fn      Fn
}

// Const is one constant.
type Const struct {
	Name  string
	Value int
}

// Module is a table of rows under one global name.
type Module struct {
	Name    string
	Doc     string
	Rows    []Row
	Consts  []Const
	Classes []Methods
}

// Methods are the rows of a class. They stand apart from it because they refer
// to it.
type Methods struct {
	*Class
	Rows []Row
}

// Class is a kind of userdata.
type Class struct {
	Name string // as messages call it: "Socket"
	Doc  string
	// String gives the text of tostring. It must not call Lua.
	String func(v any) string
	// Fields are read and written as v.name; nil for most classes.
	Fields []Field
}

// a is the class's name with its article.
func (c *Class) a() string {
	if strings.ContainsAny(c.Name[:1], "AEIO") {
		return "an " + c.Name
	}
	return "a " + c.Name
}

// Field is a value of an object that is read, and perhaps written, by name.
type Field struct {
	Name string
	Doc  string
	Get  func(c Call, v any) lua.LValue
	Set  func(c Call, v any, to lua.LValue) // nil: read only
}

// Entry is a row as it is registered in one VM.
type Entry struct {
	Row
	Module string   // "socket"; for a method the class: "Task"
	Names  []string // of the arguments, from Sig
	env    *Env
}

// Globals is the Module of an Entry that is a global function.
const Globals = "_G"

// FullName is the name by which help finds the row: "socket.bind", "Task:join",
// "print".
func (e *Entry) FullName() string {
	if e.Module == Globals {
		return e.Name
	}
	if strings.Contains(e.Sig, ":") {
		return e.Module + ":" + e.Name
	}
	return e.Module + "." + e.Name
}

// argNames reads the names of the arguments out of a signature. A method's
// receiver ("t:join()") counts as the first.
func argNames(sig string) []string {
	head, rest, _ := strings.Cut(sig, "(")
	rest = strings.TrimSuffix(rest, ")")
	names := make([]string, 0, strings.Count(rest, ",")+2)
	if recv, _, ok := strings.Cut(head, ":"); ok {
		names = append(names, recv)
	}
	for part, more := "", true; more; {
		part, rest, more = strings.Cut(rest, ",")
		name, _, _ := strings.Cut(part, "=")
		if name = strings.Trim(name, " []"); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Kill is the error value that ends a Lua call stack for good: the end of a VM
// or of an abandoned coroutine. pcall, xpcall and coroutine.resume do not catch
// it but raise it again.
var Kill lua.LValue = &lua.LUserData{Value: "killed", Metatable: lua.LNil}

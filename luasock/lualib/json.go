package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// jsonLib is the json module of one VM.
type jsonLib struct {
	null  *lua.LUserData
	array *lua.LTable // the metatable that marks a table as an array
}

// jsonNull is the Go value of json.null.
type jsonNull struct{}

var nullClass = bind.Class{
	Name:   "null",
	Doc:    "The null of JSON, which is not nil, so that a table can hold it.",
	String: func(any) string { return "null" },
}

// jsonDepth is how deep values may nest: what encoding/json reads.
const jsonDepth = 10000

func openJSON(m *machine, L *lua.LState) {
	lib := &jsonLib{array: L.NewTable()}
	lib.array.RawSetString("__name", lua.LString("json.array"))
	t := m.global(L, lib.module())
	lib.null = m.env.New(&nullClass, jsonNull{})
	t.RawSetString("null", lib.null)
}

func (lib *jsonLib) module() *bind.Module {
	return &bind.Module{
		Name: "json",
		Doc: "JSON (RFC 8259). Lists are tables from 1 to n, objects have string keys, null is json.null. " +
			"Texts are bytes: what is not UTF-8 passes through in both directions.",
		Classes: []bind.Methods{{Class: &nullClass}},
		Rows: []bind.Row{
			{Name: "encode", Sig: "encode(value [, options])", Returns: "string", Fn: lib.encode, PHP: "json_encode",
				Doc: "The value as JSON, keys sorted. Option indent: white space for each level, on lines of their own. " +
					"An empty table is {} unless json.array marked it. Metatables do not count. What JSON cannot hold raises, with its path."},
			{Name: "decode", Sig: "decode(text)", Returns: "any, string? message", Fn: lib.decode, PHP: "json_decode",
				Doc: "The value of a JSON text, or nil and a message with line and column (in bytes, from 1). " +
					"Arrays are marked as json.array does; of a key that comes twice the last counts; an unpaired surrogate becomes U+FFFD."},
			{Name: "array", Sig: "array([t])", Returns: "table", Fn: lib.mark,
				Doc: "Marks a table (a new one without t) as an array, also when it is empty, and returns it. The mark is a metatable."},
		},
	}
}

func (lib *jsonLib) mark(c bind.Call) int {
	t := c.OptTable(1)
	if t == nil {
		t = c.L.NewTable()
	}
	if t.Metatable != lua.LNil && t.Metatable != lib.array {
		c.Bad(1, "t must have no metatable of its own, which is where the mark goes")
	}
	t.Metatable = lib.array
	return c.Return(t)
}

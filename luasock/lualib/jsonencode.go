package lualib

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// encoder writes one value as JSON. Tables are read raw.
type encoder struct {
	c    bind.Call
	lib  *jsonLib
	text []byte
	open []opened // the tables that are being written, outermost first
	keys []string // the keys of those that are objects
}

// opened is a table, and the key of its value that is being written.
type opened struct {
	t   *lua.LTable
	key lua.LValue
}

func (lib *jsonLib) encode(c bind.Call) int {
	indent := ""
	if c.OptTable(2) != nil {
		f := c.Fields(2)
		f.Only("indent")
		indent = f.OptBytes("indent", "")
		if strings.Trim(indent, " \t") != "" {
			f.Wrong("indent", "spaces or tabs")
		}
	}
	e := encoder{c: c, lib: lib}
	e.value(c.Arg(1))
	if indent == "" {
		return c.Text(given(e.text))
	}
	var lines bytes.Buffer
	// It cannot fail: the text is JSON.
	_ = json.Indent(&lines, e.text, "", indent)
	return c.Text(given(lines.Bytes()))
}

func (e *encoder) value(v lua.LValue) {
	switch v := v.(type) {
	case lua.LBool:
		e.text = strconv.AppendBool(e.text, bool(v))
		return
	case lua.LNumber:
		e.number(float64(v))
		return
	case lua.LString:
		e.string(string(v))
		return
	case *lua.LTable:
		e.table(v)
		return
	case *lua.LUserData:
		if _, null := v.Value.(jsonNull); null {
			e.text = append(e.text, "null"...)
			return
		}
	case *lua.LNilType:
		e.bad("is nil; the null of JSON is json.null")
	}
	e.bad("is %s, which JSON cannot hold", bind.Describe(v))
}

// number writes the shortest text that reads back as the same double.
func (e *encoder) number(f float64) {
	size := math.Abs(f)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		e.bad("is %s, which JSON cannot hold", bind.NumberText(lua.LNumber(f)))
	case f == math.Trunc(f) && size < 1<<53 && (f != 0 || !math.Signbit(f)):
		e.text = strconv.AppendInt(e.text, int64(f), 10)
	case size < 1e21 && (size >= 1e-6 || f == 0):
		e.text = strconv.AppendFloat(e.text, f, 'f', -1, 64)
	default:
		e.text = strconv.AppendFloat(e.text, f, 'e', -1, 64)
	}
}

// escapes has what a byte must be written as inside a string, "" as it is.
var escapes = func() (table [256]string) {
	for b := range 0x20 {
		table[b] = fmt.Sprintf(`\u%04x`, b)
	}
	table['"'], table['\\'] = `\"`, `\\`
	table['\b'], table['\f'], table['\n'], table['\r'], table['\t'] = `\b`, `\f`, `\n`, `\r`, `\t`
	return table
}()

func (e *encoder) string(s string) {
	e.text = append(e.text, '"')
	from := 0
	for i := range len(s) {
		if escape := escapes[s[i]]; escape != "" {
			e.text = append(e.text, s[from:i]...)
			e.text = append(e.text, escape...)
			from = i + 1
		}
	}
	e.text = append(e.text, s[from:]...)
	e.text = append(e.text, '"')
}

func (e *encoder) table(t *lua.LTable) {
	e.enter(t)
	n, other := t.MaxN(), otherKey(t)
	switch {
	case t.Metatable == e.lib.array || n > 0 && other == lua.LNil:
		e.list(t, n, other)
	case other == lua.LNil:
		e.text = append(e.text, "{}"...)
	case n > 0:
		e.badTable("has list items and also the key %s", bind.Describe(other))
	default:
		e.object(t)
	}
	e.open = e.open[:len(e.open)-1]
}

// enter begins a table, which must not be inside itself.
func (e *encoder) enter(t *lua.LTable) {
	for i := range e.open {
		if e.open[i].t == t {
			e.bad("is %s again, a cycle", e.path(i))
		}
	}
	if len(e.open) == jsonDepth {
		e.bad("is nested deeper than %d", jsonDepth)
	}
	e.open = append(e.open, opened{t, lua.LNil})
}

// otherKey is a key of t that is not among 1 to MaxN, nil when there is none.
func otherKey(t *lua.LTable) lua.LValue {
	var last lua.LValue = lua.LNil
	if n := t.MaxN(); n > 0 {
		last = lua.LNumber(n)
	}
	key, _ := t.Next(last)
	return key
}

// list writes the items from 1 to n. A list has no hole, and no other key.
func (e *encoder) list(t *lua.LTable, n int, other lua.LValue) {
	if other != lua.LNil {
		e.badTable("is an array, but has the key %s", bind.Describe(other))
	}
	depth := len(e.open) - 1
	e.text = append(e.text, '[')
	for i := 1; i <= n; i++ {
		if i > 1 {
			e.text = append(e.text, ',')
		}
		v := t.RawGetInt(i)
		if v == lua.LNil {
			e.badTable("is a list of %d with a hole at %d", n, i)
		}
		e.open[depth].key = bind.Int(i)
		e.value(v)
	}
	e.text = append(e.text, ']')
}

// object writes the keys in order.
func (e *encoder) object(t *lua.LTable) {
	from, depth := len(e.keys), len(e.open)-1
	t.ForEach(func(k, _ lua.LValue) {
		name, ok := k.(lua.LString)
		if !ok {
			e.badTable("has the key %s; keys must be strings, or 1 to n for a list", bind.Describe(k))
		}
		e.keys = append(e.keys, string(name))
	})
	keys := e.keys[from:]
	slices.Sort(keys)
	e.text = append(e.text, '{')
	for i, key := range keys {
		if i > 0 {
			e.text = append(e.text, ',')
		}
		e.string(key)
		e.text = append(e.text, ':')
		e.open[depth].key = lua.LString(key)
		e.value(t.RawGetString(key))
	}
	e.text = append(e.text, '}')
	e.keys = e.keys[:from]
}

// bad raises about the value that is being written.
func (e *encoder) bad(format string, args ...any) {
	e.c.Bad(1, "%s %s", e.path(len(e.open)), fmt.Sprintf(format, args...))
}

// badTable raises about the table that was entered last.
func (e *encoder) badTable(format string, args ...any) {
	e.open = e.open[:len(e.open)-1]
	e.bad(format, args...)
}

// path says where the value in the first n of the open tables is:
// value.users[3].name. The middle of a long one is left out.
func (e *encoder) path(n int) string {
	const most = 20
	path := "value"
	for i, o := range e.open[:n] {
		switch {
		case n <= most || i < most/2 || i >= n-most/2:
			path += pathStep(o.key)
		case i == most/2:
			path += "..."
		}
	}
	return path
}

func pathStep(k lua.LValue) string {
	key, _ := bind.Text(k)
	if k.Type() == lua.LTNumber {
		return "[" + key + "]"
	}
	if key == "" {
		return `[""]`
	}
	for i := range len(key) {
		if !isLetter(key[i]) && (i == 0 || !isDigit(key[i])) {
			return "[" + strconv.Quote(key) + "]"
		}
	}
	return "." + key
}

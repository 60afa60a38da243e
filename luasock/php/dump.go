package php

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

var dumpRows = []bind.Row{
	row("echo(...$values): void", "Prints the values, one behind the other, without a line end.", echo),
	row("print_r(mixed $value, bool $return = false): string|true", "Prints a value to be read; with return it gives the text.", printR),
	row("var_dump(mixed $value, mixed ...$values): void", "Prints values with their types. A table with the keys 1 to n prints as PHP's list, from [0]; of another the keys are sorted.", varDump),
}

func echo(k call) int {
	var b strings.Builder
	for i := 1; i <= k.N(); i++ {
		b.WriteString(k.stringOf(k.Arg(i)))
	}
	return k.print(b.String())
}

// print writes to the VM's standard output and returns null.
func (k call) print(s string) int {
	io.WriteString(k.vm().Stdout(), s)
	return k.Return(lua.LNil)
}

// stringOf is a value in PHP's conversion to string, which warns of arrays.
func (k call) stringOf(v lua.LValue) string {
	if _, ok := v.(*lua.LTable); ok {
		k.report(eWarning, "Array to string conversion")
	}
	if isResource(v) {
		return fmt.Sprintf("Resource id #%d", handleOf(v))
	}
	return valueText(v)
}

// element is one element of a PHP array. Key is an int or a string.
type element struct {
	key   any
	value lua.LValue
}

// elements are a table's, as PHP would have them: of a list in its order, with
// keys from 0; of another with its keys sorted, numbers first.
func elements(t *lua.LTable) []element {
	list := make([]element, 0, t.Len())
	t.ForEach(func(key, v lua.LValue) {
		list = append(list, element{arrayKey(key), v})
	})
	slices.SortStableFunc(list, func(a, b element) int { return compareKeys(a.key, b.key) })
	if isList(list) {
		for i := range list {
			list[i].key = i
		}
	}
	return list
}

// arrayKey is a key as PHP's arrays have it.
func arrayKey(key lua.LValue) any {
	switch key := key.(type) {
	case lua.LNumber:
		return int(key)
	case lua.LBool:
		if key {
			return 1
		}
		return 0
	}
	return valueText(key)
}

// compareKeys puts numbers before strings.
func compareKeys(a, b any) int {
	m, isInt := a.(int)
	n, otherIsInt := b.(int)
	switch {
	case isInt && otherIsInt:
		return m - n
	case isInt:
		return -1
	case otherIsInt:
		return 1
	}
	return strings.Compare(a.(string), b.(string))
}

// isList tells whether sorted keys are 1 to n.
func isList(list []element) bool {
	for i, e := range list {
		if e.key != i+1 {
			return false
		}
	}
	return true
}

// handleOf is the number by which PHP would name a Socket or a stream: here the
// number of the socket in the order in which they were made.
func handleOf(v lua.LValue) uint64 {
	if fp, ok := luasock.StreamOf(v); ok {
		if s := fp.Sock(); s != nil {
			return s.ID()
		}
	}
	if s, ok := luasock.SocketOf(v); ok {
		return s.ID()
	}
	if h, ok := curlOf(v); ok {
		return h.id
	}
	return 1
}

func varDump(k call) int {
	var d dumper
	for i := 1; i <= k.N(); i++ {
		d.dump(k.Arg(i), "")
	}
	return k.print(d.String())
}

// dumper writes values. It knows in which tables it is.
type dumper struct {
	strings.Builder
	inside []*lua.LTable
}

func (d *dumper) dump(v lua.LValue, indent string) {
	switch v := v.(type) {
	case *lua.LNilType:
		d.line(indent, "NULL")
	case lua.LBool:
		d.line(indent, "bool(%t)", bool(v))
	case lua.LNumber:
		d.line(indent, "%s(%s)", typeName(v), exactText(v))
	case lua.LString:
		d.line(indent, "string(%d) \"%s\"", len(v), string(v))
	case *lua.LTable:
		d.dumpTable(v, indent)
	default:
		d.dumpObject(v, indent)
	}
}

// exactText is a number with as many digits as tell it from every other.
func exactText(v lua.LNumber) string {
	if typeName(v) == "int" {
		return numberText(float64(v))
	}
	if text := numberText(float64(v)); strings.Trim(text, "-") == "INF" || text == "NAN" {
		return text
	}
	return floatText(float64(v), -1)
}

func (d *dumper) dumpTable(t *lua.LTable, indent string) {
	if slices.Contains(d.inside, t) {
		d.line(indent, "*RECURSION*")
		return
	}
	d.inside = append(d.inside, t)
	list := elements(t)
	d.line(indent, "array(%d) {", len(list))
	for _, e := range list {
		if key, ok := e.key.(string); ok {
			d.line(indent, "  [\"%s\"]=>", key)
		} else {
			d.line(indent, "  [%d]=>", e.key)
		}
		d.dump(e.value, indent+"  ")
	}
	d.line(indent, "}")
	d.inside = d.inside[:len(d.inside)-1]
}

func (d *dumper) dumpObject(v lua.LValue, indent string) {
	if isResource(v) {
		d.line(indent, "resource(%d) of type (%s)", handleOf(v), resourceType(v))
		return
	}
	d.line(indent, "object(%s)#%d (0) {", typeName(v), handleOf(v))
	d.line(indent, "}")
}

func (d *dumper) line(indent, format string, args ...any) {
	d.WriteString(indent)
	fmt.Fprintf(d, format, args...)
	d.WriteByte('\n')
}

func printR(k call) int {
	var d dumper
	d.show(k.arg(1), "")
	if k.bool(2) {
		return k.Text(d.String())
	}
	k.print(d.String())
	return k.True()
}

// show writes a value as print_r does; indent is that of the line it is on.
func (d *dumper) show(v lua.LValue, indent string) {
	switch v := v.(type) {
	case *lua.LTable:
		d.showTable(v, indent)
	case *lua.LFunction:
		d.WriteString("Closure Object\n" + indent + "(\n" + indent + ")\n")
	case *lua.LUserData:
		if isResource(v) {
			d.WriteString("Resource id #" + strconv.FormatUint(handleOf(v), 10))
			return
		}
		d.WriteString(typeName(v) + " Object\n" + indent + "(\n" + indent + ")\n")
	default:
		d.WriteString(valueText(v))
	}
}

func (d *dumper) showTable(t *lua.LTable, indent string) {
	if slices.Contains(d.inside, t) {
		d.WriteString("Array\n *RECURSION*")
		return
	}
	d.inside = append(d.inside, t)
	d.WriteString("Array\n" + indent + "(\n")
	for _, e := range elements(t) {
		fmt.Fprintf(d, "%s    [%v] => ", indent, e.key)
		d.show(e.value, indent+"        ")
		d.WriteByte('\n')
	}
	d.WriteString(indent + ")\n")
	d.inside = d.inside[:len(d.inside)-1]
}

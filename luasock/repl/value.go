package repl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

const (
	mostBytes  = 2000 // of a string that are shown
	mostBinary = 512  // of one that is no text
	mostFields = 200  // of a table
	mostDepth  = 8    // of tables in tables
	lineWidth  = 76   // of a table that stands on one line
)

// printer writes values so that a person can read them.
type printer struct {
	names
	color bool
	text  func(v lua.LValue) (string, bool) // by the value's __tostring
	above []*lua.LTable                     // in which the value stands
}

// value is a value as it is read: a text in quotes, a table with what is in it.
func (p *printer) value(v lua.LValue) string {
	switch v := v.(type) {
	case *lua.LNilType, lua.LBool:
		return p.paint(constant, v.String())
	case lua.LNumber:
		return p.paint(numeric, bind.NumberText(v))
	case lua.LString:
		return p.bytes(string(v), mostBytes)
	case *lua.LTable:
		return p.table(v)
	case *lua.LFunction:
		return p.paint(object, p.function(v))
	case *lua.LUserData:
		if text, ok := p.text(v); ok {
			return p.paint(object, clean(text))
		}
	case *lua.LState:
		return p.paint(object, "coroutine")
	}
	return p.paint(object, v.String())
}

func (p *printer) paint(color, text string) string { return painted(p.color, color, text) }

// isBinary tells whether a string is hardly to be read.
func isBinary(s string) bool {
	s = s[:min(len(s), mostBytes)]
	return strings.Count(quoted(s), `\x`) > len(s)/4
}

// bytes is a string in quotes with what does not print escaped, at most so many
// bytes of it.
func (p *printer) bytes(s string, most int) string {
	if isBinary(s) {
		most = min(most, mostBinary)
	}
	if len(s) <= most {
		return p.paint(textual, quoted(s))
	}
	end := most
	for end > most-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return p.paint(textual, quoted(s[:end])) + fmt.Sprintf("… (%d bytes)", len(s))
}

// lines is a string of several lines that does not fit one, with a row for each,
// still as Lua.
func (p *printer) lines(s string, most int) string {
	shown := s[:min(len(s), most)]
	if isBinary(s) || len(quoted(shown)) <= lineWidth || !strings.Contains(strings.TrimSuffix(shown, "\n"), "\n") {
		return p.bytes(s, most)
	}
	var rows []string
	for line := range strings.Lines(shown) {
		rows = append(rows, p.paint(textual, quoted(line)))
	}
	text := strings.Join(rows, " ..\n")
	if len(s) > most {
		text += fmt.Sprintf("… (%d bytes)", len(s))
	}
	return text
}

// quoted is s as Lua source. UTF-8 that prints stays.
func quoted(s string) string {
	b := []byte{'"'}
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == utf8.RuneError && n == 1, !unicode.IsPrint(r):
			for _, c := range []byte(s[i : i+n]) {
				b = fmt.Appendf(b, `\x%02x`, c)
			}
		default:
			b = append(b, s[i:i+n]...)
		}
		i += n
	}
	return string(append(b, '"'))
}

// clean is a text of a script's own without what would move the cursor.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return '\ufffd'
		}
		return r
	}, s)
}

// function tells what a function is: one of ours by its signature, one of Lua by
// its place.
func (p *printer) function(fn *lua.LFunction) string {
	if e, ok := p.env.Entry(fn); ok {
		name := e.Sig
		if !strings.Contains(name, ":") && e.Module != "base" && e.Module != "_G" {
			name = e.Module + "." + name
		}
		return "function " + name
	}
	if fn.Proto != nil {
		return fmt.Sprintf("function <%s:%d>", fn.Proto.SourceName, fn.Proto.LineDefined)
	}
	return "function"
}

// field is one entry of a table as it prints.
type field struct{ key, value string }

func (f field) String() string {
	if f.key == "" {
		return f.value
	}
	return f.key + " = " + f.value
}

func (p *printer) table(t *lua.LTable) string {
	switch {
	case slices.Contains(p.above, t):
		return p.paint(faint, fmt.Sprintf("<cycle: %d up>", len(p.above)-slices.Index(p.above, t)))
	case len(p.above) >= mostDepth:
		return p.paint(faint, "{…}")
	}
	if p.L.GetMetaField(t, "__tostring") != lua.LNil {
		if text, ok := p.text(t); ok {
			return p.paint(object, clean(text))
		}
	}
	p.above = append(p.above, t)
	fields, more := p.fields(t)
	p.above = p.above[:len(p.above)-1]
	return p.braces(fields, more)
}

// fields are a table's entries in order: the list from 1, then the keys sorted.
// more is how many there are besides.
func (p *printer) fields(t *lua.LTable) (fields []field, more int) {
	list := 0
	for v := t.RawGetInt(1); v != lua.LNil; v = t.RawGetInt(list + 1) {
		if list++; list > mostFields {
			more++
			continue
		}
		fields = append(fields, field{value: p.value(v)})
	}
	var keys []lua.LValue
	t.ForEach(func(k, _ lua.LValue) {
		if n, ok := k.(lua.LNumber); ok && n >= 1 && n <= lua.LNumber(list) && n == lua.LNumber(int(n)) {
			return
		}
		keys = append(keys, k)
	})
	slices.SortFunc(keys, compareKeys)
	for _, k := range keys {
		if len(fields) >= mostFields {
			more++
			continue
		}
		fields = append(fields, field{p.key(k), p.value(t.RawGet(k))})
	}
	return fields, more
}

// compareKeys orders numbers by size, then texts, then the others as they print.
func compareKeys(a, b lua.LValue) int {
	rank := func(v lua.LValue) int {
		return slices.Index([]lua.LValueType{lua.LTNumber, lua.LTString}, v.Type()) & 3
	}
	if ra, rb := rank(a), rank(b); ra != rb {
		return ra - rb
	}
	x, isNumber := a.(lua.LNumber)
	y, _ := b.(lua.LNumber)
	switch {
	case isNumber && x < y:
		return -1
	case isNumber && x > y:
		return 1
	case isNumber:
		return 0
	}
	return strings.Compare(a.String(), b.String())
}

func (p *printer) key(k lua.LValue) string {
	if s, ok := k.(lua.LString); ok && isName(string(s)) {
		return string(s)
	}
	return "[" + p.value(k) + "]"
}

// braces joins fields on one line if they fit, else with a line for each.
func (p *printer) braces(fields []field, more int) string {
	if more > 0 {
		fields = append(fields, field{value: p.paint(faint, fmt.Sprintf("… %d more", more))})
	}
	texts := make([]string, len(fields))
	wide := 0
	for i, f := range fields {
		texts[i] = f.String()
		wide += textCells(texts[i]) + 2
		if strings.Contains(texts[i], "\n") {
			wide = lineWidth
		}
	}
	if wide < lineWidth {
		return "{" + strings.Join(texts, ", ") + "}"
	}
	var b strings.Builder
	b.WriteString("{\n")
	for _, text := range texts {
		b.WriteString("  " + strings.ReplaceAll(text, "\n", "\n  ") + ",\n")
	}
	b.WriteString("}")
	return b.String()
}

// results are the values of an entry, as they print: one line, if none of them
// takes more, else one after the other.
func (p *printer) results(values []lua.LValue) string {
	if text, ok := p.refusal(values); ok {
		return text
	}
	texts := make([]string, len(values))
	between := "\t"
	for i, v := range values {
		if s, ok := v.(lua.LString); ok {
			texts[i] = p.lines(string(s), mostBytes)
		} else {
			texts[i] = p.value(v)
		}
		if strings.Contains(texts[i], "\n") {
			between = "\n"
		}
	}
	return strings.Join(texts, between)
}

// refusal is how nil, message, errno print: the message as it is, and the name of
// the number. There may be more behind them.
func (p *printer) refusal(values []lua.LValue) (text string, ok bool) {
	if len(values) < 3 || values[0] != lua.LNil {
		return "", false
	}
	message, isText := values[1].(lua.LString)
	errno, isNumber := values[2].(lua.LNumber)
	if !isText || !isNumber {
		return "", false
	}
	number := bind.NumberText(errno)
	if name := p.errno(errno); name != "" {
		number += " (" + name + ")"
	}
	text = p.paint(constant, "nil") + "\t" + p.paint(failing, clean(string(message))) + "\t" + p.paint(numeric, number)
	for _, v := range values[3:] {
		text += "\t" + p.value(v)
	}
	return text, true
}

// errno is the name of an error number: ECONNREFUSED.
func (p *printer) errno(n lua.LNumber) string {
	best := ""
	for _, m := range p.env.Modules() {
		for _, k := range m.Consts {
			if m.Name == "socket" && lua.LNumber(k.Value) == n && len(k.Name) > 1 && k.Name[0] == 'E' && !strings.Contains(k.Name, "_") {
				if best == "" || k.Name == "EAGAIN" {
					best = k.Name
				}
			}
		}
	}
	return best
}

// plural is a count of things: "1 byte", "2 entries".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		thing = stem + "ie"
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

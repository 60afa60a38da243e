package luatest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

const (
	mostShown = 2000 // bytes of a string in a message
	mostLine  = 72   // letters of a table that is shown in one line
	mostDepth = 20   // of tables in tables
	mostRows  = 2000 // entries of all tables of a value
)

// show is a value as a person reads it in a message: like a Lua expression.
func show(L *lua.LState, v lua.LValue) string {
	return strings.Join((&shower{L: L, width: mostLine}).lines(v, 0), "\n")
}

// showLines is a value with each entry of a table on a line of its own.
func showLines(L *lua.LState, v lua.LValue) []string { return (&shower{L: L}).lines(v, 0) }

// shower shows one value.
type shower struct {
	L     *lua.LState
	width int // tables that are no longer stand on one line; 0: those that are empty
	rows  int
	open  []*lua.LTable // that are being shown
}

// lines shows a value, a table in several lines.
func (s *shower) lines(v lua.LValue, depth int) []string {
	if text, ok := s.formatted(v); ok {
		return strings.Split(text, "\n")
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		return []string{s.plain(v)}
	}
	switch {
	case slices.Contains(s.open, t):
		return []string{"<the table that it is in>"}
	case depth >= mostDepth || s.rows > mostRows:
		return []string{"{…}"}
	}
	s.open = append(s.open, t)
	entries := s.entries(t, depth)
	s.open = s.open[:len(s.open)-1]
	return s.join(entries)
}

// join makes the lines of a table of those of its entries.
func (s *shower) join(entries [][]string) []string {
	if len(entries) == 0 {
		return []string{"{}"}
	}
	var short []string
	length := 4
	for _, e := range entries {
		short = append(short, e...)
		length += utf8.RuneCountInString(e[0]) + 2
		if len(e) > 1 {
			length = s.width + 1
		}
	}
	if length <= s.width {
		return []string{"{ " + strings.Join(short, ", ") + " }"}
	}
	lines := []string{"{"}
	for _, e := range entries {
		for i, line := range e {
			if i == len(e)-1 {
				line += ","
			}
			lines = append(lines, "  "+line)
		}
	}
	return append(lines, "}")
}

// entries shows those of a table: the list first, then the keys in order.
func (s *shower) entries(t *lua.LTable, depth int) [][]string {
	var list [][]string
	n := t.Len()
	for i := 1; i <= n; i++ {
		list = append(list, s.lines(t.RawGetInt(i), depth+1))
	}
	var keys []lua.LValue
	t.ForEach(func(k, _ lua.LValue) {
		if i, ok := k.(lua.LNumber); ok && float64(i) == float64(int(i)) && int(i) >= 1 && int(i) <= n {
			return
		}
		keys = append(keys, k)
	})
	slices.SortFunc(keys, compareKeys)
	for _, k := range keys {
		e := s.lines(t.RawGet(k), depth+1)
		e[0] = s.key(k) + " = " + e[0]
		list = append(list, e)
	}
	if s.rows += len(list); s.rows > mostRows {
		list = append(list[:min(len(list), mostRows)], []string{"…"})
	}
	return list
}

// compareKeys puts numbers first, then texts, then what has no order.
func compareKeys(a, b lua.LValue) int {
	x, isNumber := a.(lua.LNumber)
	y, too := b.(lua.LNumber)
	switch {
	case isNumber && too && x < y:
		return -1
	case isNumber && too:
		return 1
	case isNumber != too && isNumber:
		return -1
	case isNumber != too:
		return 1
	case a.Type() != b.Type():
		return int(b.Type()) - int(a.Type())
	}
	return strings.Compare(a.String(), b.String())
}

var keyword = map[string]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true, "for": true, "function": true, "goto": true, "if": true,
	"in": true, "local": true, "nil": true, "not": true, "or": true, "repeat": true, "return": true, "then": true, "true": true, "until": true, "while": true,
}

func (s *shower) key(k lua.LValue) string {
	text, ok := k.(lua.LString)
	if ok && text != "" && !keyword[string(text)] && strings.Trim(string(text), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == "" && (text[0] < '0' || text[0] > '9') {
		return string(text)
	}
	return "[" + s.plain(k) + "]"
}

// plain shows what is no table.
func (s *shower) plain(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return quoted(string(v))
	case lua.LNumber:
		return bind.NumberText(v)
	case *lua.LFunction:
		if v.IsG {
			return "<function>"
		}
		return fmt.Sprintf("<function %s:%d>", v.Proto.SourceName, v.Proto.LineDefined)
	case *lua.LTable:
		return "<table>"
	case *lua.LUserData:
		if mt, ok := v.Metatable.(*lua.LTable); ok && mt.RawGetString("__tostring") != lua.LNil {
			return "<" + s.L.ToStringMeta(v).String() + ">"
		}
		return "<userdata>"
	case *lua.LState:
		return "<thread>"
	}
	return v.String()
}

// quoted is a string as Lua reads it. Letters of other scripts stay what they are.
func quoted(text string) string {
	cut := ""
	if len(text) > mostShown {
		text, cut = text[:mostShown], fmt.Sprintf("… (%d bytes)", len(text))
	}
	var b strings.Builder
	b.WriteByte('"')
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7F:
			fmt.Fprintf(&b, `\x%02x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		text = text[n:]
	}
	return b.String() + `"` + cut
}

// isPlain tells whether a string is text, which reads better than its bytes.
func isPlain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && r != '\r' && r != '\t' && !unicode.IsPrint(r)
	})
}

// textLines are the lines of a text, quoted so that what ends them shows.
func textLines(s string) []string {
	var lines []string
	for line := range strings.Lines(s) {
		lines = append(lines, quoted(line))
	}
	return lines
}

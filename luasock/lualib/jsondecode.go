package lualib

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// decode lets encoding/json judge the text and builds the value itself, because
// encoding/json would replace bytes that are not UTF-8.
func (lib *jsonLib) decode(c bind.Call) int {
	text := c.Bytes(1)
	b := builder{lib: lib, L: c.L, text: text}
	if json.Valid(borrow(text)) {
		v := b.value()
		if b.wrong == "" {
			return c.Return(v)
		}
	} else {
		b.at, b.wrong = jsonMistake(text)
	}
	line := 1 + strings.Count(text[:b.at], "\n")
	column := b.at - strings.LastIndexByte(text[:b.at], '\n')
	return refuse(c, "json.decode: line %d column %d: %s", line, column, b.wrong)
}

// jsonMistake is what encoding/json finds wrong, and at which index.
func jsonMistake(text string) (at int, wrong string) {
	offset := func(text string) (int, string) {
		var mistake *json.SyntaxError
		if err := json.Unmarshal(borrow(text), new(json.RawMessage)); !errors.As(err, &mistake) {
			return len(text), "unexpected end of JSON input"
		}
		return int(mistake.Offset), mistake.Error()
	}
	// The offset counts the bytes that were read. At the end of the text it may
	// mean the last byte or that more was to come; an added byte tells which.
	at, wrong = offset(text)
	if more, _ := offset(text + "\x00"); more > len(text) {
		return len(text), "unexpected end of JSON input"
	}
	return at - 1, wrong
}

// builder makes Lua values of a text that is JSON.
type builder struct {
	lib    *jsonLib
	L      *lua.LState
	text   string
	at     int
	values []lua.LValue // of the lists and objects that are not complete yet
	keys   []string     // likewise
	wrong  string       // what no double can hold, at index at
}

func (b *builder) value() lua.LValue {
	switch b.peek() {
	case '{':
		return b.object()
	case '[':
		return b.list()
	case '"':
		return lua.LString(b.string())
	case 't':
		b.at += len("true")
		return lua.LTrue
	case 'f':
		b.at += len("false")
		return lua.LFalse
	case 'n':
		b.at += len("null")
		return b.lib.null
	}
	return b.number()
}

// peek is the next byte that is not white space.
func (b *builder) peek() byte {
	for isSpace(b.text[b.at]) {
		b.at++
	}
	return b.text[b.at]
}

// list collects the items first, so that the table has their size.
func (b *builder) list() lua.LValue {
	from := len(b.values)
	for b.at++; b.peek() != ']'; {
		if b.text[b.at] == ',' {
			b.at++
		}
		v := b.value()
		if b.wrong != "" {
			return lua.LNil
		}
		b.values = append(b.values, v)
	}
	b.at++
	t := b.L.CreateTable(len(b.values)-from, 0)
	for _, v := range b.values[from:] {
		t.Append(v)
	}
	b.values = b.values[:from]
	t.Metatable = b.lib.array
	return t
}

func (b *builder) object() lua.LValue {
	from, firstKey := len(b.values), len(b.keys)
	for b.at++; b.peek() != '}'; {
		if b.text[b.at] == ',' {
			b.at++
			b.peek()
		}
		key := b.string()
		b.peek()
		b.at++ // the colon
		v := b.value()
		if b.wrong != "" {
			return lua.LNil
		}
		b.keys, b.values = append(b.keys, key), append(b.values, v)
	}
	b.at++
	t := b.L.CreateTable(0, len(b.values)-from)
	for i, key := range b.keys[firstKey:] {
		t.RawSetString(key, b.values[from+i])
	}
	b.keys, b.values = b.keys[:firstKey], b.values[:from]
	return t
}

func (b *builder) number() lua.LValue {
	end := b.at + 1
	for end < len(b.text) && strings.IndexByte("0123456789+-.eE", b.text[end]) >= 0 {
		end++
	}
	digits := b.text[b.at:end]
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		b.wrong = fmt.Sprintf("number %s is greater than a double can be", bind.Describe(lua.LString(digits)))
		return lua.LNil
	}
	b.at = end
	if n := int(f); n > 0 && float64(n) == f {
		return bind.Int(n)
	}
	return lua.LNumber(f)
}

// string reads a string in quotes. What it returns does not hold on to the text.
func (b *builder) string() string {
	start := b.at + 1
	for i := start; ; i++ {
		switch b.text[i] {
		case '"':
			b.at = i + 1
			return strings.Clone(b.text[start:i])
		case '\\':
			return b.escaped(start, i)
		}
	}
}

// escaped reads the string that begins at start, the first escape being at i.
func (b *builder) escaped(start, i int) string {
	s := append([]byte(nil), b.text[start:i]...)
	for b.text[i] != '"' {
		if b.text[i] != '\\' {
			s = append(s, b.text[i])
			i++
			continue
		}
		switch e := b.text[i+1]; e {
		case 'u':
			code, size := unescape(b.text[i:])
			s = utf8.AppendRune(s, code)
			i += size
			continue
		case 'b', 'f', 'n', 'r', 't':
			s = append(s, "\b\f\n\r\t"[strings.IndexByte("bfnrt", e)])
		default:
			s = append(s, e)
		}
		i += 2
	}
	b.at = i + 1
	return given(s)
}

// unescape reads \uXXXX, or two of them that are a surrogate pair, and says how
// many bytes that were. A surrogate alone is U+FFFD.
func unescape(s string) (code rune, size int) {
	unit := func(s string) rune {
		n, _ := strconv.ParseUint(s[2:6], 16, 16)
		return rune(n)
	}
	code = unit(s)
	if !utf16.IsSurrogate(code) {
		return code, 6
	}
	if s = s[6:]; strings.HasPrefix(s, `\u`) {
		if pair := utf16.DecodeRune(code, unit(s)); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

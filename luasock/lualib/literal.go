package lualib

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// rewriter turns source of the Lua that we speak into source that gopher-lua's
// scanner reads the same way: escapes that it does not know become decimal ones,
// numbers that it would misread their decimal value. Lines stay what they are;
// columns too, unless the new text is longer. Comments and long strings are
// copied as they are.
type rewriter struct {
	name string
	src  []byte
	out  []byte // what precedes src[done], rewritten
	done int
	pos  int
	line int

	shifts []displacement // where bytes of src went, that do not stand where they stood

	depth int // of the brackets and blocks that are open
}

// displacement says that what stands at index out of the new text, and behind it, stood at
// index src of the source.
type displacement struct{ out, src int }

// maxLevels is LUAI_MAXCCALLS: deeper, the parser would take the more of the Go
// stack the longer the source is.
const maxLevels = 200

// rewrite gives the source for gopher-lua's scanner: src itself when nothing has
// to change. The error is a *SyntaxError.
func rewrite(src []byte, name string) (out []byte, err error) {
	out, _, err = rewriteTracing(src, name)
	return out, err
}

// rewriteTracing is rewrite that says also where the bytes have come from.
func rewriteTracing(src []byte, name string) (out []byte, shifts []displacement, err error) {
	r := &rewriter{name: name, src: src, line: 1}
	defer func() {
		if e, ok := recover().(*SyntaxError); ok {
			out, shifts, err = nil, nil, e
		}
	}()
	for r.pos < len(src) {
		r.token()
	}
	if r.out == nil {
		return src, nil, nil
	}
	return append(r.out, src[r.done:]...), r.shifts, nil
}

// replace puts text in place of src[from:r.pos].
func (r *rewriter) replace(from int, text string) {
	r.out = append(append(r.out, r.src[r.done:from]...), text...)
	r.done = r.pos
	r.shifts = append(r.shifts, displacement{len(r.out), r.pos})
}

// fail ends the rewriting at the token that began at from.
func (r *rewriter) fail(from int, message string) {
	to := min(r.pos, len(r.src))
	panic(&SyntaxError{
		Chunk: r.name, Line: r.line, Column: column(r.src, from), Message: message,
		Token: string(r.src[from:to]),
	})
}

// at is the byte n after the position, 0 beyond the end.
func (r *rewriter) at(n int) byte {
	if r.pos+n < len(r.src) {
		return r.src[r.pos+n]
	}
	return 0
}

// token passes over one token, or one byte that means nothing here.
func (r *rewriter) token() {
	switch c := r.at(0); {
	case c == '\n' || c == '\r':
		r.newline()
	case c == '"' || c == '\'':
		r.quoted(c)
	case c == '-' && r.at(1) == '-':
		r.comment()
	case c == '[':
		if r.pos++; !r.long(r.pos - 1) {
			r.nest(1)
		}
	case c == '(' || c == '{':
		r.pos++
		r.nest(1)
	case c == ')' || c == '}' || c == ']':
		r.pos++
		r.nest(-1)
	case isDigit(c) || c == '.' && isDigit(r.at(1)):
		r.number()
	case isLetter(c):
		r.word()
	case c == '.':
		for r.at(0) == '.' {
			r.pos++
		}
	default:
		r.pos++
	}
}

// word passes over a name or keyword.
func (r *rewriter) word() {
	start := r.pos
	for isLetter(r.at(0)) || isDigit(r.at(0)) {
		r.pos++
	}
	switch string(r.src[start:r.pos]) {
	case "do", "then", "function", "repeat":
		r.nest(1)
	case "end", "until", "elseif":
		r.nest(-1)
	}
}

// nest counts a bracket or block that opens or closes.
func (r *rewriter) nest(n int) {
	if r.depth += n; r.depth > maxLevels {
		r.fail(r.pos-1, "chunk has too many syntax levels")
	}
}

// newline passes over a line end: two bytes where they are of one pair.
func (r *rewriter) newline() {
	c, next := r.at(0), r.at(1)
	if r.pos++; (next == '\n' || next == '\r') && next != c {
		r.pos++
	}
	r.line++
}

// comment passes over a comment. One that begins like a long one, but is not,
// confuses gopher-lua.
func (r *rewriter) comment() {
	r.pos += 2
	if r.at(0) == '[' {
		open := r.pos
		r.pos++
		if r.long(open) {
			return
		}
		if r.src[r.pos-1] == '=' || r.at(0) == '=' {
			at := r.pos
			r.pos = open + 1
			r.replace(open, " ")
			r.pos = at
		}
	}
	for r.pos < len(r.src) && r.at(0) != '\n' && r.at(0) != '\r' {
		r.pos++
	}
}

// long passes over what follows the first bracket of a long string; false when
// none begins there.
func (r *rewriter) long(open int) bool {
	level := 0
	for r.at(level) == '=' {
		level++
	}
	if r.at(level) != '[' {
		return false
	}
	closing := []byte("]" + strings.Repeat("=", level) + "]")
	end := bytes.Index(r.src[r.pos:], closing)
	if end < 0 {
		r.line += bytes.Count(r.src[r.pos:], []byte("\n"))
		kind := "string"
		if open >= 2 && r.src[open-1] == '-' && r.src[open-2] == '-' {
			kind = "comment"
		}
		panic(&SyntaxError{Chunk: r.name, Line: r.line, Column: column(r.src, len(r.src)),
			Message: "unfinished long " + kind, Token: "<eof>"})
	}
	for end += r.pos; r.pos < end; {
		if c := r.at(0); c == '\n' || c == '\r' {
			r.newline()
		} else {
			r.pos++
		}
	}
	r.pos = end + len(closing)
	return true
}

// quoted passes over a string. The lines that \z skipped follow after it.
func (r *rewriter) quoted(quote byte) {
	start := r.pos
	r.pos++
	skipped := 0
	for {
		switch c := r.at(0); {
		case r.pos >= len(r.src):
			r.fail(start, "unfinished string")
		case c == '\n' || c == '\r':
			r.fail(start, "unfinished string")
		case c == quote:
			r.pos++
			if skipped > 0 {
				r.replace(r.pos, strings.Repeat("\n", skipped))
			}
			return
		case c == '\\':
			skipped += r.escape(start)
		default:
			r.pos++
		}
	}
}

// escape passes over an escape sequence of the string that began at start, and
// gives the number of lines that it skipped.
func (r *rewriter) escape(start int) (skipped int) {
	from := r.pos
	r.pos++
	switch c := r.at(0); {
	case c == 'x':
		r.pos++
		n := r.hex(start)<<4 | r.hex(start)
		r.replace(from, fmt.Sprintf("\\%03d", n))
	case c == 'u':
		r.pos++
		r.unicode(start, from)
	case c == 'z':
		r.pos++
		line := r.line
		r.space()
		r.replace(from, "")
		return r.line - line
	case isDigit(c):
		n := 0
		for i := 0; i < 3 && isDigit(r.at(0)); i++ {
			n = n*10 + int(r.at(0)-'0')
			r.pos++
		}
		if n > 255 {
			r.fail(start, "escape sequence too large")
		}
	case c == '\n' || c == '\r':
		r.newline()
	case r.pos < len(r.src):
		r.pos++
	}
	return 0
}

func (r *rewriter) hex(start int) int {
	n, ok := digitOf(r.at(0), 16)
	r.pos++
	if !ok {
		r.fail(start, "hexadecimal digit expected")
	}
	return n
}

// unicode passes over what follows \u: the bytes of the character in UTF-8.
func (r *rewriter) unicode(start, from int) {
	if r.at(0) != '{' {
		r.pos++
		r.fail(start, "missing '{'")
	}
	r.pos++
	n := r.hex(start)
	for {
		digit, ok := digitOf(r.at(0), 16)
		if !ok {
			break
		}
		r.pos++
		if n = n<<4 | digit; n > utf8.MaxRune {
			r.fail(start, "UTF-8 value too large")
		}
	}
	r.pos++
	if r.src[min(r.pos, len(r.src))-1] != '}' {
		r.fail(start, "missing '}'")
	}
	var text strings.Builder
	for _, b := range appendCode(nil, rune(n)) {
		fmt.Fprintf(&text, "\\%03d", b)
	}
	r.replace(from, text.String())
}

// space passes over white space.
func (r *rewriter) space() {
	for r.pos < len(r.src) {
		switch r.at(0) {
		case '\n', '\r':
			r.newline()
		case ' ', '\t', '\v', '\f':
			r.pos++
		default:
			return
		}
	}
}

// number passes over a number, which is all that looks like part of one.
func (r *rewriter) number() {
	start := r.pos
	for c := r.at(0); isDigit(c) || isLetter(c) || c == '.'; c = r.at(0) {
		r.pos++
		hex := r.pos-start > 1 && r.src[start] == '0' && r.src[start+1]|0x20 == 'x'
		if next := r.at(0); (next == '+' || next == '-') && (!hex && c|0x20 == 'e' || hex && c|0x20 == 'p') {
			r.pos++
		}
	}
	text := string(r.src[start:r.pos])
	n, ok := parseNumber(text)
	if !ok {
		r.fail(start, "malformed number")
	}
	if !plainNumber(text) || math.IsInf(n, 1) {
		r.replace(start, fmt.Sprintf("%*s", len(text), exactNumber(n)))
	}
}

// plainNumber tells what gopher-lua's scanner reads right: a hexadecimal integer
// that fits 63 bits, a decimal number without leading zeros.
func plainNumber(text string) bool {
	if len(text) > 1 && text[0] == '0' {
		if text[1]|0x20 == 'x' {
			return len(text) <= 17 && !strings.ContainsAny(text, ".pP")
		}
		return !isDigit(text[1])
	}
	return true
}

// column is the byte's place in its line, from 1.
func column(src []byte, at int) int {
	at = min(at, len(src))
	return at - bytes.LastIndexAny(src[:at], "\n\r")
}

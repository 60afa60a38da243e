package lualib

import (
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// stringFormat is C's printf, and no part of it is Go's: another meaning of a
// flag, or "%!d(…)" in the result, would be a fault that a script cannot see.
func stringFormat(c bind.Call) int {
	format, arg := checkString(c, 1), 1
	var small [256]byte
	out := small[:0]
	for {
		at := strings.IndexByte(format, '%')
		if at < 0 {
			break
		}
		out = append(out, format[:at]...)
		format = format[at+1:]
		if strings.HasPrefix(format, "%") {
			out = append(out, '%')
			format = format[1:]
			continue
		}
		if arg++; arg > c.N() {
			c.Bad(arg, "no value")
		}
		var spec formatSpec
		format = spec.parse(c, format)
		out = spec.append(out, c, arg)
	}
	return c.Return(piece(string(append(out, format...))))
}

// formatSpec is one item of a format, such as "%-5.2f".
type formatSpec struct {
	verb                            byte
	minus, plus, space, sharp, zero bool
	width                           int
	precision                       int // -1: not given
}

// parse reads the item after its "%" and gives what follows it.
func (f *formatSpec) parse(c bind.Call, s string) string {
	rest := strings.TrimLeft(s, "-+ #0")
	flags := s[:len(s)-len(rest)]
	if len(flags) > 5 {
		c.Raise("invalid format (repeated flags)")
	}
	for _, flag := range flags {
		f.set(flag)
	}
	f.width, rest = formatSize(c, rest)
	f.precision = -1
	if strings.HasPrefix(rest, ".") {
		f.precision, rest = formatSize(c, rest[1:])
	}
	if rest == "" {
		c.Raise("invalid option '%%' to 'format'")
	}
	f.verb = rest[0]
	return rest[1:]
}

func (f *formatSpec) set(flag rune) {
	switch flag {
	case '-':
		f.minus = true
	case '+':
		f.plus = true
	case ' ':
		f.space = true
	case '#':
		f.sharp = true
	case '0':
		f.zero = true
	}
}

// formatSize reads a width or precision, which has at most two digits.
func formatSize(c bind.Call, s string) (int, string) {
	n, i := 0, 0
	for ; i < len(s) && isDigit(s[i]); i++ {
		if i == 2 {
			c.Raise("invalid format (width or precision too long)")
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s[i:]
}

// append appends argument i as the item says.
func (f *formatSpec) append(out []byte, c bind.Call, i int) []byte {
	switch f.verb {
	case 'd', 'i':
		return f.appendInt(out, checkNumber(c, i))
	case 'u', 'o', 'x', 'X':
		return f.appendUint(out, checkNumber(c, i))
	case 'e', 'E', 'f', 'g', 'G', 'a', 'A':
		return f.appendFloat(out, checkNumber(c, i))
	case 'c':
		return f.pad(append(out, byte(checkInt(c, i))), len(out))
	case 's':
		return f.appendText(out, textOf(c, i))
	case 'q':
		return appendQuoted(out, checkString(c, i))
	}
	c.Raise("invalid option '%%%s' to 'format'", []byte{f.verb})
	return nil
}

func (f *formatSpec) appendText(out []byte, s string) []byte {
	if f.precision >= 0 && f.precision < len(s) {
		s = s[:f.precision]
	}
	return f.pad(append(out, s...), len(out))
}

// textOf is any value's text, as tostring gives it.
func textOf(c bind.Call, i int) string {
	v := c.Arg(i)
	if s, ok := bind.Text(v); ok {
		return s
	}
	s, ok := toText(c.L, v).(lua.LString)
	if !ok {
		c.Raise("'__tostring' must return a string")
	}
	return string(s)
}

// appendQuoted appends s as a literal that Lua reads back as s.
func appendQuoted(out []byte, s string) []byte {
	out = append(slices.Grow(out, len(s)+len(s)/8), '"')
	for i := range len(s) {
		b := s[i]
		if b > '\r' && b != '"' && b != '\\' {
			out = append(out, b)
			continue
		}
		switch b {
		case '"', '\\', '\n':
			out = append(out, '\\', b)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, b)
		}
	}
	return append(out, '"')
}

// appendInt drops the fraction, as Lua 5.1 does. What 64 bits do not hold is the
// smallest number, as on the hardware.
func (f *formatSpec) appendInt(out []byte, n float64) []byte {
	i := int64(math.MinInt64)
	if n > math.MinInt64 && n < math.MaxInt64 {
		i = int64(n)
	}
	from := len(out)
	out = f.appendSign(out, i < 0)
	if i < 0 {
		i = -i
	}
	return f.finish(f.appendDigits(out, uint64(i), 10), from, f.precision < 0)
}

// appendUint writes the number's lowest 64 bits.
func (f *formatSpec) appendUint(out []byte, n float64) []byte {
	from, u := len(out), unsigned(n)
	switch f.verb {
	case 'u':
		out = f.appendDigits(out, u, 10)
	case 'o':
		out = f.appendDigits(out, u, 8)
		if f.sharp && (len(out) == from || out[from] != '0') {
			out = insert(out, from, 1, '0')
		}
	default:
		if f.sharp && u != 0 {
			out = append(out, '0', f.verb)
		}
		digits := len(out)
		out = f.appendDigits(out, u, 16)
		if f.verb == 'X' {
			swapCase(out[digits:], 'a', 'z')
		}
	}
	return f.finish(out, from, f.precision < 0)
}

// unsigned converts as C does on today's hardware: negative numbers wrap.
func unsigned(n float64) uint64 {
	switch {
	case n >= 1<<64:
		return 0
	case n >= 1<<63:
		return uint64(n-1<<63) | 1<<63
	case n > math.MinInt64:
		return uint64(int64(n))
	}
	return 1 << 63
}

// appendDigits writes at least as many digits as the precision asks for; of zero
// with precision 0, none.
func (f *formatSpec) appendDigits(out []byte, u uint64, base int) []byte {
	from := len(out)
	if u != 0 || f.precision != 0 {
		out = strconv.AppendUint(out, u, base)
	}
	if missing := f.precision - (len(out) - from); missing > 0 {
		out = insert(out, from, missing, '0')
	}
	return out
}

func (f *formatSpec) appendSign(out []byte, negative bool) []byte {
	switch {
	case negative:
		return append(out, '-')
	case f.plus:
		return append(out, '+')
	case f.space:
		return append(out, ' ')
	}
	return out
}

// finish pads a number that begins at from: with zeros after sign and "0x" if
// the item says so and zeros are allowed, else with spaces.
func (f *formatSpec) finish(out []byte, from int, zeros bool) []byte {
	missing := f.width - (len(out) - from)
	if missing <= 0 {
		return out
	}
	if !f.zero || f.minus || !zeros {
		return f.pad(out, from)
	}
	at := from
	if strings.IndexByte("+- ", out[at]) >= 0 {
		at++
	}
	if at+1 < len(out) && out[at] == '0' && out[at+1]|0x20 == 'x' {
		at += 2
	}
	return insert(out, at, missing, '0')
}

// pad pads what begins at from with spaces.
func (f *formatSpec) pad(out []byte, from int) []byte {
	missing := f.width - (len(out) - from)
	switch {
	case missing <= 0:
		return out
	case f.minus:
		return insert(out, len(out), missing, ' ')
	}
	return insert(out, from, missing, ' ')
}

// insert puts n bytes b at position at. A width has two digits, so n is small.
func insert(out []byte, at, n int, b byte) []byte {
	for range n {
		out = append(out, b)
	}
	copy(out[at+n:], out[at:])
	for i := range n {
		out[at+i] = b
	}
	return out
}

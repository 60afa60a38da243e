package php

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var formatRows = []bind.Row{
	row("sprintf(string $format, mixed ...$values): string", "Formats the values by PHP's rules: %s %d %u %x %X %o %b %c %e %E %f %F %g %G, with N$, flags - + 0 space 'c, width and precision.", sprintf),
	row("printf(string $format, mixed ...$values): int", "Prints what sprintf gives, and returns its length.", printf),
}

func sprintf(k call) int { return k.Text(k.format()) }

func printf(k call) int {
	s := k.format()
	k.print(s)
	return k.Return(bind.Int(len(s)))
}

// The bounds of PHP's ext/standard/formatted_print.c.
const (
	maxInt            = math.MaxInt32
	maxPrecision      = 500 // of anything
	maxFloatPrecision = 53
)

// format formats the arguments behind the first by the first.
func (k call) format() string {
	f := formatter{call: k, format: k.text(1), missing: -1}
	for f.at < len(f.format) {
		next := strings.IndexByte(f.format[f.at:], '%')
		if next < 0 {
			f.out.WriteString(f.format[f.at:])
			break
		}
		f.out.WriteString(f.format[f.at : f.at+next])
		f.at += next + 1
		f.directive()
	}
	if f.missing >= 0 {
		k.throw("ArgumentCountError", fmt.Sprintf("%d arguments are required, %d given", f.missing+2, k.N()))
	}
	return f.out.String()
}

// formatter is one run of sprintf.
type formatter struct {
	call
	format  string
	at      int // in format
	next    int // the value that comes next
	missing int // the last value that is not there; -1 for none
	out     strings.Builder
}

// spec is what stands between a % and its letter.
type spec struct {
	value     int // counted from 0; -1 for the next one
	left      bool
	sign      bool
	padding   byte
	width     int
	precision int
	precise   bool // a precision was given
}

// directive writes what a % begins.
func (f *formatter) directive() {
	if f.peek() == '%' {
		f.at++
		f.out.WriteByte('%')
		return
	}
	s := spec{value: -1, padding: ' '}
	if c := f.peek(); !isLetter(c) {
		s.value = f.argument()
		f.flags(&s)
		if !f.widths(&s) {
			return
		}
	}
	if f.peek() == 'l' {
		f.at++
	}
	letter := f.peek()
	v, ok := f.take(s.value)
	if ok && s.precision < 0 && strings.IndexByte("gGhH", letter) < 0 {
		f.throw("ValueError", "Precision -1 is only supported for %g, %G, %h and %H")
	}
	if ok {
		f.convert(s, letter, v)
		f.at++
	}
}

// peek is the byte that comes; 0 at the end.
func (f *formatter) peek() byte {
	if f.at < len(f.format) {
		return f.format[f.at]
	}
	return 0
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// take gives a value; -1 is the next.
func (f *formatter) take(i int) (lua.LValue, bool) {
	if i < 0 {
		i = f.next
		f.next++
	}
	if i+2 > f.N() {
		f.missing = max(f.missing, i)
		return nil, false
	}
	return f.Arg(i + 2), true
}

// argument reads "N$"; -1 when it does not stand there.
func (f *formatter) argument() int {
	end := f.at
	for end < len(f.format) && isDigit(f.format[end]) {
		end++
	}
	if end == f.at || end == len(f.format) || f.format[end] != '$' {
		return -1
	}
	n, ok := f.number()
	if !ok || n == 0 {
		f.throw("ValueError", fmt.Sprintf("Argument number specifier must be greater than zero and less than %d", maxInt))
	}
	f.at++
	return n - 1
}

// number reads digits; false when they are more than an int.
func (f *formatter) number() (int, bool) {
	from := f.at
	for isDigit(f.peek()) {
		f.at++
	}
	n, err := strconv.Atoi(f.format[from:f.at])
	return n, err == nil && n < maxInt
}

func (f *formatter) flags(s *spec) {
	for ; ; f.at++ {
		switch c := f.peek(); c {
		case ' ', '0':
			if f.at == len(f.format) {
				return
			}
			s.padding = c
		case '-':
			s.left = true
		case '+':
			s.sign = true
		case '\'':
			if f.at+1 == len(f.format) {
				f.throw("ValueError", "Missing padding character")
			}
			f.at++
			s.padding = f.peek()
		default:
			return
		}
	}
}

// widths reads the width and the precision. It reports false when the value
// that a * stands for is not there: then the directive ends at the *.
func (f *formatter) widths(s *spec) (ok bool) {
	ok = true
	switch c := f.peek(); {
	case c == '*':
		s.width, ok = f.star("Width", 0)
	case isDigit(c):
		s.width = f.bounded("Width")
	}
	if !ok || f.peek() != '.' {
		return ok
	}
	f.at++
	switch c := f.peek(); {
	case isDigit(c):
		s.precision, s.precise = f.bounded("Precision"), true
		if s.precision > maxPrecision {
			f.notice("Requested precision of %d digits was truncated to PHP maximum of %d digits", s.precision, maxPrecision)
			s.precision = maxPrecision
		}
	case c == '*':
		s.precision, ok = f.star("Precision", -1)
		s.precise = true
	}
	return ok
}

func (f *formatter) bounded(what string) int {
	n, ok := f.number()
	if !ok {
		f.throw("ValueError", fmt.Sprintf("%s must be greater than zero and less than %d", what, maxInt))
	}
	return n
}

// star reads "*", a number among the values.
func (f *formatter) star(what string, least int) (int, bool) {
	f.at++
	v, ok := f.take(f.argument())
	if !ok {
		return 0, false
	}
	n, isNumber := v.(lua.LNumber)
	if !isNumber || typeName(v) != "int" {
		f.throw("ValueError", what+" must be an integer")
	}
	if n < lua.LNumber(least) || n > maxInt {
		if least < 0 {
			f.throw("ValueError", fmt.Sprintf("%s must be between %d and %d", what, least, maxInt))
		}
		f.throw("ValueError", fmt.Sprintf("%s must be greater than zero and less than %d", what, maxInt))
	}
	return int(n), true
}

// convert writes a value as its letter says.
func (f *formatter) convert(s spec, letter byte, v lua.LValue) {
	switch letter {
	case 's':
		text := f.stringOf(v)
		if s.precise && s.precision >= 0 {
			text = text[:min(s.precision, len(text))]
		}
		s.sign = false
		f.pad(s, text, false)
	case 'd':
		f.integer(s, strconv.FormatInt(toLong(v), 10))
	case 'u':
		s.sign = false
		f.integer(s, strconv.FormatUint(uint64(toLong(v)), 10))
	case 'e', 'E', 'f', 'F', 'g', 'G', 'h', 'H':
		f.float(s, letter, toDouble(v))
	case '%':
		f.out.WriteByte('%')
	case 'c':
		f.out.WriteByte(byte(toLong(v)))
	case 'x', 'X', 'o', 'b':
		f.base(s, letter, uint64(toLong(v)))
	case 0:
		if f.at >= len(f.format) {
			f.throw("ValueError", "Missing format specifier at end of string")
		}
		fallthrough
	default:
		f.throw("ValueError", fmt.Sprintf("Unknown format specifier \"%s\"", []byte{letter}))
	}
}

// pad writes text in its width. Zeros go behind the sign, if there is one.
func (f *formatter) pad(s spec, text string, negative bool) {
	n := max(s.width-len(text), 0)
	fill := strings.Repeat(string([]byte{s.padding}), n)
	switch {
	case s.left:
		f.out.WriteString(text + fill)
	case s.padding == '0' && (negative || s.sign) && text != "":
		f.out.WriteString(text[:1] + fill + text[1:])
	default:
		f.out.WriteString(fill + text)
	}
}

func (f *formatter) integer(s spec, digits string) {
	negative := digits[0] == '-'
	if s.sign && !negative {
		digits = "+" + digits
	}
	if s.left && s.padding == '0' {
		s.padding = ' '
	}
	f.pad(s, digits, negative)
}

func (f *formatter) base(s spec, letter byte, n uint64) {
	bases := map[byte]int{'x': 16, 'X': 16, 'o': 8, 'b': 2}
	digits := strconv.FormatUint(n, bases[letter])
	if letter == 'X' {
		digits = strings.ToUpper(digits)
	}
	if s.precise { // as PHP: a precision cuts to nothing
		digits = ""
	}
	s.sign = false
	f.pad(s, digits, false)
}

func (f *formatter) float(s spec, letter byte, v float64) {
	switch {
	case !s.precise:
		s.precision = 6
	case s.precision > maxFloatPrecision:
		f.notice("Requested precision of %d digits was truncated to PHP maximum of %d digits", s.precision, maxFloatPrecision)
		s.precision = maxFloatPrecision
	}
	var text string
	negative := v < 0
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		f.out.WriteString(strings.Replace(numberText(v), "NAN", "NaN", 1))
		return
	case strings.IndexByte("eE", letter) >= 0:
		text = exponentText(math.Abs(v), letter, s.precision)
	case strings.IndexByte("fF", letter) >= 0:
		text = strconv.FormatFloat(math.Abs(v), 'f', s.precision, 64)
	default:
		text, negative = generalText(math.Abs(v), letter, s.precision), math.Signbit(v)
	}
	switch {
	case negative:
		text = "-" + text
	case s.sign:
		text = "+" + text
	}
	f.pad(s, text, negative)
}

// exponentText is %e with an exponent as short as can be: "1.5e+3".
func exponentText(v float64, letter byte, precision int) string {
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', precision, 64), "e")
	n, _ := strconv.Atoi(exponent)
	return fmt.Sprintf("%s%c%+d", mantissa, letter, n)
}

// generalText is %g, %G, %h, %H.
func generalText(v float64, letter byte, precision int) string {
	if precision == 0 {
		precision = 1
	}
	text := floatText(v, precision)
	if letter == 'g' || letter == 'h' {
		text = strings.ToLower(text)
	}
	return text
}

// toLong is PHP's conversion to int: of a string, the number it begins with.
func toLong(v lua.LValue) int64 {
	if t, ok := v.(*lua.LTable); ok {
		if truth(t) {
			return 1
		}
		return 0
	}
	if text, ok := v.(lua.LString); ok {
		text := strings.TrimLeft(string(text), " \t\n\r\v\f")
		if n, err := strconv.ParseInt(text[:numberEnd(text)], 10, 64); err == nil {
			return n
		}
	}
	f := toDouble(v)
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return 0
	case f >= -(1<<63) && f < 1<<63:
		return int64(f)
	}
	wrapped := math.Mod(math.Trunc(f), 1<<64)
	if wrapped < 0 {
		wrapped += 1 << 64
	}
	return int64(uint64(wrapped))
}

// toDouble is PHP's conversion to float: of a string, the number it begins with.
func toDouble(v lua.LValue) float64 {
	switch v := v.(type) {
	case lua.LString:
		return leadingNumber(string(v))
	case *lua.LTable, lua.LBool:
		if truth(v) {
			return 1
		}
		return 0
	case *lua.LUserData:
		return float64(handleOf(v))
	}
	f, _ := toFloat(v)
	return float64(f)
}

// leadingNumber is the number that a string begins with; 0 if there is none.
func leadingNumber(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\r\v\f")
	f, _ := strconv.ParseFloat(s[:numberEnd(s)], 64)
	return f
}

// numberEnd is how long the decimal number is that s begins with.
func numberEnd(s string) int {
	digits := func(i int) int {
		for i < len(s) && isDigit(s[i]) {
			i++
		}
		return i
	}
	sign := func(i int) int {
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return i
	}
	from := sign(0)
	end := digits(from)
	some := end > from
	if end < len(s) && s[end] == '.' {
		fraction := digits(end + 1)
		some = some || fraction > end+1
		end = fraction
	}
	if !some {
		return 0
	}
	if end < len(s) && (s[end] == 'e' || s[end] == 'E') {
		exponent := sign(end + 1)
		if last := digits(exponent); last > exponent {
			end = last
		}
	}
	return end
}

package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// toNumber converts as arithmetic does: a number, or a string that is one.
func toNumber(v lua.LValue) (lua.LNumber, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return v, true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// parseNumber reads a numeral as PUC Lua's strtod does, within the manual: white
// space around it, a sign, decimal or hexadecimal digits with a fraction and an
// exponent. Go's own forms (underscores, 0b1, inf, nan) are none.
func parseNumber(s string) (lua.LNumber, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := s
	if digits != "" && (digits[0] == '-' || digits[0] == '+') {
		digits = digits[1:]
	}
	if len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x' {
		n, ok := parseHex(digits[2:])
		if s[0] == '-' {
			n = -n
		}
		return n, ok
	}
	if digits == "" || !(isDigit(digits[0]) || digits[0] == '.') || strings.ContainsAny(digits, "_xXpPoObB") {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(n, 0) {
		return 0, false
	}
	return lua.LNumber(n), true
}

// parseHex reads what follows 0x.
func parseHex(s string) (lua.LNumber, bool) {
	if s == "" || !(s[0] == '.' || isHex(s[0])) || strings.Contains(s, "_") {
		return 0, false
	}
	if !strings.ContainsAny(s, "pP") {
		s += "p0"
	}
	n, err := strconv.ParseFloat("0x"+s, 64)
	if err != nil && !math.IsInf(n, 0) {
		return 0, false
	}
	return lua.LNumber(n), true
}

func isHex(c byte) bool {
	_, ok := hexDigit(c)
	return ok
}

// exactNumber writes a number so that gopher-lua reads the same.
func exactNumber(n lua.LNumber) string {
	if math.IsInf(float64(n), 1) {
		return "(1/0)"
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}

// formatNumber writes a number as PUC Lua's %.14g, and whole numbers of 15
// digits in full.
func formatNumber(n lua.LNumber) string {
	f := float64(n)
	switch {
	case f == math.Trunc(f) && math.Abs(f) < 1e15 && !(f == 0 && math.Signbit(f)):
		return strconv.FormatInt(int64(f), 10)
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		if math.Signbit(f) {
			return "-nan"
		}
		return "nan"
	}
	return formatG(f, 14)
}

// formatG is C's %.<digits>g.
func formatG(f float64, digits int) string {
	s := strconv.FormatFloat(f, 'e', digits-1, 64)
	mantissa, exp, _ := strings.Cut(s, "e")
	e, _ := strconv.Atoi(exp)
	if e < -4 || e >= digits {
		if strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		if len(exp) == 2 {
			exp = exp[:1] + "0" + exp[1:]
		}
		return mantissa + "e" + exp
	}
	s = strconv.FormatFloat(f, 'f', max(digits-1-e, 0), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// parseBase reads a whole number of a base other than 10, as strtoul does.
func parseBase(s string, base int) (lua.LNumber, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	if s == "" {
		return 0, false
	}
	var n float64
	for i := range len(s) {
		digit, ok := digitOf(s[i])
		if !ok || digit >= base {
			return 0, false
		}
		n = n*float64(base) + float64(digit)
	}
	if negative {
		n = -n
	}
	return lua.LNumber(n), true
}

// digitOf is the value of a digit of base 36.
func digitOf(c byte) (int, bool) {
	switch {
	case isDigit(c):
		return int(c - '0'), true
	case 'a' <= c|0x20 && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10, true
	}
	return 0, false
}

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

// parseNumber reads a numeral as source and tonumber have it.
func parseNumber(s string) (lua.LNumber, bool) {
	n, ok := textNumber(s)
	return lua.LNumber(n), ok
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

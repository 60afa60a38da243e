package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// toNumber converts as arithmetic does: a number, or a string that is one.
func toNumber(v lua.LValue) (float64, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// parseNumber reads a numeral as Lua's lexer and C's strtod do: decimal or
// hexadecimal, white space around it, and no "inf" or "nan".
func parseNumber(s string) (float64, bool) {
	s = strings.Trim(s, whiteSpace)
	digits := strings.TrimLeft(s, "+-")
	if digits == "" || len(s)-len(digits) > 1 || strings.ContainsAny(s, "_iInN") {
		return 0, false
	}
	if len(digits) > 1 && digits[1]|0x20 == 'x' && !strings.ContainsAny(s, "pP") {
		s += "p0" // which Go wants and C does not
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil && err.(*strconv.NumError).Err != strconv.ErrRange {
		return 0, false
	}
	return n, true
}

// parseBase reads a whole number of a base other than 10, as strtoul does.
func parseBase(s string, base int) (float64, bool) {
	s = strings.Trim(s, whiteSpace)
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
		digit, ok := digitOf(s[i], base)
		if !ok {
			return 0, false
		}
		n = n*float64(base) + float64(digit)
	}
	if negative {
		n = -n
	}
	return n, true
}

// exactNumber writes a number so that gopher-lua reads the same.
func exactNumber(n float64) string {
	if math.IsInf(n, 1) {
		return "(1/0)"
	}
	return strconv.FormatFloat(n, 'g', -1, 64)
}

// clampInt drops the fraction, and what is beyond 2^53 or an int.
func clampInt(n float64) int {
	const most = min(1<<53, math.MaxInt)
	return int(min(max(truncate(n), -most), most))
}

// truncate drops the fraction; what an int64 cannot hold becomes the nearest
// that it can, and NaN the smallest, as on the hardware.
func truncate(n float64) int64 {
	switch {
	case n >= math.MaxInt64:
		return math.MaxInt64
	case n >= math.MinInt64:
		return int64(n)
	}
	return math.MinInt64
}

package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// puc reads the arguments of Lua's own functions as PUC Lua's lauxlib does,
// with its conversions and its messages: "bad argument #1 to 'rep' (string
// expected, got no value)".
type puc struct{ bind.Call }

// checkString reads a string. A number is taken as its text.
func (c puc) checkString(i int) string {
	switch v := c.L.Get(i).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return numberText(v)
	}
	c.typeError(i, "string")
	return ""
}

// checkNumber reads a number, or a string that is one.
func (c puc) checkNumber(i int) float64 {
	switch v := c.L.Get(i).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		if f, ok := textNumber(string(v)); ok {
			return f
		}
	}
	c.typeError(i, "number")
	return 0
}

// checkInt reads a number and drops its fraction, as Lua 5.1 does.
func (c puc) checkInt(i int) int { return truncate(c.checkNumber(i)) }

// optInt is checkInt with a default for nil.
func (c puc) optInt(i, def int) int {
	if !c.Has(i) {
		return def
	}
	return c.checkInt(i)
}

// typeError raises "bad argument #i to 'name' (want expected, got what came)".
func (c puc) typeError(i int, want string) {
	c.Bad(i, "%s expected, got %s", want, c.typeName(i))
}

func (c puc) typeName(i int) string {
	if i > c.N() {
		return "no value"
	}
	v := c.Arg(i)
	if name, ok := c.L.GetMetaField(v, "__name").(lua.LString); ok {
		return string(name)
	}
	return v.Type().String()
}

// truncate drops the fraction; what an int cannot hold becomes the nearest
// that it can, and NaN the smallest, as on the hardware.
func truncate(f float64) int {
	switch {
	case f >= math.MaxInt64:
		return math.MaxInt64
	case f >= math.MinInt64:
		return int(f)
	}
	return math.MinInt64
}

// numberText is the text of a number as C's "%.14g" gives it.
func numberText(n lua.LNumber) string {
	if i, ok := bind.Whole(n); ok && i > -1e14 && i < 1e14 && (i != 0 || !math.Signbit(float64(n))) {
		return strconv.Itoa(i)
	}
	spec := formatSpec{verb: 'g', precision: 14}
	var buf [32]byte
	return string(spec.appendFloat(buf[:0], float64(n)))
}

// textNumber reads a number as Lua's lexer and C's strtod do: decimal or
// hexadecimal, white space around it, and no "inf" or "nan".
func textNumber(s string) (float64, bool) {
	s = strings.Trim(s, " \t\n\v\f\r")
	digits := strings.TrimLeft(s, "+-")
	if digits == "" || len(s)-len(digits) > 1 || strings.ContainsAny(s, "_iInN") {
		return 0, false
	}
	if len(digits) > 1 && (digits[1] == 'x' || digits[1] == 'X') && !strings.ContainsAny(s, "pP") {
		s += "p0" // which Go wants and C does not
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && err.(*strconv.NumError).Err != strconv.ErrRange {
		return 0, false
	}
	return f, true
}

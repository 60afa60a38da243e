package php

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// typeName is PHP's name of a value's type, as its TypeErrors have it.
func typeName(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LBool:
		return "bool"
	case lua.LString:
		return "string"
	case *lua.LTable:
		return "array"
	case *lua.LFunction:
		return "Closure"
	case *lua.LNilType:
		return "null"
	case lua.LNumber:
		if _, whole := bind.Whole(v); whole {
			return "int"
		}
		return "float"
	}
	if _, ok := luasock.SocketOf(v); ok {
		return "Socket"
	}
	if _, ok := luasock.AddressInfoOf(v); ok {
		return "AddressInfo"
	}
	if _, ok := curlOf(v); ok {
		return "CurlHandle"
	}
	if isResource(v) {
		return "resource"
	}
	return v.Type().String()
}

// isResource tells whether a value is what PHP calls a resource, open or closed:
// a stream, or a context.
func isResource(v lua.LValue) bool {
	_, fp := luasock.StreamOf(v)
	_, ctx := contextOf(v)
	return fp || ctx
}

// valueText is a value as PHP's string conversion has it.
func valueText(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return numberText(float64(v))
	case lua.LBool:
		if v {
			return "1"
		}
		return ""
	case *lua.LTable:
		return "Array"
	case *lua.LNilType:
		return ""
	}
	return typeName(v)
}

// numberText is a number in PHP's conversion to text: an int as it is, a float
// with 14 digits (ini precision).
func numberText(f float64) string {
	switch n, whole := bind.Whole(lua.LNumber(f)); {
	case whole:
		return strconv.Itoa(n)
	case math.IsNaN(f):
		return "NAN"
	case math.IsInf(f, 1):
		return "INF"
	case math.IsInf(f, -1):
		return "-INF"
	}
	return floatText(f, 14)
}

// floatText is C's "%.*G" as PHP writes it: "1.0E+25", "1.5E-7". Precision -1
// takes as few digits as tell the number from every other.
func floatText(f float64, precision int) string {
	digits := strconv.FormatFloat(f, 'e', max(precision-1, -1), 64)
	mantissa, exponent, _ := strings.Cut(digits, "e")
	e, _ := strconv.Atoi(exponent)
	most := precision
	if precision < 0 {
		most = 17
	}
	if e < -4 || e >= most {
		if strings.Contains(mantissa, ".") {
			mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
		}
		if !strings.Contains(mantissa, ".") {
			mantissa += ".0"
		}
		sign := "+"
		if e < 0 {
			sign, e = "-", -e
		}
		return mantissa + "E" + sign + strconv.Itoa(e)
	}
	decimals := -1
	if precision >= 0 {
		decimals = max(precision-1-e, 0)
	}
	plain := strconv.FormatFloat(f, 'f', decimals, 64)
	if strings.Contains(plain, ".") {
		plain = strings.TrimRight(strings.TrimRight(plain, "0"), ".")
	}
	return plain
}

// numeric reads a numeric string as PHP defines it: white space around a
// decimal number, with a fraction and an exponent if need be.
func numeric(s string) (float64, bool) {
	const space = " \t\n\r\v\f"
	s = strings.Trim(s, space)
	if s == "" || strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

// toFloat is the number that a scalar is where PHP's parameters take one.
func toFloat(v lua.LValue) (lua.LNumber, bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return v, true
	case lua.LBool:
		if v {
			return 1, true
		}
		return 0, true
	case lua.LString:
		f, ok := numeric(string(v))
		return lua.LNumber(f), ok
	}
	return 0, false
}

// scalarText is a scalar where PHP's parameters take a string.
func scalarText(v lua.LValue) (lua.LValue, bool) {
	switch v.(type) {
	case lua.LString, lua.LNumber, lua.LBool:
		return lua.LString(valueText(v)), true
	}
	return nil, false
}

// scalarTruth is a scalar where PHP's parameters take a bool.
func scalarTruth(v lua.LValue) (lua.LValue, bool) {
	switch v.(type) {
	case lua.LString, lua.LNumber, lua.LBool:
		return lua.LBool(truth(v)), true
	}
	return nil, false
}

// truth is PHP's conversion to bool.
func truth(v lua.LValue) bool {
	switch v := v.(type) {
	case lua.LString:
		return v != "" && v != "0"
	case lua.LNumber:
		return v != 0
	case lua.LBool:
		return bool(v)
	case *lua.LTable:
		first, _ := v.Next(lua.LNil)
		return first != lua.LNil
	case *lua.LNilType:
		return false
	}
	return true
}

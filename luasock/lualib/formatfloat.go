package lualib

import (
	"bytes"
	"math"
	"strconv"
)

// appendFloat writes n as C's printf does for e, f, g and a.
func (f *formatSpec) appendFloat(out []byte, n float64) []byte {
	from := len(out)
	out = f.appendSign(out, math.Signbit(n))
	n = math.Abs(n)
	digits := len(out)
	finite := true
	switch {
	case math.IsInf(n, 0):
		out, finite = append(out, "inf"...), false
	case math.IsNaN(n):
		out, finite = append(out, "nan"...), false
	default:
		out = f.appendFinite(out, n)
	}
	if f.verb < 'a' {
		swapCase(out[digits:], 'a', 'z')
	}
	return f.finish(out, from, finite)
}

func (f *formatSpec) appendFinite(out []byte, n float64) []byte {
	precision := f.precision
	verb := f.verb | 0x20
	if precision < 0 && verb != 'a' {
		precision = 6
	}
	switch verb {
	case 'a':
		return f.appendHex(out, n)
	case 'g':
		precision = max(precision, 1)
		if f.sharp {
			return appendAllDigits(out, n, precision)
		}
	}
	from := len(out)
	out = strconv.AppendFloat(out, n, verb, precision, 64)
	if f.sharp && precision == 0 {
		out = addPoint(out, from)
	}
	return out
}

// appendAllDigits is "%#g": %g that keeps its trailing zeros and its point.
func appendAllDigits(out []byte, n float64, precision int) []byte {
	from := len(out)
	out = strconv.AppendFloat(out, n, 'e', precision-1, 64)
	e := bytes.IndexByte(out[from:], 'e')
	exponent, _ := strconv.Atoi(string(out[from+e+1:]))
	if exponent >= -4 && exponent < precision {
		out = strconv.AppendFloat(out[:from], n, 'f', precision-1-exponent, 64)
	}
	return addPoint(out, from)
}

// addPoint puts a point after the digits of a number that has none.
func addPoint(out []byte, from int) []byte {
	if bytes.IndexByte(out[from:], '.') >= 0 {
		return out
	}
	at := len(out)
	if e := bytes.IndexByte(out[from:], 'e'); e >= 0 {
		at = from + e
	}
	return insert(out, at, 1, '.')
}

// appendHex is "%a", with glibc's form of what is smaller than a normal number:
// 0x0.8p-1022.
func (f *formatSpec) appendHex(out []byte, n float64) []byte {
	const mantissaBits, mantissaDigits, bias = 52, 13, 1023
	all := math.Float64bits(n)
	exponent := int(all>>mantissaBits) - bias
	all &= 1<<mantissaBits - 1
	switch {
	case exponent > -bias:
		all |= 1 << mantissaBits
	case all != 0:
		exponent++
	default:
		exponent = 0
	}
	precision := f.precision
	if precision >= 0 && precision < mantissaDigits {
		all = roundEven(all, uint(4*(mantissaDigits-precision)))
	}
	out = append(out, "0x"...)
	out = strconv.AppendUint(out, all>>mantissaBits, 16)
	point := len(out)
	out = append(out, '.')
	for i := 0; i < mantissaDigits || i < precision; i++ {
		out = append(out, "0123456789abcdef"[all>>(mantissaBits-4)&15])
		all <<= 4
	}
	if precision < 0 {
		out = bytes.TrimRight(out, "0")
	} else {
		out = out[:point+1+precision]
	}
	if len(out) == point+1 && !f.sharp {
		out = out[:point]
	}
	out = append(out, 'p')
	if exponent >= 0 {
		out = append(out, '+')
	}
	return strconv.AppendInt(out, int64(exponent), 10)
}

// roundEven rounds the lowest bits of n away, to the nearest, and to the even one
// of two.
func roundEven(n uint64, bits uint) uint64 {
	half := uint64(1) << (bits - 1)
	odd := n >> bits & 1
	return (n + half - 1 + odd) >> bits << bits
}

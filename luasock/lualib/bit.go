package lualib

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// bitModule is LuaBitOp, the library that LuaJIT has built in.
var bitModule = bind.Module{
	Name: "bit",
	Doc: "Bitwise operations on 32 bits, as LuaBitOp. Arguments are taken modulo 2^32, " +
		"results are signed: bit.bnot(0) is -1.",
	Rows: []bind.Row{
		{Name: "tobit", Sig: "tobit(x)", Returns: "integer", Fn: unary(func(x uint32) uint32 { return x }),
			Doc: "Normalises a number: modulo 2^32, signed, a fraction rounded to the nearest."},
		{Name: "tohex", Sig: "tohex(x [, n=8])", Returns: "string", Fn: bitToHex,
			Doc: "The last n hexadecimal digits; a negative n asks for capital letters."},
		{Name: "bnot", Sig: "bnot(x)", Returns: "integer", Fn: unary(func(x uint32) uint32 { return ^x }),
			Doc: "Every bit inverted."},
		{Name: "band", Sig: "band(x1, ...)", Returns: "integer", Fn: fold(func(a, b uint32) uint32 { return a & b }),
			Doc: "The bits that are set in all arguments."},
		{Name: "bor", Sig: "bor(x1, ...)", Returns: "integer", Fn: fold(func(a, b uint32) uint32 { return a | b }),
			Doc: "The bits that are set in at least one argument."},
		{Name: "bxor", Sig: "bxor(x1, ...)", Returns: "integer", Fn: fold(func(a, b uint32) uint32 { return a ^ b }),
			Doc: "The bits that are set in an odd number of arguments."},
		{Name: "lshift", Sig: "lshift(x, n)", Returns: "integer", Fn: shift(func(x uint32, n int) uint32 { return x << n }),
			Doc: "Shifts left by the lower 5 bits of n, filling with zeros."},
		{Name: "rshift", Sig: "rshift(x, n)", Returns: "integer", Fn: shift(func(x uint32, n int) uint32 { return x >> n }),
			Doc: "Shifts right by the lower 5 bits of n, filling with zeros."},
		{Name: "arshift", Sig: "arshift(x, n)", Returns: "integer", Fn: shift(func(x uint32, n int) uint32 { return uint32(int32(x) >> n) }),
			Doc: "Shifts right by the lower 5 bits of n, filling with the sign."},
		{Name: "rol", Sig: "rol(x, n)", Returns: "integer", Fn: shift(bits.RotateLeft32),
			Doc: "Rotates left by the lower 5 bits of n."},
		{Name: "ror", Sig: "ror(x, n)", Returns: "integer", Fn: shift(func(x uint32, n int) uint32 { return bits.RotateLeft32(x, -n) }),
			Doc: "Rotates right by the lower 5 bits of n."},
		{Name: "bswap", Sig: "bswap(x)", Returns: "integer", Fn: unary(bits.ReverseBytes32),
			Doc: "The four bytes in the opposite order: between little and big endian."},
	},
}

func openBit(m *machine, L *lua.LState) {
	m.global(L, &bitModule)
}

func unary(op func(x uint32) uint32) bind.Fn {
	return func(c bind.Call) int { return signed(c, op(bitArg(c, 1))) }
}

func fold(op func(a, b uint32) uint32) bind.Fn {
	return func(c bind.Call) int {
		x := bitArg(c, 1)
		for i := 2; i <= c.N(); i++ {
			x = op(x, bitArg(c, i))
		}
		return signed(c, x)
	}
}

func shift(op func(x uint32, n int) uint32) bind.Fn {
	return func(c bind.Call) int {
		return signed(c, op(bitArg(c, 1), int(bitArg(c, 2)&31)))
	}
}

func bitToHex(c bind.Call) int {
	x, n := bitArg(c, 1), int32(8)
	if c.Has(2) {
		n = int32(bitArg(c, 2))
	}
	digits := strconv.FormatUint(uint64(x)|1<<32, 16)[1:]
	if n < 0 {
		digits = strings.ToUpper(digits)
		n = -max(n, -8)
	}
	return c.Text(digits[8-min(n, 8):])
}

func signed(c bind.Call, x uint32) int { return c.Integer(int(int32(x))) }

// bitArg reads argument i as LuaBitOp does: rounded half to even, modulo 2^32.
// NaN and the infinities are 0.
func bitArg(c bind.Call, i int) uint32 { return normalise(checkNumber(c, i)) }

func normalise(f float64) uint32 {
	if n := int32(f); float64(n) == f {
		return uint32(n)
	}
	f = math.RoundToEven(f)
	if math.Abs(f) >= 1<<63 {
		f = math.Mod(f, 1<<32)
	}
	if math.IsNaN(f) {
		return 0
	}
	return uint32(int64(f))
}

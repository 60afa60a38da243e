package lualib

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openMath(m *machine, L *lua.LState) {
	m.random = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	t := m.global(L, &bind.Module{Name: "math", Doc: "Mathematical functions.", Rows: m.mathRows()})
	t.RawSetString("pi", lua.LNumber(math.Pi))
	t.RawSetString("huge", lua.LNumber(math.Inf(1)))
}

// mathUnary is a row for a function of one number.
func mathUnary(name, doc string, f func(float64) float64) bind.Row {
	return bind.Row{Name: name, Sig: name + "(x)", Returns: "number", Doc: doc, Fn: func(c bind.Call) int {
		return c.Return(lua.LNumber(f(checkNumber(c, 1))))
	}}
}

// mathBinary is a row for a function of two numbers.
func mathBinary(name, sig, doc string, f func(x, y float64) float64) bind.Row {
	return bind.Row{Name: name, Sig: sig, Returns: "number", Doc: doc, Fn: func(c bind.Call) int {
		x := checkNumber(c, 1)
		return c.Return(lua.LNumber(f(x, checkNumber(c, 2))))
	}}
}

// whole is a row whose number is a whole one.
func whole(row bind.Row) bind.Row {
	row.Returns = "integer"
	return row
}

func (m *machine) mathRows() []bind.Row {
	return []bind.Row{
		mathUnary("abs", "The absolute value.", math.Abs),
		mathUnary("acos", "The arc cosine, in radians.", math.Acos),
		mathUnary("asin", "The arc sine, in radians.", math.Asin),
		mathUnary("atan", "The arc tangent, in radians.", math.Atan),
		mathBinary("atan2", "atan2(y, x)", "The angle of the point (x, y), in radians.", math.Atan2),
		whole(mathUnary("ceil", "The least whole number that is not less than x.", math.Ceil)),
		mathUnary("cos", "The cosine of x radians.", math.Cos),
		mathUnary("cosh", "The hyperbolic cosine.", math.Cosh),
		mathUnary("deg", "x radians in degrees.", func(x float64) float64 { return x / (math.Pi / 180) }),
		mathUnary("exp", "e to the power of x.", math.Exp),
		whole(mathUnary("floor", "The greatest whole number that is not greater than x.", math.Floor)),
		mathBinary("fmod", "fmod(x, y)", "The remainder of x/y, with the sign of x.", math.Mod),
		{Name: "frexp", Sig: "frexp(x)", Returns: "number m, integer e", Doc: "m and e with x = m * 2^e, and m from 0.5 to 1.", Fn: mathFrexp},
		{Name: "ldexp", Sig: "ldexp(m, e)", Returns: "number", Doc: "m times 2 to the power of e.", Fn: mathLdexp},
		mathUnary("log", "The natural logarithm.", math.Log),
		mathUnary("log10", "The logarithm to base 10.", math.Log10),
		{Name: "max", Sig: "max(x, ...)", Returns: "number", Doc: "The greatest of the arguments.", Fn: mathMax},
		{Name: "min", Sig: "min(x, ...)", Returns: "number", Doc: "The least of the arguments.", Fn: mathMin},
		mathBinary("mod", "mod(x, y)", "fmod, as it was called once.", math.Mod),
		{Name: "modf", Sig: "modf(x)", Returns: "number, number", Doc: "The whole part of x, and its fraction.", Fn: mathModf},
		mathBinary("pow", "pow(x, y)", "x to the power of y.", math.Pow),
		mathUnary("rad", "x degrees in radians.", func(x float64) float64 { return x * (math.Pi / 180) }),
		{Name: "random", Sig: "random([m [, n]])", Returns: "number", Doc: "A number from 0 up to 1, a whole number from 1 to m, or from m to n.", Fn: m.mathRandom},
		{Name: "randomseed", Sig: "randomseed(x)", Returns: "nothing", Doc: "Lets random begin the sequence that belongs to x.", Fn: m.mathRandomseed},
		mathUnary("sin", "The sine of x radians.", math.Sin),
		mathUnary("sinh", "The hyperbolic sine.", math.Sinh),
		mathUnary("sqrt", "The square root.", math.Sqrt),
		mathUnary("tan", "The tangent of x radians.", math.Tan),
		mathUnary("tanh", "The hyperbolic tangent.", math.Tanh),
	}
}

func mathFrexp(c bind.Call) int {
	m, e := math.Frexp(checkNumber(c, 1))
	return c.Return(lua.LNumber(m), lua.LNumber(e))
}

func mathLdexp(c bind.Call) int {
	m := checkNumber(c, 1)
	return c.Return(lua.LNumber(math.Ldexp(m, checkInt(c, 2))))
}

func mathMax(c bind.Call) int {
	most := checkNumber(c, 1)
	for i := 2; i <= c.N(); i++ {
		if n := checkNumber(c, i); n > most {
			most = n
		}
	}
	return c.Return(lua.LNumber(most))
}

func mathMin(c bind.Call) int {
	least := checkNumber(c, 1)
	for i := 2; i <= c.N(); i++ {
		if n := checkNumber(c, i); n < least {
			least = n
		}
	}
	return c.Return(lua.LNumber(least))
}

func mathModf(c bind.Call) int {
	x := checkNumber(c, 1)
	if math.IsInf(x, 0) {
		return c.Return(lua.LNumber(x), lua.LNumber(0))
	}
	whole := math.Trunc(x)
	return c.Return(lua.LNumber(whole), lua.LNumber(x-whole))
}

func (m *machine) mathRandom(c bind.Call) int {
	r := m.random.Float64()
	if c.N() == 0 {
		return c.Return(lua.LNumber(r))
	}
	if c.N() > 2 {
		c.Raise("wrong number of arguments")
	}
	low, high := 1.0, 0.0
	if c.N() == 1 {
		high = math.Trunc(checkNumber(c, 1))
	} else {
		low, high = math.Trunc(checkNumber(c, 1)), math.Trunc(checkNumber(c, 2))
	}
	if !(low <= high) {
		c.Bad(c.N(), "interval is empty")
	}
	return c.Return(lua.LNumber(math.Floor(r*(high-low+1)) + low))
}

func (m *machine) mathRandomseed(c bind.Call) int {
	m.random = rand.New(rand.NewPCG(math.Float64bits(checkNumber(c, 1)), 0))
	return 0
}

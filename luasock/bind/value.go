package bind

import (
	"math"
	"strconv"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Text is what Lua takes for a string: a string itself, and a number's text.
func Text(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return NumberText(v), true
	}
	return "", false
}

// NumberText is a number as Lua prints it: C's "%.14g".
func NumberText(n lua.LNumber) string {
	const most = 1e14 // what 14 digits hold
	f := float64(n)
	switch {
	case f == math.Trunc(f) && f > -most && f < most && (f != 0 || !math.Signbit(f)):
		return strconv.FormatInt(int64(f), 10)
	case math.IsNaN(f) && math.Signbit(f):
		return "-nan"
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	return strconv.FormatFloat(f, 'g', 14, 64)
}

// small holds the boxed whole numbers that results mostly are, so that
// returning one does not allocate.
var small = func() (boxed [1024]lua.LValue) {
	for n := range boxed {
		boxed[n] = lua.LNumber(n)
	}
	return boxed
}()

// Int is n as a Lua number.
func Int[N int | int64 | uint64](n N) lua.LValue {
	if n >= 0 && n < N(len(small)) {
		return small[n]
	}
	return lua.LNumber(n)
}

// Whole converts a number that has no fraction and fits an int.
func Whole(n lua.LNumber) (int, bool) {
	v, ok := whole64(n)
	return int(v), ok && int64(int(v)) == v
}

func whole64(n lua.LNumber) (int64, bool) {
	f := float64(n)
	if f != math.Trunc(f) || f < math.MinInt64 || f >= -math.MinInt64 {
		return 0, false
	}
	return int64(f), true
}

// To unwraps a userdata whose Go value is a T.
func To[T any](v lua.LValue) (t T, ok bool) {
	if ud, is := v.(*lua.LUserData); is {
		t, ok = ud.Value.(T)
	}
	return t, ok
}

// Forever is what Seconds gives for a time beyond what a Duration holds.
const Forever = time.Duration(math.MaxInt64)

// Duration converts seconds, up to Forever.
func Duration(seconds float64) time.Duration {
	if seconds >= Forever.Seconds() {
		return Forever
	}
	return time.Duration(seconds * float64(time.Second))
}

// Describe says what a value is, for messages: numbers as they print, texts
// quoted and cut, everything else by its type or class.
func Describe(v lua.LValue) string {
	const most = 40
	switch v := v.(type) {
	case nil:
		return "no value"
	case lua.LBool:
		return v.String()
	case lua.LNumber:
		return NumberText(v)
	case lua.LString:
		if len(v) > most {
			return strconv.Quote(string(v[:most])) + "…"
		}
		return strconv.Quote(string(v))
	case *lua.LUserData:
		if mt, ok := v.Metatable.(*lua.LTable); ok {
			if name, ok := mt.RawGetString("__name").(lua.LString); ok {
				return "a " + string(name)
			}
		}
	case *lua.LNilType:
		return "nil"
	}
	return "a " + v.Type().String()
}

package bind

import (
	"fmt"
	"math"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// Call is one call of a row from Lua. It is valid until its Fn returns.
type Call struct {
	L     *lua.LState
	entry *Entry
}

// Host is the Env's Host.
func (c Call) Host() any { return c.entry.env.Host }

// Env is the Env in which the row is registered.
func (c Call) Env() *Env { return c.entry.env }

// Name is the row's name.
func (c Call) Name() string { return c.entry.Name }

// Module is the name of the row's module; for a method that of the class.
func (c Call) Module() string { return c.entry.Module }

// N is the number of arguments that came.
func (c Call) N() int { return c.L.GetTop() }

// Arg is argument i, counted from 1; nil when it did not come.
func (c Call) Arg(i int) lua.LValue { return c.L.Get(i) }

// Has tells whether argument i came and is not nil.
func (c Call) Has(i int) bool { return c.L.Get(i) != lua.LNil }

// Bytes reads a string. A number is taken as its text, as Lua does.
func (c Call) Bytes(i int) string {
	s, ok := Text(c.L.Get(i))
	if !ok {
		c.Wrong(i, "a string")
	}
	return s
}

// OptBytes is Bytes with a default for nil.
func (c Call) OptBytes(i int, def string) string {
	if !c.Has(i) {
		return def
	}
	return c.Bytes(i)
}

// Int reads a whole number from min to max.
func (c Call) Int(i, min, max int) int { return int(c.Int64(i, int64(min), int64(max))) }

// Int64 is Int of what an int may be too narrow for.
func (c Call) Int64(i int, min, max int64) int64 {
	n, ok := c.L.Get(i).(lua.LNumber)
	if !ok {
		c.Wrong(i, "an integer")
	}
	v, ok := whole64(n)
	if !ok && float64(n) != math.Trunc(float64(n)) {
		c.Wrong(i, "an integer")
	}
	if !ok || v < min || v > max {
		c.Wrong(i, fmt.Sprintf("%d to %d", min, max))
	}
	return v
}

// OptInt is Int with a default for nil.
func (c Call) OptInt(i, def, min, max int) int {
	if !c.Has(i) {
		return def
	}
	return c.Int(i, min, max)
}

// Number reads a number that is not NaN.
func (c Call) Number(i int) float64 {
	n, ok := c.L.Get(i).(lua.LNumber)
	if !ok || math.IsNaN(float64(n)) {
		c.Wrong(i, "a number")
	}
	return float64(n)
}

// Seconds reads a time of 0 seconds or more; fractions count.
func (c Call) Seconds(i int) time.Duration {
	n := c.Number(i)
	if n < 0 {
		c.Wrong(i, "0 seconds or more")
	}
	return Duration(n)
}

// OptSeconds is Seconds with a default for nil.
func (c Call) OptSeconds(i int, def time.Duration) time.Duration {
	if !c.Has(i) {
		return def
	}
	return c.Seconds(i)
}

// Bool reads a boolean.
func (c Call) Bool(i int) bool {
	b, ok := c.L.Get(i).(lua.LBool)
	if !ok {
		c.Wrong(i, "a boolean")
	}
	return bool(b)
}

// Table reads a table.
func (c Call) Table(i int) *lua.LTable {
	t, ok := c.L.Get(i).(*lua.LTable)
	if !ok {
		c.Wrong(i, "a table")
	}
	return t
}

// List reads a table that is a list of something, named for messages: its values,
// from 1 on. Other keys raise, but for table.pack's n.
func (c Call) List(i int, of string) []lua.LValue {
	t, values := c.Table(i), []lua.LValue(nil)
	for k := 1; k <= t.Len(); k++ {
		values = append(values, t.RawGetInt(k))
	}
	t.ForEach(func(k, _ lua.LValue) {
		n, ok := k.(lua.LNumber)
		at, whole := Whole(n)
		if (!ok || !whole || at < 1 || at > len(values)) && k != lua.LString("n") {
			c.Bad(i, "%s must be a list of %s, got a table with the key %s", c.argName(i), of, Describe(k))
		}
	})
	return values
}

// OptTable is Table, or nil for nil.
func (c Call) OptTable(i int) *lua.LTable {
	if !c.Has(i) {
		return nil
	}
	return c.Table(i)
}

// Func reads a function.
func (c Call) Func(i int) *lua.LFunction {
	f, ok := c.L.Get(i).(*lua.LFunction)
	if !ok {
		c.Wrong(i, "a function")
	}
	return f
}

// Object reads a userdata whose Go value is a T; class names it in messages.
func Object[T any](c Call, i int, class *Class) T {
	v, ok := To[T](c.L.Get(i))
	if !ok {
		c.Wrong(i, class.a())
	}
	return v
}

// Bad raises "bad argument #i to 'name' (text)".
func (c Call) Bad(i int, format string, args ...any) {
	c.Raise("bad argument #%d to '%s' (%s)", i, c.entry.Name, fmt.Sprintf(format, args...))
}

// Wrong raises "bad argument #i to 'name' (arg must be want, got what came)".
func (c Call) Wrong(i int, want string) {
	came := Describe(c.L.Get(i))
	if i > c.L.GetTop() {
		came = "no value"
	}
	c.Bad(i, "%s must be %s, got %s", c.argName(i), want, came)
}

func (c Call) argName(i int) string {
	names := c.entry.Names
	if i <= len(names) && names[i-1] != "..." {
		return names[i-1]
	}
	return "it"
}

// Raise raises a Lua error with the position of the Lua code that called.
func (c Call) Raise(format string, args ...any) {
	Raise(c.L, fmt.Sprintf(format, args...))
}

// Raise is Call.Raise for a function that is no row. When no Lua code called,
// the message stands alone; gopher-lua would put a space before it.
func Raise(L *lua.LState, message string) {
	for level := 0; ; level++ {
		position := L.Where(level)
		if strings.HasPrefix(position, "[G]") {
			continue
		}
		if position != "" {
			message = position + " " + message
		}
		L.Error(lua.LString(message), 0)
	}
}

// Return pushes the results.
func (c Call) Return(values ...lua.LValue) int {
	for _, v := range values {
		c.L.Push(v)
	}
	return len(values)
}

// True returns true: it worked.
func (c Call) True() int {
	c.L.Push(lua.LTrue)
	return 1
}

// Boolean returns a boolean.
func (c Call) Boolean(b bool) int {
	c.L.Push(lua.LBool(b))
	return 1
}

// Text returns a string.
func (c Call) Text(s string) int {
	c.L.Push(lua.LString(s))
	return 1
}

// Integer returns a whole number.
func (c Call) Integer(n int) int {
	c.L.Push(Int(n))
	return 1
}

// Fail returns nil, message, errno, or raises, as the Env judges the error.
func (c Call) Fail(err error) int {
	v := c.entry.env.Judge(err)
	if v.Raise != nil {
		c.L.Error(v.Raise, 0)
	}
	return c.Return(lua.LNil, lua.LString(v.Message), Int(v.Errno))
}

// Done returns true, or fails when there is an error.
func (c Call) Done(err error) int {
	if err != nil {
		return c.Fail(err)
	}
	return c.True()
}

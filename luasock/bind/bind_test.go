package bind

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

func TestArgNames(t *testing.T) {
	for _, k := range []struct{ sig, want string }{
		{"close()", ""},
		{"close(s)", "s"},
		{"bind(s, address [, port=0])", "s address port"},
		{"t:join()", "t"},
		{"t:join([timeout])", "t timeout"},
		{"send(s, data [, length [, flags=0]])", "s data length flags"},
		{"rep(s, n [, sep=''])", "s n sep"},
		{"insert(t, [position, ] value)", "t position value"},
		{"spawn(fn, ...)", "fn ..."},
		{"date([format=\"%c\" [, time]])", "format time"},
		{"name", ""},
	} {
		if got := strings.Join(argNames(k.sig), " "); got != k.want {
			t.Errorf("%s: %q, want %q", k.sig, got, k.want)
		}
	}
}

// point is the value of the class that the rows below read.
type point struct{ x, y int }

var pointClass = &Class{
	Name:   "Point",
	String: func(v any) string { p := v.(*point); return fmt.Sprintf("point: %d %d", p.x, p.y) },
	Fields: []Field{
		{Name: "x", Get: func(c Call, v any) lua.LValue { return Int(v.(*point).x) },
			Set: func(c Call, v any, to lua.LValue) { v.(*point).x = c.Int(3, 0, 9) }},
		{Name: "y", Get: func(c Call, v any) lua.LValue { return Int(v.(*point).y) }},
	},
}

// plainClass has no fields.
var plainClass = &Class{Name: "Plain", String: func(any) string { return "plain" }}

// reader is a row that gives what it reads.
func reader(name, sig string, read func(c Call) any) Row {
	return Row{Name: name, Sig: sig, Doc: "Reads.", Fn: func(c Call) int { return c.Text(fmt.Sprint(read(c))) }}
}

var readers = Module{
	Name: "t",
	Doc:  "Readers.",
	Consts: []Const{
		{"ANSWER", 42},
	},
	Classes: []Methods{
		{pointClass, []Row{{Name: "sum", Sig: "p:sum()", Doc: "x and y.", Fn: func(c Call) int {
			p := Object[*point](c, 1, pointClass)
			return c.Integer(p.x + p.y)
		}}}},
		{Class: plainClass},
	},
	Rows: []Row{
		reader("bytes", "bytes(s)", func(c Call) any { return c.Bytes(1) }),
		reader("optbytes", "optbytes([s])", func(c Call) any { return c.OptBytes(1, "default") }),
		reader("int", "int(n)", func(c Call) any { return c.Int(1, -5, 70000) }),
		reader("optint", "optint(s [, n=7])", func(c Call) any { return c.OptInt(2, 7, 0, 9) }),
		reader("wide", "wide(n)", func(c Call) any { return c.Int(1, math.MinInt, math.MaxInt) }),
		reader("number", "number(x)", func(c Call) any { return c.Number(1) }),
		reader("seconds", "seconds(timeout)", func(c Call) any { return c.Seconds(1) }),
		reader("optseconds", "optseconds([timeout])", func(c Call) any { return c.OptSeconds(1, time.Minute) }),
		reader("bool", "bool(on)", func(c Call) any { return c.Bool(1) }),
		reader("table", "table(list)", func(c Call) any { return c.Table(1).Len() }),
		reader("opttable", "opttable([list])", func(c Call) any { return c.OptTable(1) == nil }),
		reader("func", "func(fn)", func(c Call) any { return c.Func(1) != nil }),
		reader("object", "object(p)", func(c Call) any { return Object[*point](c, 1, pointClass).x }),
		reader("rest", "rest(fn, ...)", func(c Call) any { return c.Int(3, 0, 9) }),
		reader("count", "count(...)", func(c Call) any { return fmt.Sprint(c.N(), " ", c.Has(1), " ", c.Name()) }),
		reader("bad", "bad(a, b)", func(c Call) any { c.Bad(2, "%d is too %s", 3, "much"); return nil }),
		reader("fields", "fields(options)", func(c Call) any {
			f := c.Fields(1)
			f.Only("name", "port", "deep", "list", "items")
			return fmt.Sprint(f.OptBytes("name", "none"), " ", f.OptInt("port", 80, 0, 65535), " ", f.Has("deep"))
		}),
		reader("must", "must(options)", func(c Call) any {
			f := c.Fields(1)
			return f.Bytes("name") + fmt.Sprint(f.Int("port", 0, 9))
		}),
		reader("nested", "nested(options)", func(c Call) any {
			f := c.Fields(1).Sub("deep").Sub("deeper")
			f.Only("n")
			return f.Int("n", 1, 3)
		}),
		reader("list", "list(options)", func(c Call) any { return len(c.Fields(1).List("list")) }),
		reader("item", "item(options)", func(c Call) any { return c.Fields(1).Item("items", 2).Int("n", 0, 9) }),
		reader("whole", "whole(options)", func(c Call) any { c.Fields(1).Bad("x", "is odd"); return nil }),
		{Name: "values", Sig: "values()", Fn: func(c Call) int { return c.Return(lua.LNil, Int(5000), lua.LString("")) }},
		{Name: "yes", Sig: "yes()", Fn: func(c Call) int { return c.True() }},
		{Name: "no", Sig: "no()", Fn: func(c Call) int { return c.Boolean(false) }},
		{Name: "fail", Sig: "fail()", Fn: func(c Call) int { return c.Fail(errRefused) }},
		{Name: "raise", Sig: "raise()", Fn: func(c Call) int { return c.Fail(errRaised) }},
		{Name: "done", Sig: "done()", Fn: func(c Call) int { return c.Done(nil) }},
		{Name: "undone", Sig: "undone()", Fn: func(c Call) int { return c.Done(errRefused) }},
		{Name: "position", Sig: "position()", Fn: func(c Call) int { c.Raise("%s here", "not"); return 0 }},
		{Name: "host", Sig: "host()", Fn: func(c Call) int { return c.Text(c.Host().(string)) }},
	},
}

var errRefused, errRaised = errors.New("refused"), errors.New("raised")

// TestCalls calls the rows: an expression gives its results, or what it raises.
func TestCalls(t *testing.T) {
	long := strings.Repeat("x", 50)
	e, L := open(t)
	for _, k := range []struct{ code, want string }{
		// Bytes: a number is its text, as Lua prints it
		{`t.bytes("a\0b")`, "a\x00b"},
		{`t.bytes(0.1 + 0.2)`, "0.3"},
		{`t.bytes(80), t.bytes(-1.5), t.bytes(1e15), t.bytes(2^53), t.bytes(1e100), t.bytes(1/3)`, "80 -1.5 1e+15 9.007199254741e+15 1e+100 0.33333333333333"},
		{`t.bytes(1/0), t.bytes(-1/0)`, "inf -inf"},
		{`t.bytes()`, "bad argument #1 to 'bytes' (s must be a string, got no value)"},
		{`t.bytes(nil)`, "bad argument #1 to 'bytes' (s must be a string, got nil)"},
		{`t.bytes({})`, "bad argument #1 to 'bytes' (s must be a string, got a table)"},
		{`t.bytes(true)`, "bad argument #1 to 'bytes' (s must be a string, got true)"},
		{`t.bytes(print)`, "bad argument #1 to 'bytes' (s must be a string, got a function)"},
		{`t.bytes(p)`, "bad argument #1 to 'bytes' (s must be a string, got a Point)"},
		{`t.optbytes(), t.optbytes(nil), t.optbytes("x")`, "default default x"},
		{`t.optbytes({})`, "bad argument #1 to 'optbytes' (s must be a string, got a table)"},
		// Int
		{`t.int(-5), t.int(70000)`, "-5 70000"},
		{`t.int(70001)`, "bad argument #1 to 'int' (n must be -5 to 70000, got 70001)"},
		{`t.int(-6)`, "bad argument #1 to 'int' (n must be -5 to 70000, got -6)"},
		{`t.int(1.5)`, "bad argument #1 to 'int' (n must be an integer, got 1.5)"},
		{`t.int("80")`, `bad argument #1 to 'int' (n must be an integer, got "80")`},
		{`t.int("` + long + `")`, `bad argument #1 to 'int' (n must be an integer, got "` + long[:40] + `"…)`},
		{`t.int(0/0)`, "bad argument #1 to 'int' (n must be an integer, got -nan)"},
		{`t.int(1e300)`, "bad argument #1 to 'int' (n must be -5 to 70000, got 1e+300)"},
		{`t.int(1/0)`, "bad argument #1 to 'int' (n must be -5 to 70000, got inf)"},
		{`t.int()`, "bad argument #1 to 'int' (n must be an integer, got no value)"},
		{fmt.Sprintf("t.wide(%d)", math.MinInt), fmt.Sprint(math.MinInt)},
		{`t.wide(2^63)`, fmt.Sprintf("bad argument #1 to 'wide' (n must be %d to %d, got 9.2233720368548e+18)", math.MinInt, math.MaxInt)},
		{`t.optint(""), t.optint("", nil), t.optint("", 3)`, "7 7 3"},
		{`t.optint("", 10)`, "bad argument #2 to 'optint' (n must be 0 to 9, got 10)"},
		// Number, Seconds
		{`t.number(1.5), t.number(-1/0)`, "1.5 -Inf"},
		{`t.number(0/0)`, "bad argument #1 to 'number' (x must be a number, got -nan)"},
		{`t.number("1")`, `bad argument #1 to 'number' (x must be a number, got "1")`},
		{`t.seconds(0), t.seconds(1.5), t.seconds(1e-9), t.seconds(1/0), t.seconds(1e300)`, "0s 1.5s 1ns 2562047h47m16.854775807s 2562047h47m16.854775807s"},
		{`t.seconds(-1)`, "bad argument #1 to 'seconds' (timeout must be 0 seconds or more, got -1)"},
		{`t.seconds(nil)`, "bad argument #1 to 'seconds' (timeout must be a number, got nil)"},
		{`t.optseconds(), t.optseconds(2)`, "1m0s 2s"},
		{`t.optseconds("2")`, `bad argument #1 to 'optseconds' (timeout must be a number, got "2")`},
		// Bool, Table, Func, Object
		{`t.bool(true), t.bool(false)`, "true false"},
		{`t.bool(1)`, "bad argument #1 to 'bool' (on must be a boolean, got 1)"},
		{`t.table({1, 2})`, "2"},
		{`t.table("x")`, `bad argument #1 to 'table' (list must be a table, got "x")`},
		{`t.opttable(), t.opttable({})`, "true false"},
		{`t.opttable(false)`, "bad argument #1 to 'opttable' (list must be a table, got false)"},
		{`t.func(print)`, "true"},
		{`t.func({})`, "bad argument #1 to 'func' (fn must be a function, got a table)"},
		{`t.object(p)`, "1"},
		{`t.object(plain)`, "bad argument #1 to 'object' (p must be a Point, got a Plain)"},
		{`t.object({})`, "bad argument #1 to 'object' (p must be a Point, got a table)"},
		// what a call tells of itself
		{`t.rest(1, 2, 3)`, "3"},
		{`t.rest(1, 2, "x")`, `bad argument #3 to 'rest' (it must be an integer, got "x")`},
		{`t.count(), t.count(nil, 2)`, "0 false count 2 false count"},
		{`t.bad()`, "bad argument #2 to 'bad' (3 is too much)"},
		{`t.host(), t.ANSWER`, "host 42"},
		// Fields
		{`t.fields({}), t.fields{name = "n", port = 1, deep = {}}`, "none 80 false n 1 true"},
		{`t.fields(1)`, "bad argument #1 to 'fields' (options must be a table, got 1)"},
		{`t.fields{port = 70000}`, "bad argument #1 to 'fields' (options.port must be 0 to 65535, got 70000)"},
		{`t.fields{port = 1.5}`, "bad argument #1 to 'fields' (options.port must be an integer, got 1.5)"},
		{`t.fields{port = "1"}`, `bad argument #1 to 'fields' (options.port must be an integer, got "1")`},
		{`t.fields{name = 1}`, "bad argument #1 to 'fields' (options.name must be a string, got 1)"},
		{`t.fields{prot = 1, nmae = 2}`, `bad argument #1 to 'fields' (options has an unknown key "nmae"; did you mean "name"? valid are name, port, deep, list, items)`},
		{`t.fields{7}`, "bad argument #1 to 'fields' (options has an unknown key 1; valid are name, port, deep, list, items)"},
		{`t.must{port = 1}`, `bad argument #1 to 'must' (options must have key "name" (a string))`},
		{`t.must{name = "n"}`, `bad argument #1 to 'must' (options must have key "port" (an integer))`},
		{`t.must{name = "n", port = 3}`, "n3"},
		{`t.nested{deep = {deeper = {n = 2}}}`, "2"},
		{`t.nested{}`, `bad argument #1 to 'nested' (options must have key "deep" (a table))`},
		{`t.nested{deep = 1}`, "bad argument #1 to 'nested' (options.deep must be a table, got 1)"},
		{`t.nested{deep = {}}`, `bad argument #1 to 'nested' (options.deep must have key "deeper" (a table))`},
		{`t.nested{deep = {deeper = {}}}`, `bad argument #1 to 'nested' (options.deep.deeper must have key "n" (an integer))`},
		{`t.nested{deep = {deeper = {n = 4}}}`, "bad argument #1 to 'nested' (options.deep.deeper.n must be 1 to 3, got 4)"},
		{`t.nested{deep = {deeper = {m = 1}}}`, `bad argument #1 to 'nested' (options.deep.deeper has an unknown key "m"; valid are n)`},
		{`t.list{list = {1, "x", {}}}, t.list{list = {}}`, "3 0"},
		{`t.list{list = {1, x = 2}}`, `bad argument #1 to 'list' (options.list must be a list, got a table with the key "x")`},
		{`t.list{list = {1, [2.5] = 2}}`, "bad argument #1 to 'list' (options.list must be a list, got a table with the key 2.5)"},
		{`t.list{list = 1}`, "bad argument #1 to 'list' (options.list must be a table, got 1)"},
		{`t.item{items = {1, {n = 5}}}`, "5"},
		{`t.item{items = {1, 2}}`, "bad argument #1 to 'item' (options.items[2] must be a table, got 2)"},
		{`t.item{items = {1, {n = "x"}}}`, `bad argument #1 to 'item' (options.items[2].n must be an integer, got "x")`},
		{`t.whole{}`, "bad argument #1 to 'whole' (options.x is odd)"},
		// results and failures
		{`t.values()`, "nil 5000 "},
		{`t.yes(), t.no(), t.done()`, "true false true"},
		{`t.fail()`, "nil Connection refused 111"},
		{`t.undone()`, "nil Connection refused 111"},
		{`t.raise()`, "the program is wrong"},
		{`t.position()`, "not here"},
		// objects
		{`p.x, p.y, p:sum(), p.nothing, p[1]`, "1 2 3 nil nil"},
		{`(function() p.x = 5 local x = p.x p.x = 1 return x end)()`, "5"},
		{`(function() p.x = 10 end)()`, "bad argument #3 to 'newindex' (value must be 0 to 9, got 10)"},
		{`(function() p.y = 1 end)()`, "cannot set field 'y' of a Point"},
		{`(function() p.z = 1 end)()`, "cannot set field 'z' of a Point"},
		{`p.sum(1)`, "bad argument #1 to 'sum' (p must be a Point, got 1)"},
		{`p.sum(plain)`, "bad argument #1 to 'sum' (p must be a Point, got a Plain)"},
		{`getmetatable(p)`, "Point"},
		{`tostring(p), tostring(plain)`, "point: 1 2 plain"},
		{`raw.__tostring(plain)`, "bad argument #1 to 'tostring' (must be a Point, got a Plain)"},
		{`raw.__tostring(1)`, "bad argument #1 to 'tostring' (must be a Point, got 1)"},
		{`raw.__tostring()`, "bad argument #1 to 'tostring' (must be a Point, got nil)"},
		{`raw.__index(plain, "x")`, "bad argument #1 to 'index' (object must be a Point, got a Plain)"},
		{`raw.__newindex(nil, "x", 1)`, "bad argument #1 to 'newindex' (object must be a Point, got nil)"},
	} {
		if got := evaluate(L, k.code); got != k.want {
			t.Errorf("%s\n got %s\nwant %s", k.code, got, k.want)
		}
	}
	if e.Running != L {
		t.Error("Running is not the thread that called")
	}
}

// A message stands alone where no Lua code called.
func TestRaiseWithoutLuaCode(t *testing.T) {
	_, L := open(t)
	fn := L.GetField(L.GetGlobal("t"), "position")
	err := L.CallByParam(lua.P{Fn: fn, Protect: true})
	if text := err.(*lua.ApiError).Object.String(); text != "not here" {
		t.Errorf("got %q", text)
	}
}

func TestRaiseNamesThePosition(t *testing.T) {
	_, L := open(t)
	err := L.DoString("\nlocal function f()\n t.position() end\nf()")
	if text := err.(*lua.ApiError).Object.String(); text != "<string>:3: not here" {
		t.Errorf("got %q", text)
	}
}

// Help finds rows by their full names, and by their functions.
func TestEntries(t *testing.T) {
	e, L := open(t)
	var names []string
	for _, entry := range e.Entries() {
		names = append(names, entry.FullName())
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "t.bytes") || !slices.Contains(names, "Point:sum") {
		t.Errorf("the entries are %q", names)
	}
	fn := L.GetField(L.GetGlobal("t"), "bytes").(*lua.LFunction)
	entry, ok := e.Entry(fn)
	if !ok || entry.Doc != "Reads." || entry.Module != "t" || !slices.Equal(entry.Names, []string{"s"}) {
		t.Errorf("the entry of t.bytes is %+v", entry)
	}
	if _, ok := e.Entry(L.GetGlobal("print").(*lua.LFunction)); ok {
		t.Error("print is an entry")
	}
	if len(e.Modules()) != 1 || e.Modules()[0] != &readers {
		t.Errorf("the modules are %v", e.Modules())
	}
}

// What is made anew for each use does not stay among the entries.
func TestCallOfARowThatIsNotRegistered(t *testing.T) {
	e, L := open(t)
	n := len(e.Entries())
	row := reader("next", "next(n)", func(c Call) any { return c.Int(1, 0, 9) })
	L.SetGlobal("next_", L.NewFunction(func(L *lua.LState) int { return row.Fn(e.Call(L, &row)) }))
	if got := evaluate(L, "next_(10)"); got != "bad argument #1 to 'next' (n must be 0 to 9, got 10)" {
		t.Error(got)
	}
	if len(e.Entries()) != n {
		t.Error("it is among the entries")
	}
}

func TestNewOfAnUnknownClass(t *testing.T) {
	defer func() {
		if e := recover(); e != "bind: class Stray is not registered" {
			t.Errorf("panicked with %v", e)
		}
	}()
	e, _ := open(t)
	e.New(&Class{Name: "Stray"}, 1)
}

func TestNumberText(t *testing.T) {
	for _, k := range []struct {
		n    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "-0"}, {1, "1"}, {-7, "-7"}, {99999999999999, "99999999999999"},
		{1e14, "1e+14"}, {123456789012345, "1.2345678901234e+14"}, {-1e15, "-1e+15"}, {0.1, "0.1"}, {1e-4, "0.0001"},
		{1e-5, "1e-05"}, {1.5e300, "1.5e+300"}, {5e-324, "4.9406564584125e-324"}, {3.14159265358979, "3.1415926535898"},
		{math.Inf(1), "inf"}, {math.Inf(-1), "-inf"}, {math.NaN(), "nan"}, {math.Copysign(math.NaN(), -1), "-nan"},
		{9.99999999999999e13, "1e+14"},
	} {
		if got := NumberText(lua.LNumber(k.n)); got != k.want {
			t.Errorf("%g: %s, want %s", k.n, got, k.want)
		}
	}
}

// open makes a state with the readers, a Point p, a Plain plain, and the Point's
// metatable raw.
func open(t testing.TB) (*Env, *lua.LState) {
	t.Helper()
	L := lua.NewState()
	t.Cleanup(L.Close)
	e := NewEnv("host", func(err error) Verdict {
		if err == errRaised {
			return Verdict{Raise: lua.LString("the program is wrong")}
		}
		return Verdict{Message: "Connection refused", Errno: 111}
	})
	L.SetGlobal("t", e.Open(L, &readers))
	p := e.New(pointClass, &point{1, 2})
	L.SetGlobal("p", p)
	L.SetGlobal("plain", e.New(plainClass, nil))
	L.SetGlobal("raw", p.Metatable)
	return e, L
}

// evaluate gives the results of an expression with spaces between, or what it
// raises, without the position.
func evaluate(L *lua.LState, code string) string {
	L.SetTop(0)
	if err := L.DoString("return " + code); err != nil {
		return strings.TrimPrefix(err.(*lua.ApiError).Object.String(), "<string>:1: ")
	}
	var results []string
	for i := 1; i <= L.GetTop(); i++ {
		results = append(results, L.Get(i).String())
	}
	return strings.Join(results, " ")
}

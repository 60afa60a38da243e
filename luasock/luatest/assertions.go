package luatest

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/hexdump"
)

// assertModule is the global assert.
var assertModule = &bind.Module{
	Name: "assert",
	Doc: "Lua's assert(v, message), and luassert's assertions. Each name may have words before it, joined by . or _: is, are, was, has, does mean nothing, " +
		"not and no turn the assertion round, so that assert.is_not.equal, assert.are_not_equal and assert.not_equal are one. Letters may be capitals where Lua " +
		"has the word for itself: assert.True, assert.Not.equal. An assertion returns its arguments; one that fails raises a table with a message. A last argument, " +
		"or assert.message(text).equal(…), is put before the message.",
	Rows: assertRows,
}

var assertRows = []bind.Row{
	{Name: "equal", Sig: "equal(expected, actual [, message])", Doc: "The values are equal as == has it: tables only if they are the same one.", Fn: assertion(checkEqual)},
	{Name: "same", Sig: "same(expected, actual [, message])", Doc: "The values are equal, and tables have the same content, however deep.", Fn: assertion(checkSame)},
	{Name: "bytes", Sig: "bytes(expected, actual [, message])", Doc: "The strings have the same bytes; else both are shown in hexadecimal, side by side.", Fn: assertion(checkBytes)},
	{Name: "snapshot", Sig: "snapshot(value [, name])", Doc: "The value is what it was when the test ran first, or last with --update: it is kept beside the test file in the folder __snapshots__. Strings that are no text are kept in hexadecimal.", Fn: assertSnapshot},
	{Name: "true", Sig: "true(v [, message])", Doc: "v is true itself. Written is_true or True.", Fn: assertion(checkBoolean(true))},
	{Name: "false", Sig: "false(v [, message])", Doc: "v is false itself. Written is_false or False.", Fn: assertion(checkBoolean(false))},
	{Name: "truthy", Sig: "truthy(v [, message])", Doc: "v is neither nil nor false.", Fn: assertion(checkTruthy(true))},
	{Name: "falsy", Sig: "falsy(v [, message])", Doc: "v is nil or false.", Fn: assertion(checkTruthy(false))},
	{Name: "nil", Sig: "nil(v [, message])", Doc: "v is nil. Written is_nil or Nil.", Fn: assertion(checkType("nil"))},
	{Name: "boolean", Sig: "boolean(v [, message])", Doc: "v is a boolean.", Fn: assertion(checkType("boolean"))},
	{Name: "number", Sig: "number(v [, message])", Doc: "v is a number.", Fn: assertion(checkType("number"))},
	{Name: "string", Sig: "string(v [, message])", Doc: "v is a string.", Fn: assertion(checkType("string"))},
	{Name: "table", Sig: "table(v [, message])", Doc: "v is a table.", Fn: assertion(checkType("table"))},
	{Name: "function", Sig: "function(v [, message])", Doc: "v is a function. Written is_function or Function.", Fn: assertion(checkType("function"))},
	{Name: "userdata", Sig: "userdata(v [, message])", Doc: "v is a userdata, as sockets, streams and tasks are.", Fn: assertion(checkType("userdata"))},
	{Name: "thread", Sig: "thread(v [, message])", Doc: "v is a coroutine.", Fn: assertion(checkType("thread"))},
	{Name: "near", Sig: "near(expected, actual, tolerance [, message])", Doc: "The numbers differ by no more than the tolerance.", Fn: assertion(checkNear)},
	{Name: "matches", Sig: "matches(pattern, s [, init [, plain]] [, message])", Doc: "The Lua pattern is found in s. Returns the captures.", Fn: assertion(checkMatches)},
	{Name: "error", Sig: "error(fn [, expected [, message]])", Doc: "fn() raises an error; with expected, one that is equal to it, the position at its beginning left aside. Returns the error.", Fn: assertion(checkError)},
	{Name: "error_matches", Sig: "error_matches(fn, pattern [, init [, plain]] [, message])", Doc: "fn() raises an error whose text, without the position, matches the Lua pattern. Returns the captures.", Fn: assertion(checkErrorMatches)},
	{Name: "unique", Sig: "unique(list [, deep] [, message])", Doc: "No two values in the table are equal; with deep, none have the same content.", Fn: assertion(checkUnique)},
	{Name: "returned_arguments", Sig: "returned_arguments(n, ...)", Doc: "n values follow.", Fn: assertion(checkReturned)},
	{Name: "holes", Sig: "holes([length])", Doc: "assert.array(list).has.no.holes(): the list has no nil before its end, or its length.", Fn: assertion(checkHoles)},
	{Name: "register", Sig: "register(assert, \"assertion\" or \"modifier\", name, fn [, positive [, negative]])", Doc: "assert:register adds an assertion or modifier: fn(state, arguments, level) returns whether it holds; positive and negative are keys of say, for the messages.", Fn: assertRegister},
	{Name: "unregister", Sig: "unregister(assert, \"assertion\" or \"modifier\", name)", Doc: "Takes back assert:register.", Fn: assertUnregister},
	{Name: "add_formatter", Sig: "add_formatter(assert, fn)", Doc: "Has fn(v) give the text for a value in messages, or nil.", Fn: assertAddFormatter},
	{Name: "remove_formatter", Sig: "remove_formatter(assert, fn)", Doc: "Takes back assert:add_formatter.", Fn: assertRemoveFormatter},
	{Name: "set_parameter", Sig: "set_parameter(assert, name, value)", Doc: "Keeps the value; none changes how messages look here.", Fn: assertSetParameter},
	{Name: "level", Sig: "level(assert, n)", Doc: "Is what luassert takes for a level.", Fn: assertLevel},
	{Name: "get_level", Sig: "get_level(assert, level)", Doc: "Returns n of what assert:level(n) has made, nil for anything else.", Fn: assertGetLevel},
	{Name: "get_parameter", Sig: "get_parameter(assert, name)", Doc: "Returns what set_parameter was given.", Fn: assertGetParameter},
}

// aliases are other names of assertions.
var aliases = map[string]string{
	"equals": "equal", "match": "matches", "errors": "error",
	"error_match": "error_matches", "matches_error": "error_matches", "match_error": "error_matches",
}

// sides is the message for two values that are not what they should be to one
// another.
func sides(what string, expected, actual string) string {
	return what + "\n  expected: " + indented(expected) + "\n  actual:   " + indented(actual)
}

// indented puts the further lines of a text under its first.
func indented(text string) string { return strings.ReplaceAll(text, "\n", "\n            ") }

// needs raises unless n arguments came.
func needs(c bind.Call, n int) {
	if c.N() < n {
		c.Bad(c.N()+1, "'%s' needs %d arguments, got %d", c.Name(), n, c.N())
	}
}

func checkEqual(c bind.Call) finding {
	needs(c, 2)
	a, b := c.Arg(1), c.Arg(2)
	return finding{
		holds:   c.L.Equal(a, b),
		message: c.Arg(3),
		say: func(negated bool) string {
			if negated {
				return "expected anything but " + show(c.L, b)
			}
			return differ(c, "equal", a, b)
		},
	}
}

// differ shows two values that should be equal, or have the same content.
func differ(c bind.Call, how string, a, b lua.LValue) string {
	x, isText := a.(lua.LString)
	y, too := b.(lua.LString)
	switch {
	case isText && too && !isPlain(string(x)+string(y)):
		return "the strings are not " + how + "\n" + hexdump.Diff(string(x), string(y), hexdump.DiffOptions{})
	case isText && too && strings.Contains(string(x)+string(y), "\n"):
		return "the strings are not " + how + " (- expected, + actual)\n" + diffLines(textLines(string(x)), textLines(string(y)))
	}
	s, isTable := a.(*lua.LTable)
	t, both := b.(*lua.LTable)
	switch {
	case !isTable || !both:
		return sides("the values are not "+how, show(c.L, a), show(c.L, b)) + parting(string(x), string(y))
	case how == "equal" && compare(c.L, s, t):
		return "the values are not equal: they are two tables, with the same content\n  both: " + indented(show(c.L, a))
	}
	return "the tables are not " + how + " (- expected, + actual)\n" + diffLines(showLines(c.L, a), showLines(c.L, b))
}

// parting says where two long strings begin to differ.
func parting(a, b string) string {
	const long, before, after = 60, 20, 20
	if len(a) < long || len(b) < long {
		return ""
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	piece := func(s string) string { return quoted(s[max(0, i-before):min(len(s), i+after)]) }
	return fmt.Sprintf("\n  from byte %d on: …%s, not …%s", i+1, piece(b), piece(a))
}

func checkSame(c bind.Call) finding {
	needs(c, 2)
	a, b := c.Arg(1), c.Arg(2)
	return finding{
		holds:   compare(c.L, a, b),
		message: c.Arg(3),
		say: func(negated bool) string {
			if negated {
				return "expected anything but " + show(c.L, b)
			}
			return differ(c, "the same", a, b)
		},
	}
}

func checkBytes(c bind.Call) finding {
	a, b := c.Bytes(1), c.Bytes(2)
	return finding{
		holds:   a == b,
		message: c.Arg(3),
		say: func(negated bool) string {
			if negated {
				return "expected other bytes than\n" + hexdump.Dump(b, hexdump.Options{})
			}
			return "the bytes are not equal\n" + hexdump.Diff(a, b, hexdump.DiffOptions{})
		},
	}
}

// checkWhat compares one value with words.
func checkWhat(c bind.Call, holds bool, want string) finding {
	needs(c, 1)
	return finding{
		holds:   holds,
		message: c.Arg(2),
		say: func(negated bool) string {
			if negated {
				return "expected anything but " + want + ", got " + show(c.L, c.Arg(1))
			}
			return "expected " + want + ", got " + show(c.L, c.Arg(1))
		},
	}
}

func checkBoolean(want bool) func(bind.Call) finding {
	return func(c bind.Call) finding { return checkWhat(c, c.Arg(1) == lua.LBool(want), fmt.Sprint(want)) }
}

func checkTruthy(want bool) func(bind.Call) finding {
	text := "a value that is neither nil nor false"
	if !want {
		text = "nil or false"
	}
	return func(c bind.Call) finding { return checkWhat(c, lua.LVAsBool(c.Arg(1)) == want, text) }
}

func checkType(name string) func(bind.Call) finding {
	text := "a " + name
	if name == "nil" {
		text = name
	}
	return func(c bind.Call) finding { return checkWhat(c, c.Arg(1).Type().String() == name, text) }
}

// asNumber is a number, or that of a string that is one.
func asNumber(v lua.LValue) (n float64, ok bool) {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v), true
	case lua.LString:
		n := lua.LVAsNumber(v)
		return float64(n), n != 0 || strings.TrimSpace(string(v)) == "0"
	}
	return 0, false
}

func numeric(c bind.Call, i int) float64 {
	n, ok := asNumber(c.Arg(i))
	if !ok {
		c.Wrong(i, "a number")
	}
	return n
}

func checkNear(c bind.Call) finding {
	needs(c, 3)
	want, got, tolerance := numeric(c, 1), numeric(c, 2), numeric(c, 3)
	return finding{
		holds:   got >= want-tolerance && got <= want+tolerance,
		message: c.Arg(4),
		say: func(negated bool) string {
			not := ""
			if negated {
				not = "anything but "
			}
			number := func(n float64) string { return bind.NumberText(lua.LNumber(n)) }
			return fmt.Sprintf("expected %s%s ± %s, got %s, which is off by %s", not, number(want), number(tolerance), number(got), number(math.Abs(got-want)))
		},
	}
}

// extras reads [init [, plain]] and a message that may stand anywhere among them.
func extras(c bind.Call, from int) (init, plain, message lua.LValue) {
	var rest []lua.LValue
	message = lua.LNil
	for i := from; i <= c.N(); i++ {
		v := c.Arg(i)
		_, number := asNumber(v)
		_, boolean := v.(lua.LBool)
		if v != lua.LNil && !number && !boolean && message == lua.LNil {
			message = v
			continue
		}
		rest = append(rest, v)
	}
	rest = append(rest, lua.LNil, lua.LNil)
	return rest[0], rest[1], message
}

// found looks for a pattern as string.match does, or string.find when it is plain.
func found(c bind.Call, pattern, s string, init, plain lua.LValue) []lua.LValue {
	f := fileOf(c)
	args := []lua.LValue{lua.LString(s), lua.LString(pattern), init}
	name := "match"
	if lua.LVAsBool(plain) {
		name = "find"
		args = append(args, plain)
	}
	results, err := f.vm.Call(c.L, f.asserts.functions[name], args...)
	if err != nil {
		raise(c, err)
	}
	if len(results) == 0 || results[0] == lua.LNil {
		return nil
	}
	if name == "find" {
		return []lua.LValue{lua.LString(pattern)}
	}
	return results
}

func checkMatches(c bind.Call) finding {
	needs(c, 2)
	pattern := c.Bytes(1)
	init, plain, message := extras(c, 3)
	s := textOf(c, 2)
	captures := found(c, pattern, s, init, plain)
	k := finding{holds: captures != nil, results: captures, message: message, say: func(negated bool) string {
		if negated {
			return sides("the string matches the pattern", "no match of "+quoted(pattern), quoted(s))
		}
		return sides("the string does not match the pattern", "a match of "+quoted(pattern), quoted(s))
	}}
	if k.results == nil {
		k.results = []lua.LValue{}
	}
	return k
}

// textOf is argument i as a text: a string, a number, what has __tostring.
func textOf(c bind.Call, i int) string {
	v := c.Arg(i)
	if text, ok := bind.Text(v); ok {
		return text
	}
	if c.L.GetMetaField(v, "__tostring") == lua.LNil {
		c.Wrong(i, "a string")
	}
	return fileOf(c).message(c.L, v)
}

func checkUnique(c bind.Call) finding {
	list := c.Table(1)
	deep, message := c.Arg(2) == lua.LTrue, c.Arg(3)
	if _, ok := c.Arg(2).(lua.LBool); !ok && c.Has(2) {
		message, deep = c.Arg(2), c.Arg(3) == lua.LTrue
	}
	var twice lua.LValue
	var values []lua.LValue
	list.ForEach(func(_, v lua.LValue) {
		for _, o := range values {
			if c.L.Equal(o, v) || deep && compare(c.L, o, v) {
				twice = v
			}
		}
		values = append(values, v)
	})
	return finding{holds: twice == nil, message: message, say: func(negated bool) string {
		if negated {
			return "expected a value that is there twice in " + show(c.L, list)
		}
		return "expected no value twice, got " + show(c.L, twice) + " in " + show(c.L, list)
	}}
}

func checkReturned(c bind.Call) finding {
	want, got := c.Int(1, 0, math.MaxInt32), c.N()-1
	return finding{holds: want == got, say: func(negated bool) string {
		if negated {
			return fmt.Sprintf("expected anything but %d values", want)
		}
		return fmt.Sprintf("expected %d values, got %d", want, got)
	}}
}

func checkHoles(c bind.Call) finding {
	f := fileOf(c)
	list, ok := f.asserts.array.(*lua.LTable)
	if !ok {
		c.Raise("assert.array(list) must come before holes()")
	}
	length := c.OptInt(1, -1, 0, math.MaxInt32)
	if length < 0 {
		list.ForEach(func(k, _ lua.LValue) {
			if n, ok := k.(lua.LNumber); ok && int(n) > length && float64(n) == math.Trunc(float64(n)) {
				length = int(n)
			}
		})
	}
	hole := 0
	for i := 1; i <= length && hole == 0; i++ {
		if list.RawGetInt(i) == lua.LNil {
			hole = i
		}
	}
	k := finding{holds: hole > 0, results: []lua.LValue{lua.LNil}, say: func(negated bool) string {
		if negated {
			return fmt.Sprintf("expected no hole in the list, got one at %d", hole)
		}
		return "expected a hole in the list, got none"
	}}
	if hole > 0 {
		k.results = []lua.LValue{lua.LNumber(hole)}
	}
	return k
}

package php

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var arrayRows = []bind.Row{
	row("count(Countable|array $value, int $mode = COUNT_NORMAL): int", "Gives the number of elements; with COUNT_RECURSIVE those of the arrays in it too.", count),
	row("in_array(mixed $needle, array $haystack, bool $strict = false): bool", "Tells whether an element is == needle; with strict, ===.", inArray),
}

const countRecursive = 1

func count(k call) int {
	mode := k.optInt(2, 0)
	if mode != 0 && mode != countRecursive {
		k.valueError(2, "must be either COUNT_NORMAL or COUNT_RECURSIVE")
	}
	t, ok := k.arg(1).(*lua.LTable)
	if !ok {
		k.typeError(1, "must be of type Countable|array, %s given", typeName(k.arg(1)))
	}
	return k.Integer(k.countIn(t, mode == countRecursive, nil))
}

// countIn counts the elements of t; inside are the tables that t is in.
func (k call) countIn(t *lua.LTable, deep bool, inside []*lua.LTable) (n int) {
	for _, outer := range inside {
		if outer == t {
			k.warn("Recursion detected")
			return 0
		}
	}
	inside = append(inside, t)
	t.ForEach(func(_, v lua.LValue) {
		n++
		if inner, ok := v.(*lua.LTable); ok && deep {
			n += k.countIn(inner, deep, inside)
		}
	})
	return n
}

func inArray(k call) int {
	needle, found := k.arg(1), false
	same := func(v lua.LValue) bool { return looselyEqual(v, needle, 0) }
	if k.bool(3) {
		same = func(v lua.LValue) bool { return identical(v, needle, 0) }
	}
	k.table(2).ForEach(func(_, v lua.LValue) { found = found || same(v) })
	return k.Boolean(found)
}

// deepest is how far arrays within arrays are compared.
const deepest = 200

// identical is PHP's ===.
func identical(a, b lua.LValue, depth int) bool {
	s, ok := a.(*lua.LTable)
	t, ok2 := b.(*lua.LTable)
	if !ok || !ok2 || depth > deepest {
		return a == b
	}
	return sameElements(s, t, func(v, w lua.LValue) bool { return identical(v, w, depth+1) })
}

// sameElements tells whether tables have the same keys with the same values.
func sameElements(s, t *lua.LTable, same func(v, w lua.LValue) bool) bool {
	if s == t {
		return true
	}
	left, right := elements(s), elements(t)
	if len(left) != len(right) {
		return false
	}
	for i := range left {
		if left[i].key != right[i].key || !same(left[i].value, right[i].value) {
			return false
		}
	}
	return true
}

// looselyEqual is PHP 8's ==.
func looselyEqual(a, b lua.LValue, depth int) bool {
	if a.Type() == lua.LTNil || b.Type() == lua.LTNil || a.Type() == lua.LTBool || b.Type() == lua.LTBool {
		return equalToNothing(a, b)
	}
	switch a := a.(type) {
	case lua.LNumber:
		return numberEquals(a, b)
	case lua.LString:
		if n, ok := b.(lua.LNumber); ok {
			return numberEquals(n, a)
		}
		s, ok := b.(lua.LString)
		return ok && textEquals(string(a), string(s))
	case *lua.LTable:
		t, ok := b.(*lua.LTable)
		return ok && depth < deepest && sameElements(a, t, func(v, w lua.LValue) bool { return looselyEqual(v, w, depth+1) })
	}
	return a == b
}

// equalToNothing compares where one side is null or a bool: as truths, but null
// and a string as strings.
func equalToNothing(a, b lua.LValue) bool {
	if s, ok := a.(lua.LString); ok && b == lua.LNil {
		return s == ""
	}
	if s, ok := b.(lua.LString); ok && a == lua.LNil {
		return s == ""
	}
	return truth(a) == truth(b)
}

// numberEquals compares a number with a number or a string, as numbers if the
// string is one.
func numberEquals(n lua.LNumber, v lua.LValue) bool {
	switch v := v.(type) {
	case lua.LNumber:
		return n == v
	case lua.LString:
		if f, ok := numeric(string(v)); ok {
			return float64(n) == f
		}
		return numberText(float64(n)) == string(v)
	}
	return false
}

// textEquals compares strings, as numbers if both are.
func textEquals(s, t string) bool {
	if f, ok := numeric(s); ok {
		if g, ok := numeric(t); ok {
			return f == g
		}
	}
	return strings.Compare(s, t) == 0
}

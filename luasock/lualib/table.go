package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openTable(m *machine, L *lua.LState) {
	m.global(L, &bind.Module{
		Name: "table",
		Doc:  "Lists in tables.",
		Rows: []bind.Row{
			{Name: "concat", Sig: `concat(t [, separator="" [, i=1 [, j=#t]]])`, Returns: "string", Doc: "The elements, strings and numbers, as one string.", Fn: tableConcat},
			{Name: "foreach", Sig: "foreach(t, fn)", Returns: "any", Doc: "Calls fn(key, value) for each, until it returns something, which it returns.", Fn: tableForeach},
			{Name: "foreachi", Sig: "foreachi(t, fn)", Returns: "any", Doc: "Calls fn(i, t[i]) for each element of a list, until it returns something, which it returns.", Fn: tableForeachi},
			{Name: "getn", Sig: "getn(t)", Returns: "integer", Doc: "The length of the list: #t.", Fn: tableGetn},
			{Name: "insert", Sig: "insert(t, [position, ] value)", Returns: "nothing", Doc: "Inserts at the position, or at the end.", Fn: tableInsert},
			{Name: "maxn", Sig: "maxn(t)", Returns: "number", Doc: "The greatest number among the keys, 0 if there is none.", Fn: tableMaxn},
			{Name: "move", Sig: "move(from, first, last, position [, to=from])", Returns: "table", Doc: "Copies elements; returns the table to which.", Fn: tableMove},
			{Name: "pack", Sig: "pack(...)", Returns: "table", Doc: "The arguments as a list, with their number as n.", Fn: tablePack},
			{Name: "remove", Sig: "remove(t [, position=#t])", Returns: "any", Doc: "Removes the element, which it returns, and closes the gap.", Fn: tableRemove},
			{Name: "sort", Sig: "sort(t [, less])", Returns: "nothing", Doc: "Sorts a list in place, by < or by less(a, b).", Fn: m.tableSort},
			{Name: "unpack", Sig: "unpack(t [, i=1 [, j=#t]])", Returns: "any ...", Doc: "t[i] to t[j] as results.", Fn: unpack},
		},
	})
}

func tableConcat(c bind.Call) int {
	t := checkTable(c, 1)
	separator := optString(c, 2, "")
	from := optInt(c, 3, 1)
	to := optInt(c, 4, t.Len())
	var text strings.Builder
	for i := from; i <= to; i++ {
		v := t.RawGet(lua.LNumber(i))
		item, ok := bind.Text(v)
		if !ok {
			c.Raise("invalid value (%s) at index %d in table for 'concat'", v.Type(), i)
		}
		text.WriteString(item)
		if i < to {
			text.WriteString(separator)
		}
	}
	return c.Text(text.String())
}

// visit calls fn with a key and value; whether it returned something, which is
// then on the stack.
func visit(L *lua.LState, fn *lua.LFunction, k, v lua.LValue) bool {
	L.Push(fn)
	L.Push(k)
	L.Push(v)
	L.Call(2, 1)
	if L.Get(-1) != lua.LNil {
		return true
	}
	L.Pop(1)
	return false
}

func tableForeach(c bind.Call) int {
	t, fn := checkTable(c, 1), checkFunction(c, 2)
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if visit(c.L, fn, k, v) {
			return 1
		}
	}
	return 0
}

func tableForeachi(c bind.Call) int {
	t, fn := checkTable(c, 1), checkFunction(c, 2)
	for i, n := 1, t.Len(); i <= n; i++ {
		if visit(c.L, fn, bind.Int(i), t.RawGetInt(i)) {
			return 1
		}
	}
	return 0
}

func tableGetn(c bind.Call) int { return c.Integer(checkTable(c, 1).Len()) }

// maxMoves bounds how many elements one call moves: more come of a mistake, and
// would take minutes.
const maxMoves = 1 << 24

func tableInsert(c bind.Call) int {
	t := checkTable(c, 1)
	end := t.Len() + 1
	switch c.N() {
	case 2:
		t.RawSetInt(end, c.Arg(2))
	case 3:
		at, value := checkInt(c, 2), c.Arg(3)
		if 1 <= at && at < end {
			t.Insert(at, value)
			return 0
		}
		if end-at > maxMoves {
			c.Bad(2, "position out of bounds")
		}
		for i := end; i > at; i-- {
			t.RawSet(lua.LNumber(i), t.RawGet(lua.LNumber(i-1)))
		}
		t.RawSet(lua.LNumber(at), value)
	default:
		c.Raise("wrong number of arguments to 'insert'")
	}
	return 0
}

func tableMaxn(c bind.Call) int {
	most := lua.LNumber(0)
	checkTable(c, 1).ForEach(func(k, _ lua.LValue) {
		if n, ok := k.(lua.LNumber); ok && n > most {
			most = n
		}
	})
	return c.Return(most)
}

func tableMove(c bind.Call) int {
	from, first, last, at := checkTable(c, 1), checkInt(c, 2), checkInt(c, 3), checkInt(c, 4)
	to := from
	if c.Has(5) {
		to = checkTable(c, 5)
	}
	if last-first >= maxMoves {
		c.Bad(3, "too many elements to move")
	}
	copyElement := func(i int) { c.L.RawSet(to, lua.LNumber(at+i), from.RawGet(lua.LNumber(first+i))) }
	if at > last || at <= first || to != from {
		for i := 0; i <= last-first; i++ {
			copyElement(i)
		}
	} else {
		for i := last - first; i >= 0; i-- {
			copyElement(i)
		}
	}
	return c.Return(to)
}

func tablePack(c bind.Call) int {
	t := c.L.CreateTable(c.N(), 1)
	for i := 1; i <= c.N(); i++ {
		t.RawSetInt(i, c.Arg(i))
	}
	t.RawSetString("n", lua.LNumber(c.N()))
	return c.Return(t)
}

func tableRemove(c bind.Call) int {
	t := checkTable(c, 1)
	n := t.Len()
	at := optInt(c, 2, n)
	if at < 1 || at > n {
		return 0
	}
	return c.Return(t.Remove(at))
}

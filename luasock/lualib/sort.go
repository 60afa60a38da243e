package lualib

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// sorter sorts as PUC Lua does, with the same comparisons in the same order, so
// that an order function which contradicts itself is found out the same way.
type sorter struct {
	c     bind.Call
	m     *machine
	less  *lua.LFunction // nil: <
	a     []lua.LValue
	steps int
}

func (m *machine) tableSort(c bind.Call) int {
	t := checkTable(c, 1)
	s := &sorter{c: c, m: m, a: make([]lua.LValue, t.Len())}
	if c.Has(2) {
		s.less = checkFunction(c, 2)
	}
	for i := range s.a {
		s.a[i] = t.RawGetInt(i + 1)
	}
	// What an error leaves is sorted in part, as in PUC Lua.
	defer func() {
		for i, v := range s.a {
			t.RawSetInt(i+1, v)
		}
	}()
	s.sort(0, len(s.a)-1)
	return 0
}

// before tells whether x belongs before y.
func (s *sorter) before(x, y lua.LValue) bool {
	if s.steps++; s.steps%1024 == 0 {
		s.m.poll(s.c.L)
	}
	if s.less == nil {
		return lessThan(s.c.L, x, y)
	}
	L := s.c.L
	L.Push(s.less)
	L.Push(x)
	L.Push(y)
	L.Call(2, 1)
	yes := lua.LVAsBool(L.Get(-1))
	L.Pop(1)
	return yes
}

// lessThan is x < y, in PUC Lua's words where that is no question.
func lessThan(L *lua.LState, x, y lua.LValue) bool {
	switch x := x.(type) {
	case lua.LNumber:
		if y, ok := y.(lua.LNumber); ok {
			return x < y
		}
	case lua.LString:
		if y, ok := y.(lua.LString); ok {
			return x < y
		}
	}
	a, b := x.Type(), y.Type()
	if a == b && L.GetMetaField(x, "__lt").Type() == lua.LTFunction {
		return L.LessThan(x, y)
	}
	if a == b {
		L.Error(lua.LString("attempt to compare two "+a.String()+" values"), 0)
	}
	L.Error(lua.LString("attempt to compare "+a.String()+" with "+b.String()), 0)
	return false
}

// order swaps the elements i and j if they stand wrong.
func (s *sorter) order(i, j int) {
	if s.before(s.a[j], s.a[i]) {
		s.a[i], s.a[j] = s.a[j], s.a[i]
	}
}

// sort is auxsort of ltablib.c: a quicksort that recurs into the smaller part.
func (s *sorter) sort(low, high int) {
	for low < high {
		s.order(low, high)
		if high-low == 1 {
			return
		}
		middle := low + (high-low)/2
		if s.before(s.a[middle], s.a[low]) {
			s.a[middle], s.a[low] = s.a[low], s.a[middle]
		} else {
			s.order(middle, high)
		}
		if high-low == 2 {
			return
		}
		i := s.partition(low, high, middle)
		if i-low < high-i {
			s.sort(low, i-1)
			low = i + 1
		} else {
			s.sort(i+1, high)
			high = i - 1
		}
	}
}

// partition puts what is before the middle element before it, and the rest after
// it; it gives its new place.
func (s *sorter) partition(low, high, middle int) int {
	pivot := s.a[middle]
	s.a[middle], s.a[high-1] = s.a[high-1], s.a[middle]
	i, j := low, high-1
	for {
		for i++; s.before(s.a[i], pivot); i++ {
			if i >= high {
				s.c.Raise("invalid order function for sorting")
			}
		}
		for j--; s.before(pivot, s.a[j]); j-- {
			if j <= low {
				s.c.Raise("invalid order function for sorting")
			}
		}
		if j < i {
			break
		}
		s.a[i], s.a[j] = s.a[j], s.a[i]
	}
	s.a[high-1], s.a[i] = s.a[i], s.a[high-1]
	return i
}

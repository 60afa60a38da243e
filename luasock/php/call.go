package php

import (
	"fmt"
	"math"
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

// call is one call of a row. Its methods number the parameters from 1 as PHP
// does, outputs counted.
type call struct {
	bind.Call
	p *prototype
}

// call checks the arguments as PHP does before a function begins, and calls fn.
func (p *prototype) call(c bind.Call, fn func(call) int) int {
	k, n := call{c, p}, c.L.GetTop()
	if n < p.leastLua || p.mostLua >= 0 && n > p.mostLua {
		k.wrongCount(n)
	}
	for i := range p.params {
		q := &p.params[i]
		if !q.out && q.kind != anything && q.at <= n {
			k.check(i+1, q)
		}
	}
	if !p.quiet {
		return fn(k)
	}
	net := k.net()
	before := net.LastErr
	results := fn(k)
	net.LastErr = before
	return results
}

// wrongCount throws. n is how many arguments Lua gave.
func (k call) wrongCount(n int) {
	p, given := k.p, n
	for i, q := range p.params {
		if q.out && (n > p.mostLua || i < p.placeOf(n)) {
			given++
		}
	}
	kind, want := "exactly", p.least
	switch {
	case p.least == p.most:
	case n < p.leastLua:
		kind = "at least"
	default:
		kind, want = "at most", p.most
	}
	plural := "s"
	if want == 1 {
		plural = ""
	}
	k.throw("ArgumentCountError", fmt.Sprintf("%s() expects %s %d argument%s, %d given", p.name, kind, want, plural, given))
}

// placeOf is the index of the n-th Lua parameter among PHP's.
func (p *prototype) placeOf(n int) int {
	for i, q := range p.params {
		if !q.out && q.at == n {
			return i
		}
	}
	return 0
}

// check makes argument i what its parameter takes, by PHP's coercions, or
// throws.
func (k call) check(i int, q *param) {
	v := k.L.Get(q.at)
	if v == lua.LNil {
		k.checkNull(i, q)
		return
	}
	converted, ok := coerce(k, i, q.kind, v)
	if !ok {
		k.wrongType(i, q, v)
	}
	if converted != nil {
		k.L.Replace(q.at, converted)
	}
}

// checkNull lets nil pass where it may stand for nothing, and else takes it for
// the empty value of a scalar, as PHP still does.
func (k call) checkNull(i int, q *param) {
	if q.nullable {
		return
	}
	empty, scalar := map[kind]lua.LValue{
		integer: lua.LNumber(0), float: lua.LNumber(0), text: lua.LString(""), boolean: lua.LFalse,
	}[q.kind]
	if !scalar {
		k.wrongType(i, q, lua.LNil)
	}
	k.report(eDeprecated, fmt.Sprintf("%s(): Passing null to parameter #%d ($%s) of type %s is deprecated", k.p.name, i, q.name, q.typ))
	k.L.Replace(q.at, empty)
}

// coerce makes a value, which is not nil, one of a kind: a nil result is the value itself.
func coerce(k call, i int, to kind, v lua.LValue) (lua.LValue, bool) {
	switch to {
	case integer:
		return toIntArg(k, v)
	case float:
		n, ok := toFloat(v)
		return n, ok
	case text:
		if _, is := v.(lua.LString); is {
			return nil, true
		}
		return scalarText(v)
	case boolean:
		if _, is := v.(lua.LBool); is {
			return nil, true
		}
		return scalarTruth(v)
	case array:
		_, ok := v.(*lua.LTable)
		return nil, ok
	case callable:
		if name, is := v.(lua.LString); is {
			v = k.L.GetGlobal(string(name))
			_, ok := v.(*lua.LFunction)
			return v, ok
		}
		_, ok := v.(*lua.LFunction)
		return nil, ok
	case socketKind:
		_, ok := luasock.SocketOf(v)
		return nil, ok
	case addressKind:
		_, ok := luasock.AddressInfoOf(v)
		return nil, ok
	case curlKindOf:
		_, ok := curlOf(v)
		return nil, ok
	case resource:
		return nil, isResource(v)
	}
	return nil, true
}

// toIntArg is PHP's int of a scalar; of a fraction it reports the deprecation.
func toIntArg(k call, v lua.LValue) (lua.LValue, bool) {
	if n, is := v.(lua.LNumber); is {
		if _, whole := bind.Whole(n); whole {
			return nil, true
		}
	}
	n, ok := toFloat(v)
	if !ok || math.IsNaN(float64(n)) || n < math.MinInt || n >= -math.MinInt {
		return nil, false
	}
	whole := lua.LNumber(math.Trunc(float64(n)))
	if whole != n {
		what := "float "
		if _, is := v.(lua.LString); is {
			what = "float-string "
		}
		shown := valueText(v)
		if what == "float-string " {
			shown = `"` + shown + `"`
		}
		k.report(eDeprecated, "Implicit conversion from "+what+shown+" to int loses precision")
	}
	return whole, true
}

// wrongType throws PHP's TypeError about argument i.
func (k call) wrongType(i int, q *param, v lua.LValue) {
	want := q.typ
	switch {
	case q.kind == resource && q.nullable:
		want = "resource or null"
	case q.kind == callable:
		want = "a valid callback"
		if q.nullable {
			want += " or null"
		}
		if name, ok := v.(lua.LString); ok {
			k.typeError(i, "must be %s, function \"%s\" not found or invalid function name", want, string(name))
		}
		k.typeError(i, "must be %s, no array or string given", want)
	}
	k.typeError(i, "must be of type %s, %s given", want, typeName(v))
}

// typeError throws a TypeError that begins with argument i.
func (k call) typeError(i int, format string, args ...any) {
	k.throw("TypeError", k.argument(i)+fmt.Sprintf(format, args...))
}

// valueError throws a ValueError that begins with argument i.
func (k call) valueError(i int, format string, args ...any) {
	k.throw("ValueError", k.argument(i)+fmt.Sprintf(format, args...))
}

func (k call) argument(i int) string {
	return fmt.Sprintf("%s(): Argument #%d ($%s) ", k.p.name, i, k.p.params[i-1].name)
}

// arg is argument i; nil when it did not come.
func (k call) arg(i int) lua.LValue { return k.L.Get(k.p.params[i-1].at) }

// has tells whether argument i came and is not nil.
func (k call) has(i int) bool { return k.arg(i) != lua.LNil }

// int is argument i, declared int.
func (k call) int(i int) int { return k.optInt(i, 0) }

// optInt is int with a default for nil.
func (k call) optInt(i, def int) int {
	if n, ok := k.arg(i).(lua.LNumber); ok {
		return int(n)
	}
	return def
}

// cint is int cut to C's, as PHP cuts what it hands to the system.
func (k call) cint(i int) int { return int(int32(k.int(i))) }

// port is int modulo 65536: PHP hands the low bytes to the system.
func (k call) port(i int) int { return int(uint16(k.int(i))) }

// text is argument i, declared string.
func (k call) text(i int) string { return lua.LVAsString(k.arg(i)) }

// bytes is text as bytes that must not be written to.
func (k call) bytes(i int) []byte {
	s := k.text(i)
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// bool is argument i, declared bool.
func (k call) bool(i int) bool { return lua.LVAsBool(k.arg(i)) }

// float is argument i, declared float.
func (k call) float(i int) float64 { return float64(lua.LVAsNumber(k.arg(i))) }

// table is argument i, declared array; nil for nil.
func (k call) table(i int) *lua.LTable {
	t, _ := k.arg(i).(*lua.LTable)
	return t
}

// socket is argument i, declared Socket; a closed one throws.
func (k call) socket(i int) *sock.Sock {
	s, _ := luasock.SocketOf(k.arg(i))
	if s.IsClosed() {
		k.throw("Error", k.argument(i)+"has already been closed")
	}
	return s
}

// vm is the VM that runs the call.
func (k call) vm() *luasock.VM { return k.Host().(*luasock.VM) }

// net is where sockets are made.
func (k call) net() *sock.Net { return k.vm().Net() }

// no returns false, and further results behind it.
func (k call) no(more ...lua.LValue) int {
	k.L.Push(lua.LFalse)
	return 1 + k.Return(more...)
}

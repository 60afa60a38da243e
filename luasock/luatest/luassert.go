package luatest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// openLuassert has require give what specs ask for by name.
func (a *asserts) openLuassert() {
	L := a.f.vm.L
	give := func(name string, v lua.LValue) {
		L.PreloadModule(name, func(L *lua.LState) int {
			L.Push(v)
			return 1
		})
	}
	give("luassert", a.table)
	give("luassert.assert", a.table)
	give("luassert.array", a.table)
	give("say", a.sayTable(L))
}

// sayTable is module say, in which messages have keys.
func (a *asserts) sayTable(L *lua.LState) *lua.LTable {
	t, meta := L.NewTable(), L.NewTable()
	t.RawSetString("set", L.NewFunction(func(L *lua.LState) int {
		a.say[L.CheckString(2)] = L.CheckString(3)
		return 0
	}))
	nothing := L.NewFunction(func(*lua.LState) int { return 0 })
	t.RawSetString("set_namespace", nothing)
	t.RawSetString("set_fallback", nothing)
	meta.RawSetString("__call", L.NewFunction(func(L *lua.LState) int {
		var values []lua.LValue
		if list, ok := L.Get(3).(*lua.LTable); ok {
			values = a.unpack(list)
		}
		text, ok := a.text(L.CheckString(2), values)
		if !ok {
			return 0
		}
		L.Push(lua.LString(text))
		return 1
	}))
	t.Metatable = meta
	return t
}

// text is the message of a key, with the values in the places of %s.
func (a *asserts) text(key string, values []lua.LValue) (text string, ok bool) {
	pattern, ok := a.say[key]
	if !ok {
		return "", false
	}
	parts := strings.Split(pattern, "%s")
	var b strings.Builder
	for i, part := range parts {
		b.WriteString(strings.ReplaceAll(part, "%%", "%"))
		if i == len(parts)-1 {
			break
		}
		v := lua.LValue(lua.LNil)
		if i < len(values) {
			v = values[i]
		}
		if s, ok := bind.Text(v); ok {
			b.WriteString(s)
		} else {
			b.WriteString(show(a.f.vm.L, v))
		}
	}
	return b.String(), true
}

// unpack gives a list with its n, as luassert's arguments have it.
func (a *asserts) unpack(list *lua.LTable) []lua.LValue {
	n := list.Len()
	if v, ok := list.RawGetString("n").(lua.LNumber); ok && v >= 0 && v < 1000 {
		n = int(v)
	}
	values := make([]lua.LValue, n)
	for i := range values {
		values[i] = list.RawGetInt(i + 1)
	}
	return values
}

// pack makes luassert's arguments of those of a call.
func pack(L *lua.LState) *lua.LTable {
	t := L.NewTable()
	for i := 1; i <= L.GetTop(); i++ {
		t.RawSetInt(i, L.Get(i))
	}
	t.RawSetString("n", lua.LNumber(L.GetTop()))
	return t
}

// share gives the table that custom modifiers and assertions of one call share.
func (n *node) share(L *lua.LState) *lua.LTable {
	if n.state == nil {
		n.state = L.NewTable()
	}
	n.state.RawSetString("mod", lua.LBool(!n.negated))
	return n.state
}

// callModifier calls a modifier of the script's, which may turn state.mod round.
func (a *asserts) callModifier(L *lua.LState, n *node, k *custom) {
	state := n.share(L)
	if _, err := a.f.vm.Call(L, k.fn, state, pack(L), lua.LNumber(1)); err != nil {
		L.Error(errorValue(err), 0)
	}
	n.negated = !lua.LVAsBool(state.RawGetString("mod"))
}

// callCustom calls an assertion of the script's.
func (a *asserts) callCustom(L *lua.LState, n *node, k *custom) int {
	args, state, top := pack(L), n.share(L), L.GetTop()
	results, err := a.f.vm.Call(L, k.fn, state, args, lua.LNumber(1))
	if err != nil {
		L.Error(errorValue(err), 0)
	}
	results = append(results, lua.LNil, lua.LNil)
	if lua.LVAsBool(results[0]) != n.negated {
		if list, ok := results[1].(*lua.LTable); ok {
			values := a.unpack(list)
			for _, v := range values {
				L.Push(v)
			}
			return len(values)
		}
		return top
	}
	key := k.positive
	if n.negated {
		key = k.negative
	}
	text, ok := a.text(lua.LVAsString(key), a.formatArguments(L, args))
	if !ok {
		text = "assertion failed!"
	}
	for _, m := range []lua.LValue{n.message, state.RawGetString("failure_message")} {
		if m != nil && m != lua.LNil {
			text = a.f.message(L, m) + "\n" + text
		}
	}
	row := bind.Row{Name: "assertion", Sig: "assertion(...)"}
	return raiseFailure(a.f.vm.Env().Call(L, &row), text)
}

// formatArguments shows the arguments that are not to stay as they are.
func (a *asserts) formatArguments(L *lua.LState, args *lua.LTable) []lua.LValue {
	plain, _ := args.RawGetString("nofmt").(*lua.LTable)
	values := a.unpack(args)
	for i, v := range values {
		if plain == nil || !lua.LVAsBool(plain.RawGetInt(i+1)) {
			values[i] = lua.LString(show(L, v))
		}
	}
	return values
}

// formatted asks the script's formatters, the last one first.
func (s *shower) formatted(v lua.LValue) (text string, ok bool) {
	group, _ := s.L.G.Registry.RawGetString(assertsKey).(*lua.LUserData)
	if group == nil {
		return "", false
	}
	a := group.Value.(*asserts)
	for _, fn := range slices.Backward(a.formatters) {
		results, err := a.f.vm.Call(s.L, fn, v)
		if err == nil && len(results) > 0 && results[0].Type() == lua.LTString {
			return lua.LVAsString(results[0]), true
		}
	}
	return "", false
}

// assertsKey is where the Lua registry keeps the asserts once they have a
// formatter.
const assertsKey = "luatest.asserts"

// errorValue is the value that a Lua call raised.
func errorValue(err error) lua.LValue {
	var e *luasock.Error
	if errors.As(err, &e) && e.Value != nil {
		return e.Value
	}
	return lua.LString(err.Error())
}

// raise raises an error of a Lua call again.
func raise(c bind.Call, err error) { c.L.Error(errorValue(err), 0) }

// registered is the list that assert:register names.
func registered(c bind.Call) map[string]*custom {
	a := fileOf(c).asserts
	switch kind := c.Bytes(2); kind {
	case "assertion":
		return a.assertions
	case "modifier":
		return a.modifiers
	case "matcher":
		return map[string]*custom{} // there are none here
	default:
		c.Bad(2, `kind must be "assertion" or "modifier", got %q`, kind)
	}
	return nil
}

func assertRegister(c bind.Call) int {
	list, name := registered(c), strings.ToLower(c.Bytes(3))
	if !callable(c.L, c.Arg(4)) {
		c.Wrong(4, "a function")
	}
	list[name] = &custom{fn: c.Arg(4), positive: c.Arg(5), negative: c.Arg(6)}
	fileOf(c).asserts.version++
	return 0
}

func assertUnregister(c bind.Call) int {
	delete(registered(c), strings.ToLower(c.Bytes(3)))
	fileOf(c).asserts.version++
	return 0
}

func assertAddFormatter(c bind.Call) int {
	a := fileOf(c).asserts
	a.formatters = append(a.formatters, c.Func(2))
	c.L.G.Registry.RawSetString(assertsKey, &lua.LUserData{Value: a, Metatable: lua.LNil})
	return 0
}

func assertRemoveFormatter(c bind.Call) int {
	a, fn := fileOf(c).asserts, c.Func(2)
	a.formatters = slices.DeleteFunc(a.formatters, func(v lua.LValue) bool { return v == fn })
	return 0
}

func assertSetParameter(c bind.Call) int {
	fileOf(c).asserts.parameters.RawSetString(c.Bytes(2), c.Arg(3))
	return 0
}

func assertGetParameter(c bind.Call) int {
	return c.Return(fileOf(c).asserts.parameters.RawGetString(c.Bytes(2)))
}

// levelKey marks what assert:level gives.
const levelKey = "level"

func assertLevel(c bind.Call) int {
	t, meta := c.L.NewTable(), c.L.NewTable()
	meta.RawSetString("__name", lua.LString(levelKey))
	t.RawSetString(levelKey, c.Arg(2))
	t.Metatable = meta
	return c.Return(t)
}

func assertGetLevel(c bind.Call) int {
	if t, ok := c.Arg(2).(*lua.LTable); ok {
		if meta, ok := t.Metatable.(*lua.LTable); ok && meta.RawGetString("__name") == lua.LString(levelKey) {
			return c.Return(t.RawGetString(levelKey))
		}
	}
	return c.Return(lua.LNil)
}

// luassertNames lists busted's and luassert's names, for the reference, and whether
// they are here.
var luassertNames = []struct{ name, here string }{
	{"equal, equals", "yes"}, {"same", "yes"}, {"true, false", "yes"}, {"truthy, falsy", "yes"},
	{"nil, boolean, number, string, table, function, userdata, thread", "yes"},
	{"near", "yes"}, {"matches, match", "yes"}, {"unique", "yes"}, {"error, errors", "yes"},
	{"error_matches, error_match, matches_error, match_error", "yes"}, {"returned_arguments", "yes"},
	{"array(…).holes", "yes"}, {"message(…)", "yes"}, {"is, are, was, has, does, not, no", "yes"},
	{"assert:register, assert:unregister", "yes, of assertions and modifiers"},
	{"assert:add_formatter, assert:remove_formatter", "yes"},
	{"assert:set_parameter, assert:get_parameter", "yes, without effect on messages"},
	{"assert:snapshot()", "yes; nothing to revert. assert.snapshot(value) is another thing"},
	{"say", "yes: say:set and say(key, values)"},
	{"assert:level, assert:get_level", "yes; messages name the line of the test in any case"},
	{"spy, stub, mock, called, called_with, returned_with …", "no: write a function that counts, or start a server"},
	{"match, matchers", "no"},
	{"describe, context, it, spec, test, pending, insulate, expose", "yes; what a test sets in _G stays for those after it in the file"},
	{"before_each, after_each, setup, teardown, strict_…, lazy_…, finally, randomize", "yes"},
	{"async, done", "no: calls wait here, and others run meanwhile"},
	{"busted.subscribe, busted.publish", "no"},
}

// names is the table of luassert's and busted's names as Markdown.
func names() string {
	var b strings.Builder
	b.WriteString("| busted and luassert | here |\n|---|---|\n")
	for _, n := range luassertNames {
		fmt.Fprintf(&b, "| %s | %s |\n", n.name, n.here)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

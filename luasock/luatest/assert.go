package luatest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/spell"
)

// asserts is what assert is in one VM. A name such as is_not.equal is cut into
// words; the words are joined to the longest names that there are, modifiers or
// an assertion, as luassert does it.
type asserts struct {
	f     *file
	table *lua.LTable // assert itself
	rows  map[string]*bind.Row
	nodes map[*lua.LTable]*node
	meta  *lua.LTable // of nodes
	fail  *lua.LTable // the metatable of what a failed assertion raises
	state *node       // of the call that is about to be made
	array lua.LValue  // of the call that is made

	version    int                // how often something was registered
	assertions map[string]*custom // of assert:register
	modifiers  map[string]*custom
	formatters []lua.LValue
	parameters *lua.LTable
	say        map[string]string // texts by their keys
	functions  map[string]lua.LValue
}

// node is what has been said so far of assert.is_not.…
type node struct {
	words   []string
	negated bool
	message lua.LValue  // of assert.message(…), or of the call
	array   lua.LValue  // of assert.array(…)
	state   *lua.LTable // what custom modifiers share with assertions
	plan    *plan       // what the words mean
}

// plan is what the words of a node mean, as long as nothing is registered.
type plan struct {
	version   int
	names     []string
	assertion string // "" for none
	negates   bool
}

// custom is an assertion or modifier of the script's.
type custom struct{ fn, positive, negative lua.LValue }

// modifiers are luassert's words that only read well, with those of people who
// write more than one test.
var modifiers = map[string]bool{
	"is": false, "are": false, "was": false, "were": false, "has": false, "have": false, "does": false, "do": false, "a": false, "an": false, "the": false,
	"not": true, "no": true,
}

// openAsserts makes the global assert, and what require "luassert" and "say" give.
func (f *file) openAsserts() {
	L := f.vm.L
	a := &asserts{
		f: f, rows: map[string]*bind.Row{}, nodes: map[*lua.LTable]*node{},
		meta: L.NewTable(), fail: L.NewTable(), parameters: L.NewTable(),
		assertions: map[string]*custom{}, modifiers: map[string]*custom{}, say: map[string]string{},
	}
	f.asserts = a
	f.tostring = L.GetGlobal("tostring")
	a.functions = map[string]lua.LValue{}
	for _, name := range []string{"match", "find", "gsub"} {
		a.functions[name] = L.GetField(L.GetGlobal("string"), name)
	}
	a.meta.RawSetString("__index", L.NewFunction(a.index))
	a.meta.RawSetString("__call", L.NewFunction(a.callNode))
	a.fail.RawSetString("__tostring", L.NewFunction(func(L *lua.LState) int {
		text, _ := assertionOf(L.Get(1))
		L.Push(lua.LString(text))
		return 1
	}))
	a.table = f.vm.OpenModule(assertModule)
	for i := range assertRows {
		if row := &assertRows[i]; !strings.HasPrefix(row.Sig, row.Name+"(assert") {
			a.rows[row.Name] = row
			a.table.RawSetString(row.Name, lua.LNil) // a node, as soon as it is asked for
		}
	}
	for alias, name := range aliases {
		a.rows[alias] = a.rows[name]
	}
	meta := L.NewTable()
	meta.RawSetString("__index", L.NewFunction(a.index))
	meta.RawSetString("__call", f.vm.Env().Function(L, "base", &plainAssert))
	a.table.Metatable = meta
	a.openLuassert()
}

// plainAssert is Lua's own.
var plainAssert = bind.Row{
	Name: "assert", Sig: "assert(v [, message], ...)",
	Doc: "Returns its arguments when v is neither nil nor false, else raises the message.",
	Fn: func(c bind.Call) int {
		c.L.Remove(1) // the table assert
		if c.N() == 0 {
			c.Bad(1, "value expected")
		}
		if lua.LVAsBool(c.Arg(1)) {
			return c.N()
		}
		if c.N() >= 2 {
			c.L.Error(c.Arg(2), 0)
		}
		c.L.Error(lua.LString("assertion failed!"), 0)
		return 0
	},
}

// What the error of an assertion has: its message, and the line that made it.
const (
	failureKey = "message"
	placeKey   = "place"
)

// raiseFailure raises the error of an assertion: a table with a message.
func raiseFailure(c bind.Call, message string) int {
	t := c.L.NewTable()
	t.RawSetString(failureKey, lua.LString(message))
	f := fileOf(c)
	f.vm.Env().Running = c.L
	if source, line := f.vm.Position(); line > 0 {
		t.RawSetString(placeKey, lua.LString(fmt.Sprintf("%s:%d", source, line)))
	}
	t.Metatable = f.asserts.fail
	c.L.Error(t, 0)
	return 0
}

// assertionOf is the message of an assertion's error.
func assertionOf(v lua.LValue) (message string, ok bool) {
	t, ok := v.(*lua.LTable)
	if !ok {
		return "", false
	}
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok || mt.RawGetString("__tostring") == lua.LNil {
		return "", false
	}
	text, ok := t.RawGetString(failureKey).(lua.LString)
	return string(text), ok
}

// index gives the node behind a further name, and keeps it for the next time.
func (a *asserts) index(L *lua.LState) int {
	key, ok := L.Get(2).(lua.LString)
	if !ok {
		return 0
	}
	parent := &node{}
	t := L.CheckTable(1)
	if n := a.nodes[t]; n != nil {
		parent = n
	}
	n := *parent
	n.words, n.plan = slices.Clip(n.words), nil
	for _, word := range strings.Split(strings.ToLower(string(key)), "_") {
		if word != "" {
			n.words = append(n.words, word)
		}
	}
	child := a.newNode(L, &n)
	if parent.message == nil && parent.array == nil && parent.state == nil {
		t.RawSet(key, child)
	}
	L.Push(child)
	return 1
}

func (a *asserts) newNode(L *lua.LState, n *node) *lua.LTable {
	t := L.NewTable()
	t.Metatable = a.meta
	a.nodes[t] = n
	return t
}

// names joins the words of a node, from its end, to the longest names that there
// are.
func (a *asserts) names(n *node) (names []string, unknown string) {
	words := n.words
	for i := len(words); i > 0; {
		from := i - 1
		for k := from - 1; k >= 0; k-- {
			if a.known(strings.Join(words[k:i], "_")) {
				from = k
			}
		}
		name := strings.Join(words[from:i], "_")
		if !a.known(name) {
			return nil, name
		}
		names = append(names, name)
		i = from
	}
	slices.Reverse(names)
	return names, ""
}

func (a *asserts) known(name string) bool {
	_, modifier := modifiers[name]
	return modifier || a.rows[name] != nil || a.assertions[name] != nil || a.modifiers[name] != nil || name == "message" || name == "array"
}

// callNode is the call of assert.is_not.equal(…).
func (a *asserts) callNode(L *lua.LState) int {
	called := a.nodes[L.CheckTable(1)]
	L.Remove(1)
	p := a.planOf(L, called)
	n := *called
	n.negated = n.negated != p.negates
	if p.assertion == "" {
		return a.modify(L, &n, p.names)
	}
	for _, name := range p.names {
		if k := a.modifiers[name]; k != nil {
			a.callModifier(L, &n, k)
		}
	}
	if k := a.assertions[p.assertion]; k != nil {
		return a.callCustom(L, &n, k)
	}
	a.state = &n
	row := a.rows[p.assertion]
	return row.Fn(a.f.vm.Env().Call(L, row))
}

// planOf finds out what the words of a node mean, once.
func (a *asserts) planOf(L *lua.LState, n *node) *plan {
	if n.plan != nil && n.plan.version == a.version {
		return n.plan
	}
	names, unknown := a.names(n)
	if unknown != "" {
		bind.Raise(L, fmt.Sprintf("there is no assertion %q%s", unknown, a.suggest(unknown)))
	}
	p := &plan{version: a.version, names: names}
	for _, name := range names {
		switch {
		case a.rows[name] != nil || a.assertions[name] != nil:
			p.assertion = name
		case modifiers[name]:
			p.negates = !p.negates
		}
	}
	n.plan = p
	return p
}

// modify is the call of a name that is no assertion: assert.message("…"),
// assert.array(t), a modifier of the script's. It gives what goes on.
func (a *asserts) modify(L *lua.LState, n *node, names []string) int {
	for _, name := range names {
		switch k := a.modifiers[name]; {
		case k != nil:
			a.callModifier(L, n, k)
		case name == "message":
			n.message = L.Get(1)
		case name == "array":
			n.array = L.Get(1)
		case modifiers[name]:
		}
	}
	n.words = nil
	L.Push(a.newNode(L, n))
	return 1
}

// suggest names an assertion that is nearly what was written.
func (a *asserts) suggest(unknown string) string {
	if meant := spell.Nearest(unknown, maps.Keys(a.rows)); meant != "" {
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return ""
}

// finding is what an assertion has found out.
type finding struct {
	holds   bool
	results []lua.LValue                     // what it returns; nil for its arguments
	message lua.LValue                       // of the call
	say     func(negated bool) (text string) // why not
}

// assertion makes a row's function of what a function finds out.
func assertion(look func(c bind.Call) finding) bind.Fn {
	return func(c bind.Call) int {
		f := fileOf(c)
		n := f.asserts.state
		f.asserts.state = nil
		if n == nil {
			n = &node{}
		}
		f.asserts.array = n.array
		k := look(c)
		if k.holds != n.negated {
			if k.results == nil {
				return c.N()
			}
			return c.Return(k.results...)
		}
		text := k.say(n.negated)
		for _, m := range []lua.LValue{k.message, n.message} {
			if m != nil && m != lua.LNil {
				text = f.message(c.L, m) + "\n" + text
			}
		}
		return raiseFailure(c, text)
	}
}

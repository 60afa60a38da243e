package lualib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// failure is an error that an instruction of a Lua function raised, seen while
// its frame still stands.
type failure struct {
	m    *machine
	T    *lua.LState
	top  *lua.Debug
	f    *callFrame
	i    instruction
	text string // gopher-lua's message, without the position
}

// explain says in PUC Lua's words, with the names of the variables, what
// gopher-lua says in its own. Errors that a function raised are left alone.
func (m *machine) explain(T *lua.LState, value lua.LValue) lua.LValue {
	text, ok := value.(lua.LString)
	top, running := T.GetStack(0)
	if !ok || !running {
		return value
	}
	f := frameOf(top)
	if f.Fn.IsG {
		return m.explainGo(T, f, text)
	}
	rest, ok := strings.CutPrefix(string(text), f.position())
	if !ok || f.pc() < 0 {
		return value
	}
	e := failure{m, T, top, f, instruction(f.Fn.Proto.Code[f.pc()]), rest}
	return lua.LString(f.position() + e.explain())
}

// explainGo mends the messages of Go functions that no Lua code called: what is
// to stand before the message is nothing, and gopher-lua puts a space after it.
func (m *machine) explainGo(T *lua.LState, f *callFrame, text lua.LString) lua.LValue {
	if f.isGuard() && strings.HasSuffix(string(text), "attempt to call a non-function object") {
		return lua.LString(fmt.Sprintf("attempt to call a %s value", T.Get(1).Type()))
	}
	if f.Fn == m.raise {
		return text
	}
	for ; f != nil; f = f.Parent {
		if !f.Fn.IsG {
			return text
		}
	}
	return lua.LString(strings.TrimPrefix(string(text), " "))
}

// plainMessages are the messages that have another wording, and no name.
var plainMessages = map[string]string{
	"for statement init must be a number":  "'for' initial value must be a number",
	"for statement limit must be a number": "'for' limit must be a number",
	"for statement step must be a number":  "'for' step must be a number",
	"too many recursions in gettable":      "loop in gettable",
	"too many recursions in settable":      "loop in settable",
	"registry overflow":                    "stack overflow",
}

// explain is the message in PUC Lua's words.
func (e failure) explain() string {
	if text, ok := plainMessages[e.text]; ok {
		return text
	}
	switch {
	case strings.HasPrefix(e.text, "attempt to index a non-table object("):
		return e.index()
	case e.text == "attempt to call a non-function object":
		return e.call()
	case strings.HasPrefix(e.text, "cannot perform concat operation"):
		return e.concat()
	case strings.HasPrefix(e.text, "cannot perform "):
		return e.arithmetic()
	case e.text == "__unm undefined":
		return e.named("perform arithmetic on", e.i.b())
	case e.text == "__len undefined":
		return e.named("get length of", e.i.b())
	case strings.HasPrefix(e.text, "attempt to compare "):
		return e.compare()
	}
	return e.text
}

// value is what a register or constant holds.
func (e failure) value(operand int) lua.LValue {
	if operand&constantBit != 0 {
		return e.f.Fn.Proto.Constants[operand&^constantBit]
	}
	_, v := e.T.GetLocal(e.top, operand+1)
	return v
}

// named is the message for a value that does not do what it should.
func (e failure) named(do string, operand int) string {
	kind := e.value(operand).Type().String()
	if operand&constantBit == 0 {
		if what, name := nameOf(e.f.Fn.Proto, e.f.pc(), operand); what != "" {
			return fmt.Sprintf("attempt to %s %s '%s' (a %s value)%s", do, what, name, kind, e.suggest(what, name, operand))
		}
	}
	return fmt.Sprintf("attempt to %s a %s value", do, kind)
}

func (e failure) index() string {
	kind := strings.TrimPrefix(e.text, "attempt to index a non-table object(")
	kind, _, _ = strings.Cut(kind, ")")
	reg := -1
	switch e.i.op() {
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS, lua.OP_SELF:
		reg = e.i.b()
	case lua.OP_SETTABLE, lua.OP_SETTABLEKS:
		reg = e.i.a()
	}
	// What cannot be indexed may also be an __index further on, without a name.
	if reg < 0 || e.value(reg).Type().String() != kind {
		return fmt.Sprintf("attempt to index a %s value", kind)
	}
	return e.named("index", reg)
}

func (e failure) call() string {
	switch e.i.op() {
	case lua.OP_CALL, lua.OP_TAILCALL:
		return e.named("call", e.i.a())
	case lua.OP_TFORLOOP:
		return fmt.Sprintf("attempt to call a %s value", e.value(e.i.a()).Type())
	}
	return "attempt to call a non-function value"
}

func (e failure) arithmetic() string {
	culprit := e.i.b()
	if _, ok := toNumber(e.value(culprit)); ok {
		culprit = e.i.c()
	}
	return e.named("perform arithmetic on", culprit)
}

// concat looks from the right, as the instruction does, for what is no text.
func (e failure) concat() string {
	for reg := e.i.c(); reg >= e.i.b(); reg-- {
		if !lua.LVCanConvToString(e.value(reg)) {
			return e.named("concatenate", reg)
		}
	}
	return e.text
}

func (e failure) compare() string {
	left, right, _ := strings.Cut(strings.TrimPrefix(e.text, "attempt to compare "), " with ")
	if left == right {
		return fmt.Sprintf("attempt to compare two %s values", left)
	}
	return e.text
}

package php

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

var contextRows = []bind.Row{
	row("stream_context_create(?array $options = null, ?array $params = null): mixed", "Makes a stream context of options {socket = {bindto=, backlog=, …}, ssl = {…}}.", streamContextCreate),
	row("stream_context_set_option(resource $context, array|string $wrapper_or_options, ?string $option_name = null, mixed $value = null): bool", "Sets an option of a context, or of a stream's.", streamContextSetOption),
	row("stream_context_get_options(resource $stream_or_context): array", "Gives the options of a context, or of a stream's.", streamContextGetOptions),
	row("stream_context_get_default(?array $options = null): mixed", "Gives the context of streams that are opened without one.", streamContextGetDefault),
	row("stream_context_set_default(array $options): mixed", "Sets options of the context of streams that are opened without one, and gives it.", streamContextSetDefault),
	row("stream_context_set_params(resource $context, array $params): bool", "Sets parameters of a context; options among them are set as its options.", streamContextSetParams),
	row("stream_context_get_params(resource $context): array", "Gives the parameters of a context, with its options.", streamContextGetParams),
}

var contextClass = &bind.Class{
	Name:   "StreamContext of PHP",
	Doc:    "Options for new streams. stream_context_create makes it.",
	String: func(any) string { return "stream context" },
}

// streamContext is a bag of options: wrapper, name, any value.
type streamContext struct {
	options *lua.LTable
	params  *lua.LTable
}

func newContext(vm *luasock.VM) *lua.LUserData {
	return vm.NewObject(contextClass, &streamContext{vm.L.NewTable(), vm.L.NewTable()})
}

func contextOf(v lua.LValue) (*streamContext, bool) { return bind.To[*streamContext](v) }

// contextOption is an option of a context; nil where it is not set.
func contextOption(object *lua.LUserData, wrapper, name string) lua.LValue {
	if object == nil {
		return lua.LNil
	}
	ctx, _ := contextOf(object)
	if t, ok := ctx.options.RawGetString(wrapper).(*lua.LTable); ok {
		return t.RawGetString(name)
	}
	return lua.LNil
}

// defaultContext is that of streams that are opened without one.
func (st *state) defaultContext() *lua.LUserData {
	if st.context == nil {
		st.context = newContext(st.vm)
	}
	return st.context
}

// context is argument i, a context; the default one for nil.
func (k call) context(i int) *lua.LUserData {
	if !k.has(i) {
		return k.state().defaultContext()
	}
	if _, ok := contextOf(k.arg(i)); !ok {
		k.throw("TypeError", k.p.name+"(): supplied resource is not a valid Stream-Context resource")
	}
	return k.arg(i).(*lua.LUserData)
}

// contextIn is the context of argument 1, a context or a stream.
func (k call) contextIn() *streamContext {
	if ctx, ok := contextOf(k.arg(1)); ok {
		return ctx
	}
	fp, _ := luasock.StreamOf(k.arg(1))
	if fp.IsClosed() {
		k.typeError(1, "must be a valid stream/context")
	}
	a := attached(fp)
	if a.context == nil {
		a.context = k.state().defaultContext()
	}
	ctx, _ := contextOf(a.context)
	return ctx
}

// set puts one option in.
func (ctx *streamContext) set(L *lua.LState, wrapper, name string, v lua.LValue) {
	t, ok := ctx.options.RawGetString(wrapper).(*lua.LTable)
	if !ok {
		t = L.NewTable()
		ctx.options.RawSetString(wrapper, t)
	}
	t.RawSetString(name, v)
}

// merge puts all of an array of options in.
func (k call) merge(ctx *streamContext, options *lua.LTable) {
	if options == nil {
		return
	}
	each(options, func(wrapper, v lua.LValue) {
		t, ok := v.(*lua.LTable)
		if _, named := wrapper.(lua.LString); !named || !ok {
			k.throw("ValueError", `Options should have the form ["wrappername"]["optionname"] = $value`)
		}
		each(t, func(name, v lua.LValue) { ctx.set(k.L, valueText(wrapper), valueText(name), v) })
	})
}

// mergeParams puts all of an array of parameters in.
func (k call) mergeParams(ctx *streamContext, params *lua.LTable) {
	if params == nil {
		return
	}
	if notify := params.RawGetString("notification"); notify != lua.LNil {
		ctx.params.RawSetString("notification", notify)
	}
	switch options := params.RawGetString("options").(type) {
	case *lua.LNilType:
	case *lua.LTable:
		k.merge(ctx, options)
	default:
		k.throw("TypeError", "Invalid stream/context parameter")
	}
}

func streamContextCreate(k call) int {
	object := newContext(k.vm())
	ctx, _ := contextOf(object)
	k.merge(ctx, k.table(1))
	k.mergeParams(ctx, k.table(2))
	return k.Return(object)
}

func streamContextSetOption(k call) int {
	ctx := k.contextIn()
	const is = "when argument #2 ($wrapper_or_options) is "
	switch wrapper := k.arg(2).(type) {
	case *lua.LTable:
		if k.has(3) {
			k.valueError(3, "must be null "+is+"an array")
		}
		if k.N() >= 4 {
			k.valueError(4, "cannot be provided "+is+"an array")
		}
		k.merge(ctx, wrapper)
	default:
		if !k.has(3) {
			k.valueError(3, "cannot be null "+is+"a string")
		}
		if k.N() < 4 {
			k.valueError(4, "must be provided "+is+"a string")
		}
		ctx.set(k.L, valueText(wrapper), k.text(3), k.arg(4))
	}
	return k.True()
}

// copied is an array of options without a table of the context's own.
func (k call) copied(options *lua.LTable) *lua.LTable {
	all := k.L.NewTable()
	options.ForEach(func(wrapper, v lua.LValue) {
		one := k.L.NewTable()
		v.(*lua.LTable).ForEach(func(name, v lua.LValue) { one.RawSet(name, v) })
		all.RawSet(wrapper, one)
	})
	return all
}

func streamContextGetOptions(k call) int { return k.Return(k.copied(k.contextIn().options)) }

func streamContextGetDefault(k call) int {
	object := k.state().defaultContext()
	ctx, _ := contextOf(object)
	k.merge(ctx, k.table(1))
	return k.Return(object)
}

func streamContextSetDefault(k call) int { return streamContextGetDefault(k) }

func streamContextSetParams(k call) int {
	k.mergeParams(k.contextIn(), k.table(2))
	return k.True()
}

func streamContextGetParams(k call) int {
	ctx := k.contextIn()
	t := k.L.NewTable()
	ctx.params.ForEach(func(name, v lua.LValue) { t.RawSet(name, v) })
	t.RawSetString("options", k.copied(ctx.options))
	return k.Return(t)
}

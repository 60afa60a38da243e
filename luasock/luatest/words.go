package luatest

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// bustedModule has busted's words. They are globals too, and what require
// "busted" returns.
var bustedModule = &bind.Module{
	Name: "busted",
	Doc: "The words in which tests are written, all of them globals, as in busted. A function whose name begins with `test_` is a test too. " +
		"A word of a name that begins with # is a tag: it(\"is slow #slow\", …) runs with --tag slow. What busted and luassert have:\n\n" + names(),
	Rows: wordRows,
}

// Document makes known to a VM, for its help and reference, what only the VMs of
// tests have: the words, and the assertions.
func Document(vm *luasock.VM) {
	vm.Env().Open(vm.L, bustedModule)
	vm.Env().Open(vm.L, assertModule)
}

var wordRows = []bind.Row{
	{Name: "describe", Sig: "describe(name [, options], fn)", Doc: "Makes a block: what fn, which is called when it is reached, says of tests, hooks and blocks is in it. describe.parallel(name, fn) runs its tests and blocks side by side, each in a task of its own. options: timeout, in seconds, of each test.", Fn: wordDescribe},
	{Name: "context", Sig: "context(name [, options], fn)", Doc: "Is describe.", Fn: wordDescribe},
	{Name: "parallel", Sig: "parallel(name [, options], fn)", Doc: "Is describe.parallel: a block whose tests run side by side.", Fn: wordParallel},
	{Name: "insulate", Sig: "insulate(name [, options], fn)", Doc: "Is describe, after which _G and package.loaded have what they had before.", Fn: wordInsulate},
	{Name: "expose", Sig: "expose(name [, options], fn)", Doc: "Is describe: what a block changes is seen by those after it in any case.", Fn: wordDescribe},
	{Name: "it", Sig: "it(name [, options], fn)", Doc: "Makes a test. It fails when fn raises an error, leaves a socket or task open, or takes longer than 10 s, --timeout, or options.timeout in seconds. Without fn it is pending. A global that it sets stays for the tests after it in the file; insulate ends that.", Fn: wordIt},
	{Name: "spec", Sig: "spec(name [, options], fn)", Doc: "Is it, by another name.", Fn: wordIt},
	{Name: "pending", Sig: "pending(name [, fn])", Doc: "Makes a test that does not run and is reported as skipped. In a test it ends the test, and name is the reason.", Fn: wordPending},
	{Name: "before_all", Sig: "before_all(fn)", Doc: "Calls fn once before the tests of the block. What it opens belongs to the block.", Fn: wordHook(beforeAll)},
	{Name: "after_all", Sig: "after_all(fn)", Doc: "Calls fn once after the tests of the block.", Fn: wordHook(afterAll)},
	{Name: "before_each", Sig: "before_each(fn)", Doc: "Calls fn before each test of the block and of those in it. What it opens belongs to the test.", Fn: wordHook(beforeEach)},
	{Name: "after_each", Sig: "after_each(fn)", Doc: "Calls fn after each test of the block and of those in it, also after one that failed.", Fn: wordHook(afterEach)},
	{Name: "setup", Sig: "setup(fn)", Doc: "Is before_all.", Fn: wordHook(beforeAll)},
	{Name: "teardown", Sig: "teardown(fn)", Doc: "Is after_all.", Fn: wordHook(afterAll)},
	{Name: "strict_setup", Sig: "strict_setup(fn)", Doc: "Is before_all.", Fn: wordHook(beforeAll)},
	{Name: "strict_teardown", Sig: "strict_teardown(fn)", Doc: "Is after_all.", Fn: wordHook(afterAll)},
	{Name: "lazy_setup", Sig: "lazy_setup(fn)", Doc: "Is before_all for a block with tests that run; a block of blocks does not call it before it must.", Fn: wordHook(lazySetup)},
	{Name: "lazy_teardown", Sig: "lazy_teardown(fn)", Doc: "Is after_all where lazy_setup would have been called.", Fn: wordHook(lazyTeardown)},
	{Name: "finally", Sig: "finally(fn)", Doc: "In a test: calls fn after it, also when it fails.", Fn: wordFinally},
	{Name: "randomize", Sig: "randomize([seed])", Doc: "Shuffles the tests and blocks of this block; false leaves them in order in spite of --shuffle.", Fn: wordRandomize},
	{Name: "fail", Sig: "fail([message])", Doc: "Fails the test, in every case.", Fn: wordFail},
}

// openWords makes the words globals. test, which is a module, can be called as
// busted's test.
func (f *file) openWords() {
	L, vm := f.vm.L, f.vm
	t := vm.OpenModule(bustedModule)
	t.RawSetString("describe", f.describeTable(t))
	t.RawSetString("version", lua.LString("2.2.0"))
	for _, row := range wordRows {
		if row.Name != "fail" {
			L.SetGlobal(row.Name, t.RawGetString(row.Name))
		}
	}
	L.SetGlobal("busted", lua.LNil)
	if test, ok := L.GetGlobal("test").(*lua.LTable); ok {
		call := L.NewTable()
		it := t.RawGetString("it")
		call.RawSetString("__call", L.NewFunction(func(L *lua.LState) int {
			L.Remove(1)
			L.Insert(it, 1)
			L.Call(L.GetTop()-1, 0)
			return 0
		}))
		test.Metatable = call
	} else {
		L.SetGlobal("test", t.RawGetString("it"))
	}
	L.PreloadModule("busted.runner", func(L *lua.LState) int {
		L.Push(L.NewFunction(func(*lua.LState) int { return 0 }))
		return 1
	})
}

// describeTable is describe, which can be called and has describe.parallel.
func (f *file) describeTable(words *lua.LTable) *lua.LTable {
	L := f.vm.L
	describe := words.RawGetString("describe")
	t, meta := L.NewTable(), L.NewTable()
	t.RawSetString("parallel", words.RawGetString("parallel"))
	meta.RawSetString("__call", L.NewFunction(func(L *lua.LState) int {
		L.Remove(1)
		L.Insert(describe, 1)
		L.Call(L.GetTop()-1, 0)
		return 0
	}))
	t.Metatable = meta
	return t
}

// fileOf is the file in whose VM a word is called.
func fileOf(c bind.Call) *file {
	s, ok := c.Host().(*luasock.VM).Loop().Main().Group.(*scope)
	if !ok || s.file.vm == nil {
		c.Raise("'%s' is for the files that 'sockscript test' runs", c.Name())
	}
	return s.file
}

// collecting is the block whose body runs now.
func collecting(c bind.Call) *block {
	f := fileOf(c)
	if f.collecting == nil {
		c.Raise("'%s' must be called in a describe, or outside of all, not inside a test or hook", c.Name())
	}
	return f.collecting
}

// options reads name [, options], fn; the options may also stand last.
func options(c bind.Call) (name string, fn lua.LValue, o *bind.Fields) {
	name, fn = c.Bytes(1), lua.LNil
	at := 2
	for _, i := range []int{2, 3} {
		if _, ok := c.Arg(i).(*lua.LTable); ok && o == nil && !callable(c.L, c.Arg(i)) {
			fields := c.Fields(i)
			fields.Only("timeout")
			o = &fields
			at = 5 - i
		}
	}
	if c.Has(at) {
		fn = c.Arg(at)
		if !callable(c.L, fn) {
			c.Bad(at, "fn must be a function, got %s", bind.Describe(fn))
		}
	}
	return name, fn, o
}

// timeoutOf reads options.timeout, which must be more than 0 seconds.
func timeoutOf(o *bind.Fields) time.Duration {
	n, ok := o.Get("timeout").(lua.LNumber)
	if !ok || !(n > 0) {
		o.Wrong("timeout", "a number of seconds above 0")
	}
	return bind.Duration(float64(n))
}

func callable(L *lua.LState, v lua.LValue) bool {
	return v.Type() == lua.LTFunction || L.GetMetaField(v, "__call").Type() == lua.LTFunction
}

func newBlock(c bind.Call) *block {
	parent := collecting(c)
	name, fn, o := options(c)
	if fn == lua.LNil {
		c.Bad(2, "a describe needs a function")
	}
	_, line := c.Host().(*luasock.VM).Position()
	b := &block{name: name, line: line, parent: parent, body: fn}
	if o != nil && o.Has("timeout") {
		b.timeout = timeoutOf(o)
	}
	parent.children = append(parent.children, child{block: b})
	return b
}

func wordDescribe(c bind.Call) int {
	newBlock(c)
	return 0
}

func wordParallel(c bind.Call) int {
	newBlock(c).parallel = true
	return 0
}

func wordInsulate(c bind.Call) int {
	newBlock(c).insulate = true
	return 0
}

func wordIt(c bind.Call) int {
	parent := collecting(c)
	name, fn, o := options(c)
	_, line := c.Host().(*luasock.VM).Position()
	u := &unit{name: name, line: line, parent: parent}
	if fn != lua.LNil {
		u.fn = fn
	}
	if o != nil && o.Has("timeout") {
		u.timeout = timeoutOf(o)
	}
	parent.add(fileOf(c), u)
	return 0
}

// add puts a test into the block.
func (b *block) add(f *file, u *unit) {
	u.number = f.units
	f.units++
	b.children = append(b.children, child{test: u})
}

// pendingError ends a test that says that it is pending.
type pendingError struct{ reason string }

func wordPending(c bind.Call) int {
	f := fileOf(c)
	if f.collecting == nil {
		reason := c.OptBytes(1, "")
		c.L.Error(&lua.LUserData{Value: &pendingError{reason}, Metatable: lua.LNil}, 0)
	}
	_, line := c.Host().(*luasock.VM).Position()
	f.collecting.add(f, &unit{name: c.OptBytes(1, "pending"), line: line, parent: f.collecting})
	return 0
}

func wordHook(k hookKind) bind.Fn {
	return func(c bind.Call) int {
		b := collecting(c)
		fn := c.Arg(1)
		if _, named := fn.(lua.LString); named {
			fn = c.Arg(2)
		}
		if !callable(c.L, fn) {
			c.Wrong(1, "a function")
		}
		b.hooks[k] = append(b.hooks[k], fn)
		return 0
	}
}

func wordFinally(c bind.Call) int {
	s := current(c)
	if !s.isTest {
		c.Raise("'finally' must be called inside a test")
	}
	s.finally = append(s.finally, c.Func(1))
	return 0
}

func wordRandomize(c bind.Call) int {
	b := collecting(c)
	seed := fileOf(c).seed()
	switch v := c.Arg(1).(type) {
	case lua.LBool:
		if !v {
			b.ordered, b.shuffle = true, nil
			return 0
		}
	case lua.LNumber:
		seed = int64(c.Int(1, 0, min(1<<53, math.MaxInt)))
	}
	b.shuffle = &seed
	return 0
}

func wordFail(c bind.Call) int {
	return raiseFailure(c, c.OptBytes(1, "the test has failed itself"))
}

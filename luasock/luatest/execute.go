package luatest

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
)

// emit takes a result as soon as it is there.
type emit func(*Result)

// execute runs a block: its body, which says what is in it, then its hooks and
// children.
func (f *file) execute(b *block, out emit) {
	if f.stopped() {
		return
	}
	defer f.insulate(b)()
	if !b.collected && !f.collect(b, out) {
		f.closeBlock(b, out)
		return
	}
	if f.suite.selecting() && !f.wanted(b) {
		f.closeBlock(b, out)
		return
	}
	b.arrange(f)
	ok := f.hooks(b, out, beforeAll)
	if ok && b.hasTests(f) {
		ok = f.hooks(b, out, lazySetup)
	}
	if ok {
		f.children(b, out)
	} else {
		f.skipAll(b, out, "before_all of '"+b.title()+"' failed")
	}
	if b.hasTests(f) {
		f.hooks(b, out, lazyTeardown)
	}
	f.hooks(b, out, afterAll)
	f.closeBlock(b, out)
}

// wanted tells whether a test of the block, or of one in it, is to run. The blocks
// in it are looked into: one whose body fails before the hooks around it have been
// called may have one, and is left for its turn.
func (f *file) wanted(b *block) bool {
	wanted := b.hasTests(f)
	for _, c := range b.children {
		if c.block == nil {
			continue
		}
		if !c.block.collected && !f.collect(c.block, nil) {
			*c.block = block{name: c.block.name, line: c.block.line, parent: b, body: c.block.body, parallel: c.block.parallel,
				insulate: c.block.insulate, timeout: c.block.timeout}
			wanted = true
			continue
		}
		if f.wanted(c.block) {
			wanted = true
		}
	}
	return wanted
}

// title names a block in messages.
func (b *block) title() string {
	if b.parent == nil {
		return "the file"
	}
	return fullName(b.path())
}

// hasTests tells whether the block itself has a test that will run.
func (b *block) hasTests(f *file) bool {
	return slices.ContainsFunc(b.children, func(c child) bool { return c.test != nil && f.selected(c.test) })
}

// collect calls the body of a block. It reports false when that failed, and tells
// why if out is not nil.
func (f *file) collect(b *block, out emit) bool {
	if b.scope = f.scope; b.parent != nil {
		b.scope = newScope(b.name, f, b.parent.scope)
	}
	before := f.collecting
	f.collecting = b
	defer func() { f.collecting = before }()
	what := "the describe"
	if b.parent == nil {
		what = "the file"
	}
	failures := f.call(b.scope, what, b.limit(f.suite.timeout()), b.body)
	if b.parent == nil && failures == nil {
		b.addFunctions(f)
	}
	b.collected = failures == nil
	if out != nil {
		f.report(b, out, what, failures)
	}
	return b.collected
}

// addFunctions makes tests of the global functions test_…, in the order in which
// they stand in the file.
func (b *block) addFunctions(f *file) {
	var list []*unit
	f.vm.L.G.Global.ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		fn, is := v.(*lua.LFunction)
		if ok && is && !fn.IsG && strings.HasPrefix(string(name), "test_") {
			list = append(list, &unit{name: string(name), line: fn.Proto.LineDefined, parent: b, fn: fn})
		}
	})
	slices.SortFunc(list, func(x, y *unit) int { return cmp.Or(x.line-y.line, strings.Compare(x.name, y.name)) })
	for _, u := range list {
		b.add(f, u)
	}
}

// call calls functions, one after the other until one fails, in a stretch of a
// scope.
func (f *file) call(s *scope, what string, limit time.Duration, fns ...lua.LValue) []Failure {
	var failures []Failure
	killed := false
	ended := f.stretch(s, what, limit, func(L *lua.LState) {
		for _, fn := range fns {
			_, err := f.vm.Call(L, fn)
			switch {
			case err == nil:
				continue
			case errorValue(err) == bind.Kill:
				killed = true // whoever killed it says why
			default:
				failures = append(failures, *f.failure(L, err, limit))
			}
			return
		}
	})
	switch {
	case ended != nil && failures == nil:
		return []Failure{*ended}
	case killed && failures == nil: // by os.exit
		failures, s.failures = s.failures, nil
	}
	return failures
}

// hooks calls the block's hooks of a kind. It reports false when one failed.
func (f *file) hooks(b *block, out emit, k hookKind) bool {
	ok := true
	for _, fn := range b.hooks[k] {
		failures := f.call(b.scope, k.String(), b.limit(f.suite.timeout()), fn)
		f.report(b, out, k.String(), failures)
		if failures != nil {
			ok = false
			if k == beforeAll || k == lazySetup {
				break
			}
		}
	}
	return ok
}

// report tells of failures outside any test: the body, a hook, what a block has
// left open.
func (f *file) report(b *block, out emit, what string, failures []Failure) {
	if failures == nil {
		return
	}
	f.failedOutside = true
	path := b.path()
	if what != "the file" {
		path = append(path, "("+what+")")
	}
	line := b.line
	if line == 0 && failures[0].File == f.name {
		line = failures[0].Line
	}
	out(&Result{File: f.name, Path: path, Line: line, Outside: true, Status: Failed, Failures: failures, Notes: b.scope.texts(f), Output: b.scope.takeOutput()})
}

// closeBlock ends what the block's hooks and body have opened.
func (f *file) closeBlock(b *block, out emit) {
	failures := f.closeScope(b.scope, true)
	f.report(b, out, "the end", failures)
	switch text := b.scope.takeOutput(); {
	case b.parent != nil:
		b.parent.scope.output.WriteString(text)
	case text != "":
		out(&Result{File: f.name, Path: []string{"(output)"}, Outside: true, Output: text})
	}
}

// takeOver makes what hooks and bodies around a test have printed the test's.
func (s *scope) takeOver() {
	var text string
	for at := s.parent; at != nil; at = at.parent {
		text = at.takeOutput() + text
	}
	s.output.WriteString(text)
}

// children runs what is in a block.
func (f *file) children(b *block, out emit) {
	if b.parallel && f.suite.Pause == nil {
		f.sideBySide(b, out)
		return
	}
	for _, c := range b.children {
		f.child(c, out)
	}
}

func (f *file) child(c child, out emit) {
	switch {
	case f.stopped():
	case c.block != nil:
		f.execute(c.block, out)
	case !f.selected(c.test):
	case f.suite.around != nil && f.onMain():
		r := f.suite.around(c.test.path(), func() *Result { return f.test(c.test) })
		if r == nil {
			f.snapshots.spare(c.test.path())
			return
		}
		out(r)
	default:
		out(f.test(c.test))
	}
}

// onMain tells whether no parallel block is running.
func (f *file) onMain() bool { return f.vm.Loop().Current() == f.vm.Loop().Main() }

// sideBySide runs the children of a block in a task each. Their results come in
// the order of the children.
func (f *file) sideBySide(b *block, out emit) {
	results := make([][]*Result, len(b.children))
	var fns []func()
	for i, c := range b.children {
		fns = append(fns, func() {
			f.child(c, func(r *Result) {
				results[i] = append(results[i], r)
				f.suite.count(r)
			})
		})
	}
	f.together(b.scope, fns)
	for _, list := range results {
		for _, r := range list {
			out(r)
		}
	}
}

// together runs functions in tasks of the scope and waits for all.
func (f *file) together(s *scope, fns []func()) {
	var tasks []*loop.Task
	for _, fn := range fns {
		t := s.spawn(f.vm, "parallel", func(*lua.LState) { fn() })
		defer delete(s.spared, t)
		tasks = append(tasks, t)
	}
	for _, t := range tasks {
		for t.State() != loop.Done {
			var dead *loop.Deadlock
			if err := t.Join(time.Time{}); errors.As(err, &dead) {
				f.deadlocked()
			}
		}
	}
}

// skipAll reports the tests of a block, as far as they are known, as not run.
func (f *file) skipAll(b *block, out emit, reason string) {
	for _, c := range b.children {
		if c.test != nil && f.selected(c.test) {
			out(c.test.result(f, Skipped, reason))
		}
	}
}

func (u *unit) result(f *file, s Status, reason string) *Result {
	return &Result{File: f.name, Path: u.path(), Line: u.line, Status: s, Reason: reason}
}

// test runs one test with its hooks.
func (f *file) test(u *unit) *Result {
	if u.fn == nil {
		f.snapshots.spare(u.path())
		return u.result(f, Skipped, u.reason)
	}
	f.suite.started(f, u)
	s := newScope(u.name, f, u.parent.scope)
	s.isTest = true
	s.takeOver()
	f.running = append(f.running, s)
	start := time.Now()
	c := &course{f: f, u: u, s: s}
	c.before, c.after = u.hooks()
	c.run()
	r := c.result()
	r.Duration = time.Since(start)
	r.Output = s.takeOutput()
	if r.Status != Passed {
		f.snapshots.spare(u.path())
	}
	f.running = slices.DeleteFunc(f.running, func(o *scope) bool { return o == s })
	return r
}

// hooks are what is called before and after the test, in order.
func (u *unit) hooks() (before, after []lua.LValue) {
	for _, b := range u.parent.around() {
		before = append(before, b.hooks[beforeEach]...)
		after = append(slices.Clone(b.hooks[afterEach]), after...)
	}
	return before, after
}

// closeScope closes what a scope owns, ends its tasks, and tells what went wrong
// beside the flow of the test. Leaks are looked for if asked.
func (f *file) closeScope(s *scope, leaks bool) []Failure {
	limit := f.suite.timeout()
	if len(s.resources) > 0 {
		if ended := f.stretch(s, "closing", limit, func(*lua.LState) { s.closeResources() }); ended != nil {
			s.failures = append(s.failures, *ended)
		}
	}
	failures := s.failures
	for _, err := range f.vm.Unjoined(s) {
		failures = append(failures, *f.failure(f.vm.L, err, limit))
	}
	if leaks && len(failures) == 0 {
		failures = append(failures, f.leaks(s)...)
	}
	f.sweep(s)
	return failures
}

// arrange puts the children of a block into the order in which they run.
func (b *block) arrange(f *file) {
	seed := b.shuffle
	if seed == nil && f.suite.Shuffle && !b.ordered {
		s := f.seed()
		seed = &s
	}
	if seed == nil {
		return
	}
	r := rand.New(rand.NewPCG(uint64(*seed), hash(fmt.Sprint(f.name, b.path()))))
	r.Shuffle(len(b.children), func(i, k int) { b.children[i], b.children[k] = b.children[k], b.children[i] })
}

func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

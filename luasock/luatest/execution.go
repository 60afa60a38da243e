package luatest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// execution is one run of a Suite.
type execution struct {
	Suite
	files []string
	halt  atomic.Bool
	// around, if set, calls run for a test, or does not if it is not wanted.
	around func(path []string, run func() *Result) *Result

	mu      sync.Mutex
	open    map[*file]bool // that run now; guarded by mu, as all that follows
	wrong   error          // with the Suite
	summary Summary
	turns   []turn // of each file, in order
	head    int    // whose results are reported as they come
}

// turn is what is known of one file before its results may be reported.
type turn struct {
	name     string
	waiting  []*Result
	done     bool
	duration time.Duration
}

func (x *execution) stopped() bool { return x.halt.Load() }

// run runs the files, Jobs of them at once.
func (x *execution) run(ctx context.Context) (*Summary, error) {
	x.open = map[*file]bool{}
	for range x.Repeat {
		for _, name := range x.order() {
			x.turns = append(x.turns, turn{name: name})
		}
	}
	x.summary = Summary{Files: len(x.turns), Seed: x.Seed, Shuffled: x.Shuffle, Start: time.Now()}
	x.tell(func(r Reporter) { r.Begin(&x.summary) })
	stop := context.AfterFunc(ctx, x.interrupt)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(x.Jobs, len(x.turns)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(x.turns) && !x.stopped(); i = int(next.Add(1)) - 1 {
				x.runFile(i)
			}
		})
	}
	workers.Wait()
	stop()
	x.reportRest()
	x.summary.Duration = time.Since(x.summary.Start)
	x.summary.NotRun = x.stopped()
	x.tell(func(r Reporter) { r.End(&x.summary) })
	if x.wrong != nil {
		return nil, x.wrong
	}
	if len(x.Filter)+len(x.Tags)+len(x.Exclude) > 0 && x.summary.total() == 0 && ctx.Err() == nil {
		return &x.summary, usage("no test of %s matches", plural(len(x.files), "file"))
	}
	return &x.summary, nil
}

func (s *Summary) total() int { return s.Passed + s.Failed + s.Skipped }

// order is the order in which the files run.
func (x *execution) order() []string {
	files := slices.Clone(x.files)
	if x.Shuffle {
		r := rand.New(rand.NewPCG(uint64(x.Seed), 0))
		r.Shuffle(len(files), func(i, k int) { files[i], files[k] = files[k], files[i] })
	}
	return files
}

// runFile runs one file on this goroutine.
func (x *execution) runFile(i int) {
	start := time.Now()
	name := x.turns[i].name
	f := &file{suite: x, suiteSeed: x.Seed, name: name, path: name, index: slices.Index(x.files, name)}
	x.guarded(f, func(r *Result) { x.result(i, r) })
	x.mu.Lock()
	defer x.mu.Unlock()
	x.turns[i].done, x.turns[i].duration = true, time.Since(start)
	x.summary.Done++
	x.advance()
}

// guarded runs a file, and reports a fault of ours instead of ending the process.
// The VM is left as it is then.
func (x *execution) guarded(f *file, out emit) {
	defer func() {
		if e := recover(); e != nil {
			out(f.broken(&Failure{Kind: KindError, Message: fmt.Sprintf("a fault of sockscript itself: %v\n%s", e, debug.Stack())}))
		}
	}()
	f.run(out)
}

// enter notes that a file runs; the function it returns notes its end.
func (x *execution) enter(f *file) func() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.open[f] = true
	return func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		delete(x.open, f)
	}
}

// interrupt ends what runs.
func (x *execution) interrupt() {
	x.halt.Store(true)
	x.mu.Lock()
	defer x.mu.Unlock()
	for f := range x.open {
		f.interrupt()
	}
}

// started tells that a test begins.
func (x *execution) started(f *file, u *unit) {
	x.tell(func(r Reporter) { r.Started(f.name, u.path()) })
}

// count takes a result into the summary, once.
func (x *execution) count(r *Result) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.countLocked(r)
}

func (x *execution) countLocked(r *Result) {
	if r.counted || r.isOutput() {
		return
	}
	r.counted = true
	switch r.Status {
	case Passed:
		x.summary.Passed++
	case Skipped:
		x.summary.Skipped++
	case Failed:
		x.summary.Failed++
		if x.FailFast {
			x.halt.Store(true)
		}
	}
	for _, reporter := range x.Reporters {
		reporter.Counted(&x.summary)
	}
}

// result reports a result, or keeps it until it is its file's turn.
func (x *execution) result(i int, r *Result) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.countLocked(r)
	if i != x.head {
		x.turns[i].waiting = append(x.turns[i].waiting, r)
		return
	}
	x.report(r)
}

func (x *execution) report(r *Result) {
	if r.Status == Failed {
		x.summary.Failures = append(x.summary.Failures, r)
	}
	for _, reporter := range x.Reporters {
		reporter.Result(r)
	}
}

// advance reports what has waited for the end of the file at the head.
func (x *execution) advance() {
	for x.head < len(x.turns) {
		t := &x.turns[x.head]
		for _, r := range t.waiting {
			x.report(r)
		}
		t.waiting = nil
		if !t.done {
			return
		}
		for _, reporter := range x.Reporters {
			reporter.Ended(t.name, t.duration)
		}
		x.head++
	}
}

// reportRest reports what waits behind a file that was not begun.
func (x *execution) reportRest() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for ; x.head < len(x.turns); x.head++ {
		x.turns[x.head].done = x.turns[x.head].done || x.turns[x.head].waiting != nil
		if x.turns[x.head].done {
			x.advance()
		}
	}
}

// tell calls each Reporter.
func (x *execution) tell(fn func(Reporter)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.Reporters {
		fn(r)
	}
}

// obsolete notes snapshots that no test has asked for.
func (x *execution) obsolete(f *file, names []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, name := range names {
		x.summary.Obsolete = append(x.summary.Obsolete, f.snapshots.path+": "+name)
	}
}

// selected tells whether a test is to run.
func (f *file) selected(u *unit) bool {
	x := f.suite
	if x.Shards > 1 && (f.index+u.number)%x.Shards != x.Shard-1 {
		return false
	}
	name := fullName(u.path())
	return (len(x.Filter) == 0 || f.matchesAny(x.Filter, name)) &&
		!f.matchesAny(x.Exclude, name) &&
		(len(x.Tags) == 0 || hasTag(name, x.Tags))
}

// malformed notes a pattern that Lua does not accept.
func (x *execution) malformed(pattern string, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	text := err.Error()
	if _, rest, ok := cutPosition(text); ok {
		text = rest
	}
	x.wrong = usage("%q is no Lua pattern: %s", pattern, text)
}

func hasTag(name string, tags []string) bool {
	for _, word := range strings.Fields(name) {
		if tag, ok := strings.CutPrefix(word, "#"); ok && slices.Contains(tags, strings.TrimRight(tag, ",.;:")) {
			return true
		}
	}
	return false
}

// matchesAny tells whether a name contains one of the texts or matches it as a Lua
// pattern.
func (f *file) matchesAny(patterns []string, name string) bool {
	for _, p := range patterns {
		if strings.Contains(name, p) {
			return true
		}
		results, err := f.vm.Call(f.vm.L, f.asserts.functions["find"], lua.LString(name), lua.LString(p))
		if err != nil {
			f.suite.malformed(p, err)
		} else if results[0] != lua.LNil {
			return true
		}
	}
	return false
}

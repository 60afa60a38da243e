package luatest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Run runs the tests in the files that match a pattern of filepath.Match: each
// file is a subtest of t, and each it in it one of that, so that go test's -run and
// -v know them:
//
//	func TestProtocol(t *testing.T) { luatest.Run(t, "testdata/*_test.lua") }
//
// With LUATEST_UPDATE=1 in the environment snapshots are written anew.
func Run(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatalf("luatest: %s: %v", pattern, err)
	}
	if len(files) == 0 {
		t.Fatalf("luatest: no file matches %s", pattern)
	}
	for _, name := range files {
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			s := Suite{Paths: []string{name}, Jobs: 1, Update: os.Getenv("LUATEST_UPDATE") != "", Reporters: []Reporter{&goReporter{t}}}
			x := &execution{Suite: s, around: func(path []string, run func() *Result) *Result { return within(t, path, run) }}
			if err := x.prepare(); err != nil {
				t.Fatal(err)
			}
			if _, err := x.run(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// within runs a test as a subtest, if go test wants it, and gives its result; nil
// if it did not run. The VM is the subtest's goroutine's meanwhile.
func within(t *testing.T, path []string, run func() *Result) (r *Result) {
	t.Run(strings.Join(path, "/"), func(t *testing.T) {
		r = run()
		logResult(t, r)
	})
	return r
}

// logResult says to go test how a test has ended.
func logResult(t *testing.T, r *Result) {
	r.told = true // Skip does not return
	if r.Output != "" {
		t.Log("\n" + strings.TrimSuffix(r.Output, "\n"))
	}
	switch r.Status {
	case Failed:
		t.Error("\n" + FailureText(r, false))
	case Skipped:
		t.Skip(r.Reason)
	}
}

// goReporter tells of what was not run as a subtest of its own: parallel tests, and
// what failed outside any test.
type goReporter struct{ t *testing.T }

func (g *goReporter) Begin(s *Summary)            { g.t.Logf("seed %d", s.Seed) }
func (g *goReporter) Started(string, []string)    {}
func (g *goReporter) Counted(*Summary)            {}
func (g *goReporter) Ended(string, time.Duration) {}

func (g *goReporter) Result(r *Result) {
	switch {
	case r.told:
	case r.isOutput():
		g.t.Log("\n" + r.Output)
	case r.Outside:
		g.t.Error("\n" + FailureText(r, false))
	default:
		g.t.Run(strings.Join(r.Path, "/"), func(t *testing.T) { logResult(t, r) })
	}
}

func (g *goReporter) End(s *Summary) {
	for _, text := range s.Obsolete {
		g.t.Log("no test has asked for the snapshot " + text)
	}
}

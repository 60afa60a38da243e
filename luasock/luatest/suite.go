package luatest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"sockscript/luasock"
	"sockscript/luasock/sock"
)

// DefaultTimeout is how long a test may take.
const DefaultTimeout = 10 * time.Second

// Suite says which tests to run, and how. The zero Suite runs all tests below the
// current folder and reports to nobody.
type Suite struct {
	Paths   []string // files, and folders in which *_test.lua and *_spec.lua are looked for; none: "."
	Filter  []string // only tests whose full name has one of these texts or matches one of these Lua patterns
	Exclude []string // no tests whose full name does
	Tags    []string // only tests with one of these tags
	Jobs    int      // files that run at once; 0: as many as there are cores
	Shuffle bool     // files, blocks and tests run in an order that comes from Seed
	Seed    int64    // 0: one that is chosen and reported
	Repeat  int      // how often all is run; 0: once

	FailFast      bool          // nothing is begun after the first failure
	Shard, Shards int           // run part Shard of Shards, from 1; 0, 0: all
	Timeout       time.Duration // of each test; 0: DefaultTimeout
	Update        bool          // write snapshots anew
	List          bool          // report the tests as skipped, and run none

	Reporters []Reporter
	// New makes the VM of a file; luasock.New when nil.
	New func(luasock.Options) (*luasock.VM, error)
	// Pause, if set, is called after a test has failed, while its sockets are still
	// open, on the goroutine of its VM. Files run one at a time then.
	Pause func(vm *luasock.VM, r *Result)
}

// Reporter is told how a run goes. Its methods are not called at once.
type Reporter interface {
	// Begin comes first.
	Begin(s *Summary)
	// Started tells that a test begins; those of several files run at once.
	Started(file string, path []string)
	// Counted comes when a test has ended, before its Result does: results come in
	// the order of the files.
	Counted(s *Summary)
	Result(r *Result)
	// Ended comes after the results of a file.
	Ended(file string, d time.Duration)
	// End comes last.
	End(s *Summary)
}

// Summary is how a run stands, or has ended.
type Summary struct {
	Files    int
	Done     int // files that have ended
	Passed   int
	Failed   int // tests, and what failed outside any
	Skipped  int
	NotRun   bool // it was stopped before the end
	Seed     int64
	Shuffled bool
	Start    time.Time
	Duration time.Duration
	Failures []*Result
	Obsolete []string // snapshots that no test has asked for
}

// UsageError says that the Suite cannot be run as it is.
type UsageError struct{ text string }

func (e *UsageError) Error() string { return e.text }

func usage(format string, args ...any) error { return &UsageError{fmt.Sprintf(format, args...)} }

func (s *Suite) timeout() time.Duration {
	if s.Timeout == 0 {
		return DefaultTimeout
	}
	return s.Timeout
}

// selecting tells whether some tests are left out.
func (s *Suite) selecting() bool {
	return len(s.Filter)+len(s.Exclude)+len(s.Tags) > 0 || s.Shards > 1
}

// Run runs the tests and tells the Reporters. When ctx ends, so does what runs. The
// error is a *UsageError when there is nothing to run; failed tests are none.
func (s *Suite) Run(ctx context.Context) (*Summary, error) {
	x := &execution{Suite: *s}
	if err := x.prepare(); err != nil {
		return nil, err
	}
	return x.run(ctx)
}

// Discover lists the files of tests, sorted within each path.
func Discover(paths []string) ([]string, error) {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var files []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, usage("cannot read %s: %s", path, sock.Reason(err))
		}
		found := []string{path}
		if info.IsDir() {
			if found, err = walk(path); err != nil {
				return nil, usage("cannot read %s: %s", path, sock.Reason(err))
			}
			if len(found) == 0 {
				return nil, usage("there is no *_test.lua in %s", path)
			}
		}
		for _, name := range found {
			if !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	return files, nil
}

// walk lists the files of tests in a folder, but for hidden folders.
func walk(folder string) (files []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == folder:
			return err
		case err != nil:
			return nil
		case d.IsDir() && path != folder && strings.HasPrefix(d.Name(), "."):
			return fs.SkipDir
		case !d.IsDir() && IsTestFile(d.Name()):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// IsTestFile tells whether a file is one of tests by its name.
func IsTestFile(name string) bool {
	return strings.HasSuffix(name, "_test.lua") || strings.HasSuffix(name, "_spec.lua")
}

// prepare checks the Suite and finds the files.
func (x *execution) prepare() error {
	files, err := Discover(x.Paths)
	if err != nil {
		return err
	}
	x.files = files
	switch {
	case x.Shards < 0 || x.Shard < 0 || x.Shard > x.Shards || x.Shards > 0 && x.Shard == 0:
		return usage("a shard must be 1/n to n/n, got %d/%d", x.Shard, x.Shards)
	case x.Repeat < 0:
		return usage("repeat must be 1 or more, got %d", x.Repeat)
	}
	if x.Jobs <= 0 {
		x.Jobs = runtime.GOMAXPROCS(0)
	}
	if x.Pause != nil {
		x.Jobs = 1
	}
	if x.Repeat == 0 {
		x.Repeat = 1
	}
	if x.Seed == 0 {
		x.Seed = time.Now().UnixNano()%999_999 + 1
	}
	return nil
}

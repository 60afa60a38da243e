package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"

	"github.com/spf13/pflag"
	"golang.org/x/sys/unix"

	"sockscript/luasock/luatest"
	"sockscript/luasock/sock"
)

const testUsage = `usage: sockscript test [options] [path…]

Runs the tests in the files, and in every *_test.lua and *_spec.lua below the
folders; without a path, below this folder.

which tests
  --filter TEXT         only those whose name has TEXT, or matches it as a Lua
                        pattern; may be given several times
  --exclude TEXT        not those
  --tag TAG             only those with #TAG in their name
  --shard I/N           only part I of N, so that N machines run them all
  --list                print their names and run none
how
  --jobs N              so many files at once; as many as there are cores. Within
                        a file, the tests of describe.parallel run side by side
  --timeout SECONDS     the time limit of a test; 10
  --shuffle[=SEED]      in random order; SEED gives the same order again
  --seed N              the seed of what is random in the tests, as it was printed
  --repeat N            so many times
  --fail-fast           begin nothing after the first failure
  --pause-on-fail       a prompt where a test has failed, its sockets still open
  --watch               run again whenever a Lua file changes
  --update              write the snapshots anew
what is reported
  --reporter NAME       pretty, tap, junit, json (one object a line) or github;
                        may be given several times
  --output FILE         where the reporter before it writes; standard output
  --no-color            no colours

Exit status: 0 when all passed, 1 when one failed, 2 for wrong usage, 130 and 143
after SIGINT and SIGTERM.
`

// testRun are the command line of sockscript test.
type testRun struct {
	suite     luatest.Suite
	shuffle   shuffle
	shard     shard
	watch     bool
	pause     bool
	noColor   bool
	help      bool
	reporters []namedReporter
}

// namedReporter is a reporter and where it writes: "" is standard output.
type namedReporter struct{ name, file string }

// flags are the options.
func (o *testRun) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("sockscript test", pflag.ContinueOnError)
	f.StringArrayVar(&o.suite.Filter, "filter", nil, "only tests whose names match")
	f.StringArrayVar(&o.suite.Exclude, "exclude", nil, "no tests whose names match")
	f.StringArrayVarP(&o.suite.Tags, "tag", "t", nil, "only tests with the tag")
	f.Var(&o.shard, "shard", "only the i-th of n parts")
	f.BoolVarP(&o.suite.List, "list", "l", false, "only the names")
	f.VarP(&atLeastOne{&o.suite.Jobs}, "jobs", "j", "how many files at once")
	f.Var((*seconds)(&o.suite.Timeout), "timeout", "for each test, in seconds")
	f.Var(&o.shuffle, "shuffle", "in any order, or that of a seed")
	f.Lookup("shuffle").NoOptDefVal = anySeed
	f.Var((*seed)(&o.suite.Seed), "seed", "of what is random in the tests")
	f.Var(&atLeastOne{&o.suite.Repeat}, "repeat", "so many times")
	f.BoolVarP(&o.suite.FailFast, "fail-fast", "x", false, "end at the first failure")
	f.BoolVar(&o.pause, "pause-on-fail", false, "a prompt at a failure")
	f.BoolVarP(&o.watch, "watch", "w", false, "again when a file changes")
	f.BoolVarP(&o.suite.Update, "update", "u", false, "write snapshots anew")
	f.VarP(&reporterFlag{&o.reporters}, "reporter", "r", "how to report")
	f.VarP(&outputFlag{&o.reporters}, "output", "o", "where to report")
	f.BoolVar(&o.noColor, "no-color", false, "no colours")
	f.BoolVarP(&o.help, "help", "h", false, "print the options")
	return f
}

func parseTest(args []string) (o testRun, err error) {
	f := o.flags()
	if err := parseFlags(f, args); err != nil {
		return o, err
	}
	o.suite.Paths = f.Args()
	o.suite.Shard, o.suite.Shards = o.shard.i, o.shard.n
	o.suite.Shuffle = o.shuffle.on
	if o.shuffle.seed != 0 {
		o.suite.Seed = o.shuffle.seed
	}
	if o.reporters == nil {
		o.reporters = []namedReporter{{name: "pretty"}}
	}
	return o, nil
}

// test is the subcommand test.
func test(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	o, err := parseTest(args)
	if err != nil {
		fmt.Fprintf(stderr, "sockscript test: %s\ntry 'sockscript test --help'\n", err)
		return exitUsage
	}
	if o.help {
		fmt.Fprint(stdout, testUsage)
		return exitOK
	}
	if o.noColor {
		os.Setenv("NO_COLOR", "1") // for what the tests start too
	}
	debug.SetGCPercent(400) // a VM for each file is much that soon is garbage
	ctx, signals := untilSignal()
	defer signals.stop()
	if o.pause {
		o.suite.Pause = pauseAt(stdin, stdout, &signals.prompting)
	}
	if o.watch {
		err = o.watchAndRun(ctx, stdout, stderr)
	} else {
		err = o.run(ctx, stdout)
	}
	switch code := signals.code(); {
	case code != 0:
		return code
	case err == errFailed:
		return exitError
	case err != nil:
		fmt.Fprintf(stderr, "sockscript test: %s\n", err)
		return exitUsage
	}
	return exitOK
}

// errFailed says that a test has failed, which was reported.
var errFailed = errors.New("a test has failed")

// run runs the tests once.
func (o *testRun) run(ctx context.Context, stdout io.Writer) error {
	suite := o.suite
	suite.New = newVM
	if suite.List {
		suite.Reporters = []luatest.Reporter{luatest.List(stdout)}
	} else {
		var files []*os.File
		var err error
		suite.Reporters, files, err = o.openReporters(stdout)
		for _, f := range files {
			defer f.Close()
		}
		if err != nil {
			return err
		}
	}
	summary, err := suite.Run(ctx)
	if err != nil {
		return err
	}
	if summary.Failed > 0 {
		return errFailed
	}
	return nil
}

// openReporters makes the reporters. The files are for the caller to close.
func (o *testRun) openReporters(stdout io.Writer) (list []luatest.Reporter, files []*os.File, err error) {
	for _, r := range o.reporters {
		w := stdout
		if r.file != "" {
			f, err := os.Create(r.file)
			if err != nil {
				return nil, files, fmt.Errorf("cannot write %s: %s", r.file, sock.Reason(err))
			}
			files, w = append(files, f), f
		}
		list = append(list, o.reporter(r.name, w))
	}
	return list, files, nil
}

func (o *testRun) reporter(name string, w io.Writer) luatest.Reporter {
	switch name {
	case "tap":
		return luatest.TAP(w)
	case "junit":
		return luatest.JUnit(w)
	case "json":
		return luatest.JSONLines(w)
	case "github":
		return luatest.GitHub(w)
	}
	p := luatest.PrettyOptions{}
	if f, ok := w.(*os.File); ok && isTerminal(f) {
		p.Live = true
		p.Color = colors(f)
		if size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ); err == nil {
			p.Width = int(size.Col)
		}
	}
	return luatest.Pretty(w, p)
}

// signalled is the first signal that came.
type signalled struct {
	prompting atomic.Bool // Ctrl-C is a prompt's
	signals   chan os.Signal
	cancel    context.CancelFunc
	got       chan int // the exit status of the first
}

// untilSignal gives a context that ends with SIGINT or SIGTERM; a second one ends
// the process.
func untilSignal() (context.Context, *signalled) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &signalled{signals: make(chan os.Signal, 2), cancel: cancel, got: make(chan int, 1)}
	signal.Notify(s.signals, os.Interrupt, unix.SIGTERM)
	go func() {
		code := 0
		for sig := range s.signals {
			if sig == os.Interrupt && s.prompting.Load() {
				continue
			}
			if code != 0 {
				os.Exit(code)
			}
			if code = 130; sig == unix.SIGTERM {
				code = 143
			}
			s.got <- code
			cancel()
		}
	}()
	return ctx, s
}

func (s *signalled) stop() {
	signal.Stop(s.signals)
	close(s.signals)
	s.cancel()
}

// code is the exit status of the signal that came, 0 when none did.
func (s *signalled) code() int {
	select {
	case code := <-s.got:
		return code
	default:
		return 0
	}
}

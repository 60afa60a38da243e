// Package cli is the command sockscript: options to a program that runs, and the
// subcommands.
package cli

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"log"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
	"sockscript/luasock/php"
	"sockscript/luasock/spell"
)

// Version is what --version prints.
const Version = "0.1.0"

// The exit statuses, beside those of os.exit and of signals (128 + number).
const (
	exitOK      = 0
	exitError   = 1
	exitUsage   = 2
	exitTimeout = 124
)

// usage fits a screen of 24 lines and 80 columns.
const usage = `usage: sockscript [options] [script [args…]]   run a Lua program; '-' is stdin
       sockscript                              a prompt, at a terminal
       sockscript test [options] [path…]       run the tests in *_test.lua
       sockscript check path…                  find mistakes without running
       sockscript types [folder]               write what editors complete from
       sockscript completion bash|zsh|fish     print what shells complete from
       sockscript help [name]                  explain, e.g. help socket.bind

  -e STAT              run the statement; may be given several times
  -i                   a prompt after the program, with its globals
  -l MODULE            require the module first
  --timeout SECONDS    end the program after this time, with status 124
  --trace[=FILE]       print each call on a socket; *.pcapng is for Wireshark
  --no-color           no colours; the variable NO_COLOR does the same
  -v, --version        print the version
  -h, --help           print this
  --                   end of options

A script named like a subcommand is run as ./test. Exit status: 0, or what
os.exit gave; 1 an error; 2 wrong usage; 124 --timeout; 130 and 143 after SIGINT
and SIGTERM.
`

// subcommand is a word in the place of a script's name. What stands behind it is
// its own.
type subcommand struct {
	name string
	does string
	run  func(args []string, stdin *os.File, stdout, stderr io.Writer) int
}

func subcommands() []subcommand {
	return []subcommand{
		{"check", "find mistakes without running", checkFiles},
		{"completion", "print what the shell completes from", completion},
		{"help", "explain a function", help},
		{"test", "run the tests in *_test.lua", test},
		{"types", "write what editors complete from", types},
	}
}

func findSubcommand(name string) (sub subcommand, ok bool) {
	list := subcommands()
	i := slices.IndexFunc(list, func(s subcommand) bool { return s.name == name })
	if i < 0 {
		return subcommand{}, false
	}
	return list[i], true
}

// Main runs the command with its arguments (without the program's name) and
// returns its exit status. A script's os.exit ends the process at once.
func Main(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	log.SetOutput(io.Discard) // net/http complains of servers there
	defer runtime.KeepAlive(newReserve())
	o, err := parse(args)
	if err != nil {
		return wrongUsage(stderr, err)
	}
	if o.noColor {
		os.Setenv("NO_COLOR", "1") // for what the program starts too
	}
	switch {
	case o.help:
		fmt.Fprint(stdout, usage)
		return exitOK
	case o.version:
		fmt.Fprintf(stdout, "sockscript %s\n", version())
		return exitOK
	}
	if sub, ok := findSubcommand(o.script); ok {
		if len(o.programs) > 0 {
			return wrongUsage(stderr, fmt.Errorf("option %s is for programs; a script named %[2]s is run as ./%[2]s", o.programs[0], sub.name))
		}
		return sub.run(o.args, stdin, stdout, stderr)
	}
	if o.interactive || o.script == "" && o.statements == nil && isTerminal(stdin) {
		return prompt(o, stdin, stdout, stderr)
	}
	return run(o, stdin, stderr)
}

// wrongUsage says what is wrong with the command line.
func wrongUsage(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "sockscript: %s\ntry 'sockscript --help'\n", err)
	return exitUsage
}

// fail says why the command itself could not do its work.
func fail(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "sockscript: %s\n", err)
	return exitError
}

// newVM makes a VM with all the modules that programs find.
func newVM(o luasock.Options) (*luasock.VM, error) {
	vm, err := luasock.New(o)
	if err == nil {
		php.Open(vm)
		luatest.Preload(vm)
	}
	return vm, err
}

// meantSubcommand is the end of a message about a script that is not there: the
// subcommand that was perhaps meant.
func meantSubcommand(word string) string {
	names := iter.Seq[string](func(yield func(string) bool) {
		for _, sub := range subcommands() {
			if !yield(sub.name) {
				return
			}
		}
	})
	if meant := spell.Nearest(word, names); meant != "" {
		return "; did you mean 'sockscript " + meant + "'?"
	}
	return ""
}

// version is Version and, where Go knows it, the commit that was built.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return Version + " (" + s.Value[:min(12, len(s.Value))] + ")"
			}
		}
	}
	return Version
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

// colors tells whether what is written to w is to have colours: on a terminal
// that has them, unless the user wants none (no-color.org).
func colors(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && isTerminal(f)
}

// report prints what ended a program. A syntax error is one line, under which a
// person at a terminal sees the place.
func report(stderr io.Writer, err error) {
	var bad *sourceError
	if f, ok := stderr.(*os.File); ok && errors.As(err, &bad) && isTerminal(f) {
		fmt.Fprintf(stderr, "sockscript: %s\n", bad.Show([]byte(bad.source)))
		return
	}
	var failure *luasock.Error
	if !errors.As(err, &failure) {
		fmt.Fprintf(stderr, "sockscript: %s\n", err)
		return
	}
	if failure.Task != "" {
		return // was printed when it happened
	}
	fmt.Fprintf(stderr, "sockscript: %s\n", failure)
	if failure.Traceback != "" {
		fmt.Fprintln(stderr, failure.Traceback)
	}
}

// Package cli is the command sockscript: options to a program that runs.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
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

const usage = `usage: sockscript [options] [script [args…]]

Runs a Lua program that talks to sockets; '-', or no script, reads it from
standard input.

  -e STAT              run the statement; may be given several times
  -l MODULE            require the module first
  --timeout SECONDS    end the program after this time, with status 124
  -v, --version        print the version
  -h, --help           print this
  --                   end of options

  sockscript help [name]    a function's reference: sockscript help socket.bind

Exit status: 0, or what os.exit gave; 1 an error; 2 wrong usage; 124 --timeout;
130 and 143 after SIGINT and SIGTERM.
`

// Main runs the command with its arguments (without the program's name) and
// returns its exit status. A script's os.exit ends the process at once.
func Main(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "test" {
		return test(args[1:], stdin, stdout, stderr)
	}
	o, err := parse(args)
	if err != nil {
		fmt.Fprintf(stderr, "sockscript: %s\ntry 'sockscript --help'\n", err)
		return exitUsage
	}
	switch {
	case o.help:
		fmt.Fprint(stdout, usage)
		return exitOK
	case o.version:
		fmt.Fprintf(stdout, "sockscript %s\n", version())
		return exitOK
	case o.topic != nil:
		return help(*o.topic, stdout, stderr)
	case o.script == "" && o.statements == nil && isTerminal(stdin):
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	return run(o, stdin, stderr)
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

// help prints a function's reference.
func help(topic string, stdout, stderr io.Writer) int {
	vm, err := luasock.New(luasock.Options{})
	if err != nil {
		fmt.Fprintf(stderr, "sockscript: %s\n", err)
		return exitError
	}
	defer vm.Close()
	luatest.Open(vm)
	what := lua.LValue(lua.LNil)
	if topic != "" {
		what = lua.LString(topic)
	}
	text, ok := vm.Help(what)
	if !ok {
		fmt.Fprintf(stderr, "sockscript: there is no help on %q; 'sockscript help' lists the modules\n", topic)
		return exitUsage
	}
	fmt.Fprintln(stdout, text)
	return exitOK
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
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

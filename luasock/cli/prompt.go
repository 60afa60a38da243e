package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
	"sockscript/luasock/repl"
)

// prompt runs what the options say, without waiting for its tasks, and then
// prompts with its globals.
func prompt(o options, stdin *os.File, stdout, stderr io.Writer) int {
	var main script
	if o.script != "" {
		var err error
		if main, err = readScript(o.script, stdin); err != nil {
			fmt.Fprintf(stderr, "sockscript: %s%s\n", err, meantSubcommand(o.script))
			return exitUsage
		}
	}
	screen, _ := stdout.(*os.File)
	var vm *luasock.VM
	console := repl.NewConsole(repl.Options{
		In: stdin, Out: screen, NoColor: o.noColor,
		Banner: "sockscript " + version() + "; .help explains, Ctrl-D leaves",
		First:  func() error { return shown(runAll(vm, o, main, calling(vm))) },
	})
	settings := console.VMOptions()
	trace, err := startTrace(o.trace, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "sockscript: %s\n", err)
		return exitUsage
	}
	defer trace.end()
	if f, ok := stderr.(*os.File); ok && isTerminal(f) {
		trace.stderr = settings.Stderr // above the line that is being typed
	}
	settings.Observe = trace.observe
	if vm, err = newVM(settings); err != nil {
		fmt.Fprintf(stderr, "sockscript: %s\n", err)
		return exitError
	}
	defer vm.Close()
	luatest.Open(vm)
	setArgs(vm.L, o)
	if o.timeout > 0 {
		over := time.AfterFunc(o.timeout, func() { console.End(exitTimeout, "timeout") })
		defer over.Stop()
	}
	status := console.Run(vm)
	if status == exitTimeout && o.timeout > 0 {
		fmt.Fprintf(stderr, "sockscript: timeout after %s\n", o.timeout)
	}
	return status
}

// calling runs a function and leaves its tasks to the prompt.
func calling(vm *luasock.VM) doer {
	return func(fn *lua.LFunction, args ...lua.LValue) error {
		_, err := vm.Call(vm.L, fn, args...)
		return err
	}
}

// shown is an error as the prompt shows it.
func shown(err error) error {
	var bad *sourceError
	if errors.As(err, &bad) {
		return &repl.SourceError{SyntaxError: bad.SyntaxError, Source: bad.source}
	}
	return err
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/sock"
)

// run runs what the options say and returns the exit status.
func run(o options, stdin io.Reader, stderr io.Writer) int {
	// The script is read before the signals are the program's: a reader that
	// waits is ended by them at once.
	var main script
	if o.script != "" || o.statements == nil {
		var err error
		if main, err = readScript(o.script, stdin); err != nil {
			fmt.Fprintf(stderr, "sockscript: %s%s\n", err, meantSubcommand(o.script))
			return exitUsage
		}
	}
	trace, err := startTrace(o.trace, stderr)
	if err != nil {
		fmt.Fprintf(stderr, "sockscript: %s\n", err)
		return exitUsage
	}
	defer trace.end()
	vm, err := newVM(luasock.Options{Stderr: stderr, Observe: trace.observe})
	if err != nil {
		return fail(stderr, err)
	}
	defer vm.Close()
	watch := startWatch(vm, o, stderr)
	defer watch.stop()
	setArgs(vm.L, o)
	err = runAll(vm, o, main, vm.Do)
	if status, ended := watch.status(); ended {
		return status
	}
	if err == nil {
		return exitOK
	}
	report(stderr, err)
	return exitError
}

// requireModule is -l: a module whose name can be a variable's becomes a global.
const requireModule = `local name = ... local m = require(name) if name:find "^[%a_][%w_]*$" then _G[name] = m end`

// runAll has do run the modules, the statements and the script, in this order.
func runAll(vm *luasock.VM, o options, main script, do doer) error {
	for _, name := range o.modules {
		if err := runText(vm, do, requireModule, "=(command line)", name); err != nil {
			return err
		}
	}
	for _, statement := range o.statements {
		if err := runText(vm, do, statement, "=(command line)"); err != nil {
			return err
		}
	}
	if main.chunk == "" {
		return nil
	}
	return runText(vm, do, main.source, main.chunk, o.args...)
}

// doer runs a function: VM.Do, which waits for the tasks too, or another.
type doer func(fn *lua.LFunction, args ...lua.LValue) error

// runText compiles a chunk and has do run it. The name is "@file" or "=text", as
// Lua has it.
func runText(vm *luasock.VM, do doer, source, name string, args ...string) error {
	fn, err := vm.Load([]byte(source), name)
	var syntax *luasock.SyntaxError
	if errors.As(err, &syntax) {
		return &sourceError{syntax, source}
	}
	if err != nil {
		return err
	}
	values := make([]lua.LValue, len(args))
	for i, arg := range args {
		values[i] = lua.LString(arg)
	}
	return do(fn, values...)
}

// sourceError is source that Lua does not accept.
type sourceError struct {
	*luasock.SyntaxError
	source string
}

// script is a program, and the name of its chunk; the zero one is none.
type script struct{ source, chunk string }

// readScript reads the script.
func readScript(name string, stdin io.Reader) (script, error) {
	var text []byte
	var err error
	chunk := "@" + name
	if name == "" || name == "-" {
		text, err = io.ReadAll(stdin)
		name, chunk = "standard input", "=stdin"
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return script{}, fmt.Errorf("cannot read %s: %s", name, sock.Reason(err))
	}
	return script{string(text), chunk}, nil
}

// setArgs sets arg and puts the script's own folder first in package.path.
func setArgs(L *lua.LState, o options) {
	arg := L.NewTable()
	arg.RawSetInt(-1, lua.LString("sockscript"))
	arg.RawSetInt(0, lua.LString(o.script))
	for i, a := range o.args {
		arg.RawSetInt(i+1, lua.LString(a))
	}
	L.SetGlobal("arg", arg)
	if o.script == "" || o.script == "-" {
		return
	}
	pkg, ok := L.GetGlobal("package").(*lua.LTable)
	if !ok {
		return
	}
	dir := filepath.Dir(o.script)
	own := filepath.Join(dir, "?.lua") + ";" + filepath.Join(dir, "?", "init.lua") + ";"
	pkg.RawSetString("path", lua.LString(own+lua.LVAsString(pkg.RawGetString("path"))))
}

// cancelOn gives the Lua state a context, so that a loop that never waits can
// be ended too. It costs a third of Lua's speed.
func cancelOn(L *lua.LState) context.CancelFunc {
	ctx, cancel := context.WithCancel(context.Background())
	L.SetContext(ctx)
	return cancel
}

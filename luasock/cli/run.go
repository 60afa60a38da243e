package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/sock"
)

// run runs what the options say and returns the exit status.
func run(o options, stdin io.Reader, stderr io.Writer) int {
	vm, err := luasock.New(luasock.Options{Stderr: stderr})
	if err != nil {
		fmt.Fprintf(stderr, "sockscript: %s\n", err)
		return exitError
	}
	defer vm.Close()
	watch := startWatch(vm, o, stderr)
	defer watch.stop()
	setArgs(vm.L, o)
	err = runAll(vm, o, stdin)
	if status, ended := watch.status(); ended {
		return status
	}
	if err == nil {
		return exitOK
	}
	report(stderr, err)
	var unreadable *unreadableError
	if errors.As(err, &unreadable) {
		return exitUsage
	}
	return exitError
}

// runAll runs the modules, the statements and the script, in this order.
func runAll(vm *luasock.VM, o options, stdin io.Reader) error {
	for _, name := range o.modules {
		if err := runText(vm, fmt.Sprintf("%s = require %q", name, name), "=(command line)"); err != nil {
			return err
		}
	}
	for _, statement := range o.statements {
		if err := runText(vm, statement, "=(command line)"); err != nil {
			return err
		}
	}
	if o.script == "" && o.statements != nil {
		return nil
	}
	source, name, err := readScript(o.script, stdin)
	if err != nil {
		return err
	}
	return runText(vm, source, name, o.args...)
}

// runText compiles a chunk and runs it until its tasks have ended.
func runText(vm *luasock.VM, source, name string, args ...string) error {
	fn, err := vm.L.Load(strings.NewReader(source), strings.TrimPrefix(name, "="))
	if err != nil {
		return errors.New(syntaxError(err, source))
	}
	values := make([]lua.LValue, len(args))
	for i, arg := range args {
		values[i] = lua.LString(arg)
	}
	return vm.Do(fn, values...)
}

// unreadableError says why a script could not be read.
type unreadableError struct{ name, reason string }

func (e *unreadableError) Error() string { return "cannot read " + e.name + ": " + e.reason }

// readScript reads the script and gives its name for messages. A first line
// that begins with # is blanked.
func readScript(name string, stdin io.Reader) (source, chunk string, err error) {
	var text []byte
	if name == "" || name == "-" {
		text, err = io.ReadAll(stdin)
		name = "stdin"
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		var errno unix.Errno
		if errors.As(err, &errno) {
			return "", "", &unreadableError{name, sock.Strerror(int(errno))}
		}
		return "", "", &unreadableError{name, err.Error()}
	}
	if bytes.HasPrefix(text, []byte("#")) {
		_, after, _ := bytes.Cut(text, []byte("\n"))
		text = append([]byte("\n"), after...)
	}
	return string(text), name, nil
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

// The forms of gopher-lua's messages about a chunk that it cannot compile.
var (
	syntaxAt   = regexp.MustCompile(`^(.*) line:(\d+)\(column:\d+\) near (.*):   (.*)$`)
	syntaxEnd  = regexp.MustCompile(`^(.*) at EOF:   (.*)$`)
	compileErr = regexp.MustCompile(`^compile error near line\((\d+)\) (.*?): (.*)$`)
)

// syntaxError makes gopher-lua's message one line of file:line: message.
func syntaxError(err error, source string) string {
	text := strings.TrimSpace(err.Error())
	lastLine := strings.Count(strings.TrimRight(source, "\n"), "\n") + 1
	text = syntaxAt.ReplaceAllString(text, "$1:$2: $4 near $3")
	text = syntaxEnd.ReplaceAllString(text, fmt.Sprintf("$1:%d: $2 near <eof>", lastLine))
	return compileErr.ReplaceAllString(text, "$2:$1: $3")
}

// cancelOn gives the Lua state a context, so that a loop that never waits can
// be ended too. It costs a third of Lua's speed.
func cancelOn(L *lua.LState) context.CancelFunc {
	ctx, cancel := context.WithCancel(context.Background())
	L.SetContext(ctx)
	return cancel
}

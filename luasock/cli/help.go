package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
)

// help prints a function's reference or a subcommand's usage, or lists the modules.
func help(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	if len(args) > 1 {
		return wrongUsage(stderr, fmt.Errorf("help takes one name, got %d", len(args)))
	}
	vm, err := newVM(luasock.Options{Stderr: stderr})
	if err != nil {
		return fail(stderr, err)
	}
	defer vm.Close()
	vm.LoadPreloaded()
	luatest.Document(vm)
	what := lua.LValue(lua.LNil)
	if len(args) > 0 {
		what = lua.LString(args[0])
	}
	text, ok := vm.Help(what)
	if sub, is := findSubcommand(what.String()); !ok && is {
		return sub.run([]string{"--help"}, stdin, stdout, stderr)
	}
	if !ok {
		fmt.Fprintf(stderr, "sockscript: %s\n", noHelp(vm, what))
		return exitUsage
	}
	fmt.Fprintln(stdout, text)
	return exitOK
}

// noHelp says that there is no help on a name.
func noHelp(vm *luasock.VM, what lua.LValue) string {
	const list = "'sockscript help' lists the modules"
	text := vm.NoHelp(what)
	if strings.HasSuffix(text, "?") {
		return text + " " + list
	}
	return text + "; " + list
}

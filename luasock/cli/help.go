package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
	"sockscript/luasock/spell"
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
		fmt.Fprintf(stderr, "sockscript: there is no help on %q; %s'sockscript help' lists the modules\n", args[0], meantTopic(vm, args[0]))
		return exitUsage
	}
	fmt.Fprintln(stdout, text)
	return exitOK
}

// meantTopic asks, of a name that is not known, whether others were meant; "" when
// none or too many may have been.
func meantTopic(vm *luasock.VM, name string) string {
	const most = 4
	var same []string // in other modules and classes
	for topic := range vm.Topics() {
		if i := strings.LastIndexAny(topic, ".:"); topic[i+1:] == name {
			same = append(same, topic)
		}
	}
	if len(same) == 0 {
		if meant := spell.Nearest(name, vm.Topics()); meant != "" {
			same = append(same, meant)
		}
	}
	if len(same) == 0 || len(same) > most {
		return ""
	}
	return "did you mean " + strings.Join(same, " or ") + "? "
}

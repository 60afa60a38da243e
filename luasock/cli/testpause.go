package cli

import (
	"fmt"
	"io"
	"os"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
	"sockscript/luasock/repl"
)

// pauseAt shows a test that has failed, and prompts in its VM, while its sockets
// are still open.
func pauseAt(stdin *os.File, stdout io.Writer) func(vm *luasock.VM, r *luatest.Result) {
	screen, _ := stdout.(*os.File)
	return func(vm *luasock.VM, r *luatest.Result) {
		fmt.Fprintf(stdout, "\n%s has failed:\n\n%s\n", r.Name(), luatest.FailureText(r, colors(stdout)))
		repl.Run(vm, repl.Options{In: stdin, Out: screen, Banner: "its sockets are still open; .help explains, Ctrl-D goes on with the tests"})
	}
}

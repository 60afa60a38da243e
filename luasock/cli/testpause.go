package cli

import (
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
	"sockscript/luasock/repl"
)

// pauseAt shows a test that has failed, and prompts in its VM, while its sockets
// are still open. prompting is set meanwhile.
func pauseAt(stdin *os.File, stdout io.Writer, prompting *atomic.Bool) func(vm *luasock.VM, r *luatest.Result) {
	screen, _ := stdout.(*os.File)
	return func(vm *luasock.VM, r *luatest.Result) {
		prompting.Store(true)
		defer prompting.Store(false)
		fmt.Fprintf(stdout, "\n%s has failed:\n\n%s\n", r.Name(), luatest.FailureText(r, colors(stdout)))
		repl.Run(vm, repl.Options{In: stdin, Out: screen, Banner: "its sockets are still open; .help explains, Ctrl-D goes on with the tests"})
	}
}

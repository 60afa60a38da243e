package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
)

// pauseAt shows a test that has failed, and waits until the person presses Enter.
// Its sockets stay open meanwhile.
func pauseAt(stdin *os.File, stdout io.Writer) func(vm *luasock.VM, r *luatest.Result) {
	lines := bufio.NewReader(stdin)
	return func(_ *luasock.VM, r *luatest.Result) {
		fmt.Fprintf(stdout, "\n%s has failed:\n\n%s\nits sockets are still open; Enter goes on\n", r.Name(), luatest.FailureText(r, colors(stdout)))
		lines.ReadString('\n')
	}
}

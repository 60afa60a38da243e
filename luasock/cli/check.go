package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"sockscript/luasock"
	"sockscript/luasock/check"
	"sockscript/luasock/sock"
)

const checkUsage = `usage: sockscript check path…

Looks for mistakes in Lua files, and in the *.lua files in and below folders,
without running them: what is no Lua, globals that nobody assigns, and names
that the modules of sockscript and their objects do not have. '-' is standard
input.

Prints file:line:column: what is wrong. Exit status: 0 when nothing was found, 1
when something was, 2 when a file cannot be read; the others are checked.
`

// checkFiles is the subcommand check.
func checkFiles(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	paths, status, done := arguments("check", checkUsage, args, stdout, stderr)
	if done {
		return status
	}
	if len(paths) == 0 {
		return wrongUsage(stderr, errors.New("check needs a file or folder"))
	}
	vm, err := newVM(luasock.Options{Stderr: stderr})
	if err != nil {
		return fail(stderr, err)
	}
	defer vm.Close()
	c := check.New(vm)
	status = exitOK
	for _, path := range paths {
		addPath(c, path, stdin, func(name string, err error) {
			fmt.Fprintf(stderr, "sockscript: cannot read %s: %s\n", name, sock.Reason(err))
			status = exitUsage
		})
	}
	findings := c.Findings()
	for _, f := range findings {
		fmt.Fprintln(stdout, f)
	}
	if len(findings) > 0 && status == exitOK {
		return exitError
	}
	return status
}

func addPath(c *check.Checker, path string, stdin io.Reader, fails func(name string, err error)) {
	if path != "-" {
		c.Path(path, fails)
		return
	}
	source, err := io.ReadAll(stdin)
	if err != nil {
		fails("standard input", err)
		return
	}
	c.Add("stdin", source)
}

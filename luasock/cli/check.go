package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"sockscript/luasock"
	"sockscript/luasock/check"
)

const checkUsage = `usage: sockscript check path…

Looks for mistakes in Lua files, and in the *.lua files in and below folders,
without running them: what is no Lua, globals that nobody assigns, and names
that the modules of sockscript and their objects do not have. '-' is standard
input.

Prints file:line:column: what is wrong. Exit status: 0 when nothing was found, 1
when something was, 2 when a path cannot be read.
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
	for _, path := range paths {
		if err := addPath(c, path, stdin); err != nil {
			fmt.Fprintf(stderr, "sockscript: cannot read %s: %s\n", path, reason(err))
			return exitUsage
		}
	}
	findings := c.Findings()
	for _, f := range findings {
		fmt.Fprintln(stdout, f)
	}
	if len(findings) > 0 {
		return exitError
	}
	return exitOK
}

func addPath(c *check.Checker, path string, stdin io.Reader) error {
	if path != "-" {
		return c.Path(path)
	}
	source, err := io.ReadAll(stdin)
	if err == nil {
		c.Add("stdin", source)
	}
	return err
}

// Command sockscript runs Lua programs that talk to sockets.
package main

import (
	"os"

	"sockscript/luasock/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Package lualib holds the Lua libraries that scripts see in place of
// gopher-lua's own: the same names with the meaning that the Lua 5.1 manual
// gives them, and what protocol work needs from later versions. It knows Lua,
// and no sockets.
package lualib

import (
	"io"
	"os/exec"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// Options is what the libraries need from the VM that they are opened in.
type Options struct {
	// Interrupt, when set to true by any goroutine, makes a running pattern
	// match or sort raise "interrupted!". It is polled every so many steps. Nil:
	// only the Lua state's context interrupts.
	Interrupt *atomic.Bool
	// Post runs fn on the goroutine that runs Lua, soon. Any goroutine may call
	// it. What must be undone in Lua when the collector finds something
	// unreachable goes through it. Nil: nothing is undone.
	Post func(fn func())
	// Await calls fn, which may block the thread, and returns when it has; others
	// may run Lua meanwhile. When the wait is cut short it raises a Lua error in L,
	// though fn still runs. Nil: fn is just called.
	Await func(L *lua.LState, fn func())
	// Strerror is the system's text for an errno. Nil: Go's.
	Strerror func(errno int) string
	// Exit ends the program for os.exit. Nil: os.Exit.
	Exit func(L *lua.LState, code int)
	// Stdin is what io.read reads. Nil: os.Stdin, on another goroutine.
	Stdin Input
	// Stdout is where print and io.write go. Nil: os.Stdout.
	Stdout io.Writer
	// Stderr is where io.stderr writes. Nil: os.Stderr.
	Stderr io.Writer
	// Command, if set, is told of each command of os.execute and io.popen before it
	// starts, and may change it: its Stdin, Stdout and Stderr are the process's own.
	Command func(*exec.Cmd)
}

// library opens one library into the globals of L.
type library struct {
	name string
	open func(m *machine, L *lua.LState)
}

// libraries is the list of all, in the order in which they are opened.
var libraries = []library{
	{"package", openPackage},
	{"base", openBase},
	{"table", openTable},
	{"io", openIO},
	{"os", openOS},
	{"math", openMath},
	{"debug", openDebug},
	{"string", openString},
	{"coroutine", openCoroutine},
	{"utf8", openUTF8},
	{"bit", openBit},
	{"bytes", openBytes},
	{"json", openJSON},
}

// Open opens every library in L.
func Open(L *lua.LState, env *bind.Env, o Options) {
	m := newMachine(L, env, o)
	for _, lib := range libraries {
		lib.open(m, L)
	}
}

package luasock

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/lualib"
	"sockscript/luasock/sock"
)

// modules is the one list of the modules that scripts see. Each is a global
// and what require returns for its name.
var modules = []*bind.Module{
	socketModule,
	taskModule,
	httpModule,
}

// Options say how a VM behaves. The zero Options are a program's.
type Options struct {
	// Stderr is where the errors of tasks that nobody joins are printed, and where
	// io.stderr and socket.STDERR write; os.Stderr when nil.
	Stderr io.Writer
	// KeepErrors says that the errors of tasks that nobody joins are not printed: the
	// host takes them with Unjoined.
	KeepErrors bool
	// Stdout is where print, io.write and socket.STDOUT write; os.Stdout when nil.
	// Of Open and Preload only socket.STDOUT does.
	Stdout io.Writer
	// Stdin is what io.read and socket.STDIN read, on a goroutine of its own;
	// os.Stdin when nil. The error EAGAIN says that nothing has come; whoever still
	// waits reads again. Of Open and Preload only socket.STDIN does.
	Stdin io.Reader
	// Command, if set, is told of each command of os.execute and io.popen before it
	// starts, and may change it: its Stdin, Stdout and Stderr are the process's own,
	// not those of the Options. Of Open and Preload it is not told.
	Command func(*exec.Cmd)
	// Typist, if set, is called when an interact begins, on the loop's goroutine. If
	// next is not nil, it waits for what a person types next, in place of the keys
	// of standard input: p is sent, then interact is over unless there may be more;
	// io.EOF tells the peer that no more is sent. A cancel of the task must end its
	// wait. done is called at the end of the interact.
	Typist func() (next func() (p []byte, more bool, err error), done func())
	// Exit is what os.exit does; os.Exit when nil. A host that embeds the VM and
	// wants to outlive it sets its own, which need not return; if it does, the
	// script is ended all the same, and all that is left to do is to Close the VM.
	// Open and Preload put it into the state's os library only when it is set.
	Exit func(code int)
	// Observe, if set, is told of every call on every socket when it ends, with
	// the bytes that moved. It runs between two steps of the script and must not
	// wait. Package trace has observers.
	Observe func(sock.Event)
}

// VM is a Lua state with the modules of this package, and the event loop that
// runs it. It belongs to one goroutine, the one that calls Lua; others may
// call Interrupt and Post only.
type VM struct {
	L *lua.LState

	options   Options
	loop      *loop.Loop
	net       *sock.Net
	streams   *streamHost
	env       *bind.Env
	threads   []*lualib.Runner // idle ones, for tasks and protected calls
	main      *Task
	failed    []*Task // the first that ended by an error and that nobody has joined
	unjoined  int     // how many there are
	ownsL     bool
	closed    bool
	running   int             // how many calls of within there are, one inside the other
	closing   bool            // the last of them is to close the VM
	libraries int             // how many of the open modules are Lua's libraries
	headers   *lua.LTable     // the metatable of HTTP headers; nil until there are some
	life      context.Context // ends with the VM; nil until something needs it
	die       context.CancelCauseFunc
	atClose   []func() // what Close calls first

	interrupt atomic.Bool // a match or a sort is to end
}

// New makes a Lua state with all of its libraries and the modules of this
// package. Close frees it.
func New(o Options) (*VM, error) {
	L := lua.NewState(lualib.VMOptions())
	vm, err := newVM(L, o)
	if err != nil {
		L.Close()
		return nil, err
	}
	vm.ownsL = true
	lualib.Open(L, vm.env, lualib.Options{
		Interrupt: &vm.interrupt,
		Post:      func(fn func()) { vm.loop.Post(fn) },
		Await:     vm.await,
		Strerror:  sock.Strerror,
		Exit:      vm.exit,
		Stdin:     keyboard{vm},
		Stdout:    o.Stdout,
		Stderr:    o.Stderr,
		Command:   o.Command,
	})
	vm.libraries = len(vm.env.Modules())
	vm.openModules()
	return vm, nil
}

// await has fn run on another goroutine while the current task waits, and raises
// in L what cuts the wait short.
func (vm *VM) await(L *lua.LState, fn func()) {
	run := func(context.Context) (struct{}, error) {
		fn()
		return struct{}{}, nil
	}
	if _, err := loop.Await(vm.loop, loop.Why{Op: "outside work"}, time.Time{}, run); err != nil {
		L.Error(judge(err).Raise, 0)
	}
}

// Open adds the modules to a host's own Lua state, as globals and for require.
// The state's libraries stay as they are, but for os.exit when o.Exit is set:
// their pcall catches what lualib's does not, the end of the VM among it, and
// their files cannot be passed to other processes. A context that the host sets
// on L ends loops, not waits; Interrupt ends waits.
// Close frees what Open made, not L.
func Open(L *lua.LState, o Options) (*VM, error) {
	vm, err := newVM(L, o)
	if err != nil {
		return nil, err
	}
	vm.openModules()
	if o.Exit != nil {
		vm.replaceExit()
	}
	return vm, nil
}

// Preload is Open without the globals: scripts say require "socket".
func Preload(L *lua.LState, o Options) (*VM, error) {
	if pkg, ok := L.GetGlobal("package").(*lua.LTable); !ok || pkg.RawGetString("preload").Type() != lua.LTTable {
		return nil, errors.New("luasock: Preload needs the library package to be open in L")
	}
	vm, err := newVM(L, o)
	if err != nil {
		return nil, err
	}
	for _, m := range modules {
		vm.PreloadModule(m, nil)
	}
	if o.Exit != nil {
		vm.replaceExit()
	}
	return vm, nil
}

func newVM(L *lua.LState, o Options) (*VM, error) {
	l, err := loop.New()
	if err != nil {
		return nil, err
	}
	if o.Stderr == nil {
		o.Stderr = os.Stderr
	}
	if o.Exit == nil {
		o.Exit = os.Exit
	}
	vm := &VM{L: L, options: o, loop: l, net: sock.New(l), streams: newStreamHost(l)}
	vm.net.Observe = o.Observe
	vm.env = bind.NewEnv(vm, judge)
	vm.main = &Task{vm: vm, task: l.Main()}
	l.Main().Name, l.Main().Value = "main chunk", vm.main
	l.Main().Where = vm.main.where
	l.Switching, l.Switched = vm.switching, vm.switched
	l.MayLeave = vm.mayLeave
	return vm, nil
}

// openModule makes a module's table.
func (vm *VM) openModule(m *bind.Module) *lua.LTable {
	t := vm.env.Open(vm.L, m)
	if m == socketModule {
		vm.openStandardStreams(t)
	}
	return t
}

// openModules makes the modules globals, and what require returns.
func (vm *VM) openModules() {
	for _, m := range modules {
		vm.OpenModule(m)
	}
	vm.L.SetGlobal("help", vm.env.Function(vm.L, bind.Globals, &helpRow))
}

// OpenModule makes a module a global, and what require returns for its name.
// The module's rows find the VM by Call.Host. It returns the module's table.
func (vm *VM) OpenModule(m *bind.Module) *lua.LTable {
	L, t := vm.L, vm.openModule(m)
	L.SetGlobal(m.Name, t)
	if loaded, ok := L.GetField(L.Get(lua.RegistryIndex), "_LOADED").(*lua.LTable); ok {
		loaded.RawSetString(m.Name, t)
	}
	return t
}

// PreloadModule has require open the module when a script asks for its name.
// What finish makes of the module's table is what require returns; nil leaves
// the table as it is. Library package must be open in L.
func (vm *VM) PreloadModule(m *bind.Module, finish func(t *lua.LTable) lua.LValue) {
	vm.L.PreloadModule(m.Name, func(L *lua.LState) int {
		v := lua.LValue(vm.openModule(m))
		if finish != nil {
			v = finish(v.(*lua.LTable))
		}
		L.Push(v)
		return 1
	})
}

package luasock

import (
	"errors"
	"fmt"
	"io"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/lualib"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// mostIdle is how many Lua threads are kept for the next task.
const mostIdle = 1024

// hostOf is the VM whose function is called.
func hostOf(c bind.Call) *VM { return c.Host().(*VM) }

// Loop is the event loop that runs the VM's tasks.
func (vm *VM) Loop() *loop.Loop { return vm.loop }

// Net is where the VM's sockets are made.
func (vm *VM) Net() *sock.Net { return vm.net }

// Env is where the rows of the VM's functions and methods are found.
func (vm *VM) Env() *bind.Env { return vm.env }

// Post has fn called on the VM's goroutine, soon, between two steps of a
// script. fn must not block. Any goroutine may call it; it reports false when
// the VM is closed.
func (vm *VM) Post(fn func()) bool { return vm.loop.Post(fn) }

// Interrupt cancels every task, the main chunk among them, with the reason as
// the error. A pattern match or a sort under way raises "interrupted!". It ends
// waits; a loop of Lua that never waits ends only with a context on L, which makes
// all of Lua slower by a third. Any goroutine may call it.
func (vm *VM) Interrupt(reason string) {
	vm.interrupt.Store(true)
	vm.Post(func() {
		vm.interrupt.Store(false)
		err := &cancelled{lua.LString(reason)}
		for _, t := range vm.loop.Tasks() {
			if t, ok := t.Value.(*Task); ok {
				t.stop(err)
			}
		}
		vm.main.stop(err)
	})
}

// Cancel has the call in which a task, or the main chunk, waits, or its next that
// would, raise the reason. Other tasks go on.
func (vm *VM) Cancel(t *loop.Task, reason string) {
	if t, ok := t.Value.(*Task); ok {
		t.stop(&cancelled{lua.LString(reason)})
	}
}

// Wait runs the VM until every task has ended. The error is a *loop.Deadlock
// when they wait and nothing can wake one, an *Error when one was ended by an
// error and nobody joined it (which was printed when it happened, and is
// returned once), or the
// reason of an Interrupt.
func (vm *VM) Wait() error { return vm.within(vm.wait) }

func (vm *VM) wait() error {
	if err := vm.loop.Run(); err != nil {
		return err
	}
	failed, n := vm.failed, vm.unjoined
	vm.failed, vm.unjoined = nil, 0
	switch {
	case n == 0:
		return nil
	case len(failed) == 0:
		return &Error{Task: "?", Value: lua.LString("one of many tasks has failed")}
	}
	t := failed[0]
	return &Error{Task: t.String(), Value: t.err, Traceback: t.trace, text: vm.errorText(t.err)}
}

// within runs what runs Lua. When that has closed the VM, it is closed then.
func (vm *VM) within(run func() error) error {
	if vm.closed || vm.closing {
		return ErrClosed
	}
	vm.running++
	err := func() error {
		defer func() { vm.running-- }()
		return run()
	}()
	if !vm.closing || vm.running > 0 {
		return err
	}
	vm.Close()
	return ErrClosed
}

// Close ends every task, closes every socket and frees the VM. The Lua state
// is closed with it if New made it. Closing twice does nothing. A function that Do
// or Wait has called may call it too, so may one of Post: the next call that waits
// then ends the script, and Do closes the VM before it returns ErrClosed.
func (vm *VM) Close() error {
	if vm.closed {
		return nil
	}
	if vm.running > 0 {
		vm.closing = true
		vm.kill()
		return nil
	}
	vm.runAtClose()
	vm.closed = true
	err := vm.loop.Close()
	if vm.die != nil {
		vm.die(ErrClosed)
	}
	vm.streams.group.Close()
	vm.net.Close()
	vm.env.Close()
	if vm.ownsL {
		lualib.Close(vm.L)
		vm.L.Close()
	}
	return err
}

// Error is a Lua error that ended a task or a chunk.
type Error struct {
	Task      string // its name; "" for a chunk
	Value     lua.LValue
	Traceback string // of the Lua lines
	text      string // of the Value, where its metatable gives one
}

func (e *Error) Error() string {
	text := e.text
	if text == "" {
		text = errorText(e.Value)
	}
	if e.Task == "" {
		return text
	}
	return "task " + e.Task + ": " + text
}

// SyntaxError is the error of source that Lua does not accept. Show gives it with
// the line, and a caret under the place.
type SyntaxError = lualib.SyntaxError

// Load compiles a chunk of Lua. The name, for messages, is "@file", "=name" or
// the source itself. A first line that begins with # is skipped. The error is a
// *SyntaxError.
func (vm *VM) Load(source []byte, name string) (*lua.LFunction, error) {
	if vm.closed {
		return nil, ErrClosed
	}
	return lualib.Load(vm.L, source, name)
}

// ErrEnded is what Do returns of a script that called os.exit, when the host's
// Options.Exit has returned.
var ErrEnded = errors.New("the script has ended itself")

// ErrClosed is what Do, Wait and Load return of a VM that has been closed.
var ErrClosed = errors.New("the VM is closed")

// Do runs a function of L's as the main chunk and then Waits for the tasks. It
// returns an *Error when the chunk raised one.
func (vm *VM) Do(fn *lua.LFunction, args ...lua.LValue) error {
	return vm.within(func() error { return vm.do(fn, args) })
}

func (vm *VM) do(fn *lua.LFunction, args []lua.LValue) error {
	_, failure := lualib.PCall(vm.L, fn, args...)
	if failure == nil {
		return vm.wait()
	}
	if failure.Object == bind.Kill {
		return ErrEnded
	}
	return &Error{Value: failure.Object, Traceback: failure.StackTrace, text: vm.errorText(failure.Object)}
}

// borrow gives a Lua thread for a task.
func (vm *VM) borrow() *lualib.Runner {
	if n := len(vm.threads); n > 0 {
		r := vm.threads[n-1]
		vm.threads = vm.threads[:n-1]
		r.Use(vm.L)
		return r
	}
	return lualib.NewRunner(vm.L)
}

// giveBack keeps a thread for the next task. One on which an error happened is
// left to the collector.
func (vm *VM) giveBack(r *lualib.Runner) {
	if len(vm.threads) < mostIdle {
		vm.threads = append(vm.threads, r)
	}
}

// rethrow raises an error that a protected call returned, in the caller.
func rethrow(c bind.Call, failure *lua.ApiError) {
	c.L.Error(failure.Object, 0)
}

// cancelled is the error of a cancelled task: what its wait raises.
type cancelled struct{ reason lua.LValue }

func (e *cancelled) Error() string { return errorText(e.reason) }

// judge says what a Go error is to Lua: the script's mistakes and what ends a
// task are raised, what the world refuses is returned.
func judge(err error) bind.Verdict {
	var (
		stop  *cancelled
		dead  *loop.Deadlock
		host  *sock.HostError
		info  sock.EAI
		errno unix.Errno
		web   httpError
		inTLS *stream.TLSError
	)
	switch {
	case errors.As(err, &stop):
		return bind.Verdict{Raise: stop.reason}
	case errors.As(err, &dead):
		return bind.Verdict{Raise: lua.LString(dead.Error())}
	case errors.Is(err, loop.ErrKilled):
		return bind.Verdict{Raise: bind.Kill}
	case errors.Is(err, loop.ErrExpired):
		return bind.Verdict{Raise: lua.LString("timeout")}
	case errors.Is(err, loop.ErrOutside):
		return bind.Verdict{Raise: lua.LString(err.Error())}
	case errors.As(err, &web):
		return bind.Verdict{Message: web.text, Errno: web.errno}
	case errors.Is(err, loop.ErrTimeout):
		return bind.Verdict{Message: "timeout", Errno: int(unix.ETIMEDOUT)}
	case errors.Is(err, io.EOF):
		return bind.Verdict{Message: "closed"}
	case errors.Is(err, sock.ErrClosedUnder), errors.Is(err, sock.ErrClosed):
		return bind.Verdict{Message: "socket is closed", Errno: int(unix.EBADF)}
	case errors.As(err, &host):
		return bind.Verdict{Message: sock.Strerror(host.Code), Errno: host.Code}
	case errors.As(err, &info):
		return bind.Verdict{Message: info.Error(), Errno: int(info)}
	case errors.As(err, &inTLS):
		return bind.Verdict{Message: tlsMessage(inTLS)}
	case errors.As(err, &errno):
		return bind.Verdict{Message: sock.Strerror(int(errno)), Errno: int(errno)}
	}
	return bind.Verdict{Message: err.Error()}
}

// errorText is an error value as people read it.
func errorText(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString, lua.LNumber:
		return v.String()
	case nil:
		return "unknown error"
	}
	return fmt.Sprintf("(error object is a %s value)", v.Type())
}

// errorText is errorText, or what __tostring in the value's metatable gives.
func (vm *VM) errorText(v lua.LValue) string {
	if v == nil {
		return errorText(v)
	}
	fn, ok := vm.L.GetMetaField(v, "__tostring").(*lua.LFunction)
	if _, text := v.(lua.LString); text || !ok {
		return errorText(v)
	}
	r := vm.borrow()
	results, failure := r.Run(fn, v)
	if failure != nil {
		return errorText(v)
	}
	vm.giveBack(r)
	if len(results) > 0 {
		if text, ok := bind.Text(results[0]); ok {
			return text
		}
	}
	return errorText(v)
}

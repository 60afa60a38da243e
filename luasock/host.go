package luasock

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/loop"
	"sockscript/luasock/lualib"
)

// Go starts a function of the host's as a task, which task.current and the
// reports know under the name. L is the task's Lua thread, for Call; calls may
// nest on it as deep as in a main chunk.
func (vm *VM) Go(name string, fn func(L *lua.LState)) *loop.Task {
	return vm.start(vm.loop.Go, name, fn)
}

// Background is Go for a task that serves the script: Wait does not wait for it.
func (vm *VM) Background(name string, fn func(L *lua.LState)) *loop.Task {
	return vm.start(vm.loop.Background, name, fn)
}

func (vm *VM) start(begin func(string, func()) *loop.Task, name string, fn func(L *lua.LState)) *loop.Task {
	t := &Task{vm: vm, name: name}
	t.task = begin(name, func() {
		t.ran = true
		fn(lualib.NewThread(vm.L, lualib.MainDepth))
		t.at = nil
	})
	t.task.Label, t.task.Value, t.task.Where = t, t, t.where
	return t.task
}

// Call calls a Lua function in the thread of Go, or of a row's Call, and returns
// its results, or the *Error that it raised. The Error's value is bind.Kill when
// the task was killed: whoever gets that returns soon.
func (vm *VM) Call(L *lua.LState, fn lua.LValue, args ...lua.LValue) ([]lua.LValue, error) {
	results, failure := lualib.PCall(L, fn, args...)
	if failure == nil {
		return results, nil
	}
	return nil, &Error{Value: failure.Object, Traceback: failure.StackTrace}
}

// Unjoined takes the errors of the group's tasks (loop.Task.Group) that nobody
// has joined, oldest first. Wait does not return them any more.
func (vm *VM) Unjoined(group any) []*Error {
	var errors []*Error
	var others []*Task
	for _, t := range vm.failed {
		if t.task.Group != group {
			others = append(others, t)
			continue
		}
		errors = append(errors, &Error{Task: t.String(), Value: t.err, Traceback: t.trace})
		t.unjoined = false
		vm.unjoined--
	}
	vm.failed = others
	return errors
}

// AtClose has fn called when the VM is closed, while its tasks still run, so
// that fn may wait. What was given last is called first.
func (vm *VM) AtClose(fn func()) { vm.atClose = append(vm.atClose, fn) }

// runAtClose calls what AtClose was given.
func (vm *VM) runAtClose() {
	for n := len(vm.atClose); n > 0; n = len(vm.atClose) {
		fn := vm.atClose[n-1]
		vm.atClose = vm.atClose[:n-1]
		fn()
	}
}

package luatest

import (
	"sync"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
)

// popened is what io.popen has started.
type popened struct {
	made
	text string
	file lua.LValue
	wait sync.Once
	over chan struct{} // closed when it has ended, once reap was called
}

// noteCommands has io.popen note what it starts.
func (f *file) noteCommands() {
	L := f.vm.L
	library, ok := L.GetGlobal("io").(*lua.LTable)
	if !ok {
		return
	}
	popen := library.RawGetString("popen")
	library.RawSetString("popen", L.NewFunction(func(L *lua.LState) int {
		text := L.Get(1)
		L.Insert(popen, 1)
		L.Call(L.GetTop()-1, lua.MultRet)
		if luasock.CommandOf(L.Get(1)) != nil {
			f.vm.Env().Running = L
			source, line := f.vm.Position()
			s := currentOf(f.vm)
			s.commands = append(s.commands, &popened{made: made{source, line}, text: lua.LVAsString(text), file: L.Get(1), over: make(chan struct{})})
		}
		return L.GetTop()
	}))
}

// leftCommands are those whose file the scope has not closed and that do not end
// soon.
func (f *file) leftCommands(s *scope) []*popened {
	var left []*popened
	late := time.Now().Add(patience)
	for _, c := range s.commands {
		if luasock.CommandOf(c.file) == nil {
			continue
		}
		ended := false
		f.stretch(s, "waiting for a command", 0, func(L *lua.LState) {
			f.vm.Await(L, func() { ended = c.endsBefore(late) })
		})
		if !ended {
			left = append(left, c)
		}
	}
	return left
}

// endsBefore waits for the command to end. Any goroutine may call it.
func (c *popened) endsBefore(late time.Time) bool {
	c.reap()
	select {
	case <-c.over:
		return true
	case <-time.After(time.Until(late)):
		return false
	}
}

// reap takes the command's status when it ends, without waiting for that.
func (c *popened) reap() {
	c.wait.Do(func() {
		cmd := luasock.CommandOf(c.file)
		go func() {
			cmd.Wait()
			close(c.over)
		}()
	})
}

// end kills the command, and closes its file, if that is open still.
func (c *popened) end() {
	if luasock.CommandOf(c.file) != nil {
		c.reap()
		luasock.EndCommand(c.file)
	}
}

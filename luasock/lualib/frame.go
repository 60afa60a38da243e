package lualib

import (
	"fmt"
	"iter"
	"reflect"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
)

// callFrame is gopher-lua's callFrame, field by field: a test compares them. It
// is not exported, and the program counter in it is where the names in messages
// come from.
type callFrame struct {
	Idx        int // from the bottom of its thread, from 0
	Fn         *lua.LFunction
	Parent     *callFrame
	Pc         int // of the next instruction
	Base       int
	LocalBase  int // where register 0 is
	ReturnBase int
	NArgs      int
	NRet       int
	TailCall   int // how many calls it replaced
}

// frameOf gives the frame behind what GetStack gave.
func frameOf(d *lua.Debug) *callFrame {
	return (*callFrame)(reflect.ValueOf(d).Elem().FieldByName("frame").UnsafePointer())
}

// topFrame is the frame of the function that L runs; nil when it runs nothing.
func topFrame(L *lua.LState) *callFrame {
	return *(**callFrame)(unsafe.Add(unsafe.Pointer(L), currentFrame))
}

// currentFrame is where in an LState gopher-lua has the frame of the function that
// it runs.
var currentFrame = func() uintptr {
	field, _ := reflect.TypeFor[lua.LState]().FieldByName("currentFrame")
	return field.Offset
}()

// goOn runs the Lua function in whose frame L stands, from where it stands, until
// the first function on L has returned.
func goOn(L *lua.LState) {
	(*(*func(*lua.LState, *callFrame))(unsafe.Add(unsafe.Pointer(L), mainLoop)))(L, nil)
}

// mainLoop is where in an LState gopher-lua has its interpreter's loop, with or
// without a look at the context.
var mainLoop = func() uintptr {
	field, _ := reflect.TypeFor[lua.LState]().FieldByName("mainLoop")
	return field.Offset
}()

// pc is the instruction that the frame executes.
func (f *callFrame) pc() int { return f.Pc - 1 }

// instruction is the one that the frame, of a Lua function, executes.
func (f *callFrame) instruction() instruction { return instruction(f.Fn.Proto.Code[f.pc()]) }

// line is the current line of a Lua function.
func (f *callFrame) line() int {
	if lines := f.Fn.Proto.DbgSourcePositions; f.pc() >= 0 && f.pc() < len(lines) {
		return lines[f.pc()]
	}
	return f.Fn.Proto.LineDefined
}

// position is "file:line: " of a Lua function, "" of a Go function.
func (f *callFrame) position() string {
	if f.Fn.IsG {
		return ""
	}
	return fmt.Sprintf("%s:%d: ", f.Fn.Proto.SourceName, f.line())
}

// isGuard tells the frames that are not of any script: see thread.run.
func (f *callFrame) isGuard() bool { return f.Fn.IsG && f.Fn.Env == guardEnv }

// guardEnv is the environment of guards, which have no use for one.
var guardEnv = &lua.LTable{Metatable: lua.LNil}

// level is one of the levels that Lua counts: a call, or one that was replaced
// by a tail call, of which nothing is left.
type level struct {
	*callFrame
	L    *lua.LState // the thread that it is on
	tail bool
}

// levels goes from the function that L runs outward, through the threads that
// wait for it, to the bottom of the main chunk, the task or the coroutine.
func levels(L *lua.LState) iter.Seq[level] {
	return func(yield func(level) bool) {
		for ; L != nil; L = L.Parent {
			for f := topFrame(L); f != nil; f = f.Parent {
				if f.isGuard() {
					continue
				}
				if !yield(level{f, L, false}) {
					return
				}
				for range f.TailCall {
					if !yield(level{f, L, true}) {
						return
					}
				}
			}
		}
	}
}

// Position is the line of Lua at which a thread stands: that of the innermost
// function that is written in Lua, on this thread or one that waits for it. "",
// 0 when there is none.
func Position(L *lua.LState) (source string, line int) {
	for ; L != nil; L = L.Parent {
		for f := topFrame(L); f != nil; f = f.Parent {
			if !f.Fn.IsG {
				return f.Fn.Proto.SourceName, f.line()
			}
		}
	}
	return "", 0
}

// levelAt gives level n; level 0 is the function that L runs.
func levelAt(L *lua.LState, n int) (level, bool) {
	for l := range levels(L) {
		if n == 0 {
			return l, true
		}
		n--
	}
	return level{}, false
}

// where is "file:line: " of a level, "" when there is no line to name.
func where(L *lua.LState, n int) string {
	if l, ok := levelAt(L, n); ok && !l.tail {
		return l.position()
	}
	return ""
}

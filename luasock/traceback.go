package luasock

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// position is the line of Lua at which a thread stands: that of the innermost
// function that is written in Lua. "", 0 when there is none.
func position(L *lua.LState) (source string, line int) {
	for level := 0; ; level++ {
		dbg, ok := L.GetStack(level)
		if !ok {
			return "", 0
		}
		if _, err := L.GetInfo("Sl", dbg, lua.LNil); err == nil && dbg.CurrentLine > 0 {
			return dbg.Source, dbg.CurrentLine
		}
	}
}

// traceback is the stack of an error in Lua's lines.
func traceback(failure *lua.ApiError) string {
	lines := strings.Split(failure.StackTrace, "\n")
	kept := lines[:0]
	for _, line := range lines {
		if strings.HasPrefix(line, "\t[G]: ?") {
			continue
		}
		line = strings.Replace(line, "\t[G]:", "\t[C]:", 1)
		kept = append(kept, strings.Replace(line, "corountine", "coroutine", 1))
	}
	return strings.Join(kept, "\n")
}

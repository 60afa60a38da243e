package lualib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// What a long traceback keeps of its top and of its bottom.
const (
	traceTop    = 12
	traceBottom = 10
)

// Traceback is the call stack of L in the form of PUC Lua, under the message if
// there is one. Level 0 is the function that L runs. Threads that wait for L
// belong to it; of a coroutine, what resumed it does not.
func Traceback(L *lua.LState, message string, from int) string {
	var lines []string
	total, tail := 0, []string(nil)
	base := L
	for base.Parent != nil {
		base = base.Parent
	}
	keep := func(line string) {
		if total++; total <= traceTop {
			lines = append(lines, line)
			return
		}
		tail = append(tail, line)
		if len(tail) > 2*traceBottom {
			tail = append(tail[:0], tail[len(tail)-traceBottom:]...)
		}
	}
	for l := range levels(L) {
		if from--; from < 0 {
			keep("\n\t" + l.describe())
		}
	}
	if machineOf(L).workers[base] == nil {
		keep("\n\t[C]: ?")
	}
	if total > traceTop+traceBottom {
		tail = append([]string{"\n\t..."}, tail[len(tail)-traceBottom:]...)
	}
	if message != "" {
		message += "\n"
	}
	return message + "stack traceback:" + strings.Join(lines, "") + strings.Join(tail, "")
}

// describe is a level as a traceback shows it.
func (l level) describe() string {
	if l.tail {
		return "(tail call): ?"
	}
	place := "[C]:"
	if !l.Fn.IsG {
		place = strings.TrimSuffix(l.position(), " ")
	}
	if _, name := l.callName(); name != "" {
		return fmt.Sprintf("%s in function '%s'", place, name)
	}
	switch {
	case l.Fn.IsG:
		return place + " ?"
	case l.Fn.Proto.LineDefined == 0:
		return place + " in main chunk"
	}
	return fmt.Sprintf("%s in function <%s:%d>", place, l.Fn.Proto.SourceName, l.Fn.Proto.LineDefined)
}

// callName says by what name the caller called the function.
func (f *callFrame) callName() (what, name string) {
	caller := f.Parent
	if caller == nil || caller.Fn.IsG || f.TailCall > 0 && !f.Fn.IsG {
		return "", ""
	}
	p, pc := caller.Fn.Proto, caller.pc()
	if pc < 0 {
		return "", ""
	}
	switch i := instruction(p.Code[pc]); i.op() {
	case lua.OP_CALL, lua.OP_TAILCALL, lua.OP_TFORLOOP:
		return nameOf(p, pc, i.a())
	}
	return "", ""
}

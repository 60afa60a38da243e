package php

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// PHP's error levels that occur here.
const (
	eError      = 1
	eWarning    = 2
	eNotice     = 8
	eDeprecated = 8192
	eAll        = 32767
)

// levelNames are the names that PHP prints.
var levelNames = map[int]string{eWarning: "Warning", eNotice: "Notice", eDeprecated: "Deprecated"}

var errorRows = []bind.Row{
	row("error_get_last(): ?array", "Gives the last warning, notice or deprecation as {type=, message=}.", errorGetLast),
	row("error_clear_last(): void", "Forgets what error_get_last gives.", errorClearLast),
	row("set_error_handler(?callable $callback, int $error_levels = E_ALL): mixed", "Has callback(errno, message, file, line) called for each warning (2), notice (8) and deprecation (8192), inside silence too. Unless it returns false, nothing is printed and error_get_last does not change. The one before is returned; nil brings PHP's own back.", setErrorHandler),
	row("restore_error_handler(): bool", "Brings the handler before the last set_error_handler back.", restoreErrorHandler),
	own(row("silence(callable $callback, ...$args): mixed", "Calls callback(...) and prints none of its warnings: PHP's operator @. It holds for the task that calls, and returns all that callback returns.", silence)),
}

func errorGetLast(k call) int {
	last := k.state().last
	if last == nil {
		return k.Return(lua.LNil)
	}
	t := k.L.NewTable()
	t.RawSetString("type", bind.Int(last.level))
	t.RawSetString("message", lua.LString(last.message))
	return k.Return(t)
}

func errorClearLast(k call) int {
	k.state().last = nil
	return k.Return(lua.LNil)
}

func setErrorHandler(k call) int {
	st := k.state()
	h := handler{levels: k.optInt(2, eAll)}
	h.fn, _ = k.arg(1).(*lua.LFunction)
	before := lua.LValue(lua.LNil)
	if n := len(st.handlers); n > 0 && st.handlers[n-1].fn != nil {
		before = st.handlers[n-1].fn
	}
	st.handlers = append(st.handlers, h)
	return k.Return(before)
}

func restoreErrorHandler(k call) int {
	st := k.state()
	st.handlers = st.handlers[:max(len(st.handlers)-1, 0)]
	return k.True()
}

func silence(k call) int {
	m, done := k.state().mood()
	m.silent++
	defer func() {
		m.silent--
		done()
	}()
	n := k.L.GetTop()
	k.L.Call(n-1, lua.MultRet)
	return k.L.GetTop()
}

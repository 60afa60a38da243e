package lualib

import lua "github.com/yuin/gopher-lua"

// Traceback is the call stack of L in the form of PUC Lua.
func Traceback(L *lua.LState, message string, level int) string { return message }

// where is the position of the Lua function at the level.
func where(L *lua.LState, level int) string { return "" }

func (m *machine) explain(T *lua.LState, v lua.LValue) lua.LValue { return v }

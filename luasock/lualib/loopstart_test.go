package lualib

import "testing"

// Loops whose bodies begin with a jump; the first two went astray.
func TestLoopsThatBeginWithAJump(t *testing.T) {
	tests := []resultCase{
		{`local b for k, v in ipairs({1}) do if "k" then break end b = b() and 5 end return b`, "nil"},
		{`local n, b = 0 repeat n = n + 1 for k, v in ipairs({1, 2}) do if "k" then break end b = ((function() return k end)() and 5) end until n > 2 return n, b`, "3 nil"},
		{`for k in pairs({1}) do break end return 1`, "1"},
		{`local n = 0 while true do if 1 then break end n = n + 1 end return n`, "0"},
		{`local n = 0 for i = 1, 3 do if nil then break end n = n + i end return n`, "6"},
		{`local n = 0 for i = 1, 3 do do goto next end n = n + 1 ::next:: n = n + 10 end return n`, "30"},
		{`local n = 0 for i = 1, 3 do while false do end n = n + i end return n`, "6"},
		{`local n = 0 while true and n < 3 do n = n + 1 end return n`, "3"},
		{`local n = 0 while true or n do n = n + 1 if n > 2 then break end end return n`, "3"},
		{`local n = 0 repeat if 1 and n > 2 then break end n = n + 1 until false return n`, "3"},
	}
	checkResults(t, tests)
}

package lualib

import (
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

func TestUTF8(t *testing.T) {
	dataCases(t, []dataCase{
		{"utf8.char()", `""`},
		{"utf8.char(72, 228, 8364, 0x10FFFF)", `"Hä€` + "\\U0010ffff" + `"`},
		{"utf8.char(0xD800)", `"\xed\xa0\x80"`},
		{"utf8.charpattern", `"[\x00-\x7f\xc2-\xf4][\x80-\xbf]*"`},
		{`utf8.codepoint("aä€", 1, -1)`, "97, 228, 8364"},
		{`utf8.codepoint("aä€", 2)`, "228"},
		{`utf8.codepoint("aä€", 3, 2)`, ""},
		{`utf8.codepoint("\237\160\128")`, "55296"},
		{`utf8.len("aä€"), utf8.len(""), utf8.len("aä€", 2), utf8.len("aä€", 2, 3)`, "3, 0, 2, 1"},
		{`utf8.len("a\255b")`, "nil, 2"},
		{`utf8.len("aä", 3)`, "nil, 3"},
		{`utf8.len("\237\191\191")`, "1"},
		{`utf8.len("\192\128")`, "nil, 1"},
		{`utf8.len("\244\144\128\128")`, "nil, 1"},
		{`utf8.len(12)`, "2"},
		{`utf8.offset("aä€", 3), utf8.offset("aä€", -1), utf8.offset("aä€", 0, 3), utf8.offset("aä€", 4), utf8.offset("aä€", 5)`, "4, 4, 2, 7, nil"},
		{`utf8.offset("aä€", 2, 2), utf8.offset("aä€", -2), utf8.offset("aä€", -9)`, "4, 2, nil"},
		{`(function() local r = {} for p, c in utf8.codes("aä€") do r[#r+1] = p .. "=" .. c end return table.concat(r, " ") end)()`, `"1=97 2=228 4=8364"`},
		{`(function() for p in utf8.codes("") do return p end end)()`, ""},
		{`require("utf8") == utf8`, "true"},

		{`utf8.char("72", "0x41"), utf8.codepoint("ab", "2"), utf8.offset("ab", " 2 "), utf8.len("ab", "-1")`, `"HA", 98, 2, 1`},
		{"utf8.char(72.5)", "raises: bad argument #1 to 'char' (number has no integer representation)"},
		{"utf8.char(1/0)", "raises: bad argument #1 to 'char' (number has no integer representation)"},
		{`utf8.offset("ab", 1, 0.5)`, "raises: bad argument #3 to 'offset' (number has no integer representation)"},
		{`utf8.codepoint("ab", "x")`, "raises: bad argument #2 to 'codepoint' (number expected, got string)"},
		{"utf8.char(2^60)", "raises: bad argument #1 to 'char' (value out of range)"},
		{"utf8.char(0x110000)", "raises: bad argument #1 to 'char' (value out of range)"},
		{"utf8.char(65, -1)", "raises: bad argument #2 to 'char' (value out of range)"},
		{"utf8.char(65, {})", "raises: bad argument #2 to 'char' (number expected, got table)"},
		{"utf8.codepoint()", "raises: bad argument #1 to 'codepoint' (string expected, got no value)"},
		{`utf8.codepoint("abc", 4)`, "raises: bad argument #3 to 'codepoint' (out of range)"},
		{`utf8.codepoint("abc", -4)`, "raises: bad argument #2 to 'codepoint' (out of range)"},
		{`select("#", utf8.codepoint(("a"):rep(1000000), 1, -1))`, "1000000"},
		{`utf8.codepoint(("a"):rep(1000001), 1, -1)`, "raises: string slice too long"},
		{`utf8.codepoint("a\128", 2)`, "raises: invalid UTF-8 code"},
		{`utf8.len("abc", 5)`, "raises: bad argument #2 to 'len' (initial position out of string)"},
		{`utf8.len("abc", 0)`, "raises: bad argument #2 to 'len' (initial position out of string)"},
		{`utf8.len("abc", 1, 4)`, "raises: bad argument #3 to 'len' (final position out of string)"},
		{`utf8.offset("abc", 1, 5)`, "raises: bad argument #3 to 'offset' (position out of range)"},
		{`utf8.offset("abc", 1, -4)`, "raises: bad argument #3 to 'offset' (position out of range)"},
		{`utf8.offset("ä", 1, 2)`, "raises: initial position is a continuation byte"},
		{`utf8.offset("ä")`, "raises: bad argument #2 to 'offset' (number expected, got no value)"},
		{`(function() for _ in utf8.codes("a\255") do end end)()`, "raises: invalid UTF-8 code"},
		{`(function() for _ in utf8.codes("ab\255") do end end)()`, "raises: invalid UTF-8 code"},
		{`(function() for _ in utf8.codes("\128") do end end)()`, "raises: invalid UTF-8 code"},
		{`(function() for _ in utf8.codes("\195\164\164") do end end)()`, "raises: invalid UTF-8 code"},
		{`(function() for _ in utf8.codes("\228\189") do end end)()`, "raises: invalid UTF-8 code"},
		{"utf8.codes()", "raises: bad argument #1 to 'codes' (string expected, got no value)"},
	})
}

// utf8Chunk tries everything at all positions of some strings. Where 5.4
// differs from 5.3 (surrogates, beyond 10FFFF, texts of some errors) it does
// not look.
const utf8Chunk = `
local out = {}
local function try(name, ...)
	local r = {pcall(utf8[name], ...)}
	for i = 2, 6 do r[i] = r[1] and tostring(r[i]) or "" end
	out[#out+1] = name .. " " .. tostring(r[1]) .. " " .. table.concat(r, " ", 2, 6)
end
local function codes(s)
	local r = {}
	local ok = pcall(function() for p, c in utf8.codes(s) do r[#r+1] = p .. ":" .. c end end)
	out[#out+1] = "codes " .. tostring(ok) .. table.concat(r, " ")
end
local strings = {"", "abc", "a\195\164\226\130\172\240\159\152\128z", "\128", "a\255b", "\195", "\195\164\164", "\192\128",
	"\224\128\128", "\226\130", "\0\0", "\244\143\191\191"}
for _, s in ipairs(strings) do
	-- 5.4.4 overlooks a continuation byte without a beginning, 5.3 does not.
	if s ~= "\128" and s ~= "\195\164\164" then codes(s) end
	for i = -#s - 2, #s + 2 do
		try("codepoint", s, i) try("len", s, i) try("offset", s, i)
		for j = -#s - 2, #s + 2 do
			try("codepoint", s, i, j) try("len", s, i, j) try("offset", s, i, j)
		end
	end
end
return table.concat(out, "\n")`

func TestUTF8Oracle(t *testing.T) {
	want := strings.Split(dataOracle(t, "lua5.4", utf8Chunk), "\n")
	L, _ := dataState(t)
	if err := L.DoString(utf8Chunk); err != nil {
		t.Fatal(err)
	}
	for i, got := range strings.Split(L.Get(-1).String(), "\n") {
		if got != want[i] {
			t.Errorf("line %d: got %s, lua5.4 %s", i, got, want[i])
		}
	}
}

func FuzzUTF8(f *testing.F) {
	for _, s := range []string{"", "abc", "aä€😀", "\xff", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80"} {
		f.Add(s)
	}
	L, _ := dataState(f)
	f.Fuzz(func(t *testing.T, s string) {
		n := dataCall(t, L, "utf8", "len", lua.LString(s))
		if utf8.ValidString(s) && n[0] != lua.LValue(lua.LNumber(utf8.RuneCountInString(s))) {
			t.Fatalf("len(%q) is %v", s, n)
		}
		if n[0] == lua.LNil {
			if at := int(n[1].(lua.LNumber)); utf8.ValidString(s) || at < 1 || at > len(s) {
				t.Fatalf("len(%q) gives nil, %d", s, at)
			}
			return
		}
		codes := dataCall(t, L, "utf8", "codepoint", lua.LString(s), lua.LNumber(1), lua.LNumber(-1))
		if again := dataText(t, L, "utf8", "char", codes...); again != s {
			t.Fatalf("%q comes back as %q", s, again)
		}
	})
}

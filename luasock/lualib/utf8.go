package lualib

import (
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// utf8Module is Lua 5.3's library. As there, surrogates are characters like
// others, and there are none beyond 10FFFF.
var utf8Module = bind.Module{
	Name: "utf8",
	Doc: "UTF-8 text, as in Lua 5.3. Positions and lengths of strings count bytes from 1; " +
		"utf8.charpattern is the pattern of one character.",
	Rows: []bind.Row{
		{Name: "char", Sig: "char(...)", Returns: "string", Fn: utf8Char,
			Doc: "The text made of the given code points, each 0 to 0x10FFFF."},
		{Name: "codes", Sig: "codes(s)", Returns: "function, string, integer", Fn: utf8Codes,
			Doc: "Iterates: for position, code in utf8.codes(s) do. Raises at an invalid byte."},
		{Name: "codepoint", Sig: "codepoint(s [, i=1 [, j=i]])", Returns: "integer ...", Fn: utf8Codepoint,
			Doc: "The code points of the characters that start between the positions i and j."},
		{Name: "len", Sig: "len(s [, i=1 [, j=-1]])", Returns: "integer?, integer? position", Fn: utf8Len,
			Doc: "The number of characters that start between the positions i and j, or nil and the position of the first invalid byte."},
		{Name: "offset", Sig: "offset(s, n [, i])", Returns: "integer?", Fn: utf8Offset,
			Doc: "The position where the n-th character counted from position i starts, or nil; " +
				"n = 0 finds the start of the character that contains position i."},
	},
}

const (
	charPattern = "[\x00-\x7F\xC2-\xF4][\x80-\xBF]*"
	invalidUTF8 = "invalid UTF-8 code"
)

func openUTF8(m *machine, L *lua.LState) {
	m.global(L, &utf8Module).RawSetString("charpattern", lua.LString(charPattern))
}

func utf8Char(c bind.Call) int {
	text := make([]byte, 0, 4*c.N())
	for i := 1; i <= c.N(); i++ {
		code := checkWhole(c, i)
		if code < 0 || code > utf8.MaxRune {
			c.Bad(i, "value out of range")
		}
		text = appendCode(text, rune(code))
	}
	return c.Text(string(text))
}

// utf8Codes returns the iterator, the string and the position before the first.
func utf8Codes(c bind.Call) int {
	return c.Return(c.L.NewFunction(nextCode), lua.LString(checkString(c, 1)), lua.LNumber(0))
}

// nextCode gives the character after the one at a position. Like the original
// it takes string and position from the loop, so that a loop may jump.
func nextCode(L *lua.LState) int {
	s, at := L.CheckString(1), 0
	if n, ok := L.Get(2).(lua.LNumber); ok && n >= 1 {
		at = len(s)
		if n <= lua.LNumber(len(s)) {
			at = int(n)
		}
		for isContinuation(s, at) {
			at++
		}
	}
	if at >= len(s) {
		return 0
	}
	code, size := decodeCode(s[at:])
	if size == 0 || isContinuation(s, at+size) {
		L.Error(lua.LString(invalidUTF8), 1)
	}
	L.Push(bind.Int(at + 1))
	L.Push(bind.Int(int(code)))
	return 2
}

func utf8Codepoint(c bind.Call) int {
	s := checkString(c, 1)
	from := optPosition(c, 2, 1, len(s))
	to := optPosition(c, 3, from, len(s))
	if from < 1 {
		c.Bad(2, "out of range")
	}
	if to > len(s) {
		c.Bad(3, "out of range")
	}
	n := 0
	for at := from - 1; at < to; n++ {
		if n == maxResults {
			c.Raise("string slice too long")
		}
		code, size := decodeCode(s[at:])
		if size == 0 {
			c.Raise(invalidUTF8)
		}
		c.Integer(int(code))
		at += size
	}
	return n
}

func utf8Len(c bind.Call) int {
	s := checkString(c, 1)
	at := optPosition(c, 2, 1, len(s)) - 1
	end := optPosition(c, 3, -1, len(s))
	if at < 0 || at > len(s) {
		c.Bad(2, "initial position out of string")
	}
	if end > len(s) {
		c.Bad(3, "final position out of string")
	}
	n := 0
	for ; at < end; n++ {
		_, size := decodeCode(s[at:])
		if size == 0 {
			return c.Return(lua.LNil, bind.Int(at+1))
		}
		at += size
	}
	return c.Integer(n)
}

func utf8Offset(c bind.Call) int {
	s, n := checkString(c, 1), checkWhole(c, 2)
	start := 1
	if n < 0 {
		start = len(s) + 1
	}
	at := optPosition(c, 3, start, len(s)) - 1
	if at < 0 || at > len(s) {
		c.Bad(3, "position out of range")
	}
	if n != 0 && isContinuation(s, at) {
		c.Raise("initial position is a continuation byte")
	}
	if at = moveCodes(s, at, n); at < 0 {
		return c.Return(lua.LNil)
	}
	return c.Integer(at + 1)
}

// moveCodes goes from the character at index at to the n-th one counted from
// there, which is itself for 1, or back for a negative n. It returns -1 when
// the string has fewer.
func moveCodes(s string, at, n int) int {
	for n <= 0 {
		if n < 0 {
			if at == 0 {
				return -1
			}
			at--
		}
		for at > 0 && isContinuation(s, at) {
			at--
		}
		if n++; n >= 0 {
			return at
		}
	}
	for ; n > 1; n-- {
		if at >= len(s) {
			return -1
		}
		for at++; isContinuation(s, at); at++ {
		}
	}
	return at
}

// optPosition reads a position as Lua's string functions do: a negative one
// counts from the end, one before the start is 0.
func optPosition(c bind.Call, i, def, length int) int {
	return position(optWhole(c, i, def), length)
}

func isContinuation(s string, at int) bool {
	return at < len(s) && s[at]&0xC0 == 0x80
}

// decodeCode is the first character of s and its size in bytes, which is 0
// when it is invalid.
func decodeCode(s string) (rune, int) {
	code, size := utf8.DecodeRuneInString(s)
	if code != utf8.RuneError || size != 1 {
		return code, size
	}
	// Go takes surrogates for invalid.
	if len(s) >= 3 && s[0] == 0xED && s[1]&0xE0 == 0xA0 && s[2]&0xC0 == 0x80 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return 0, 0
}

// appendCode is utf8.AppendRune, except that a surrogate stays what it is.
func appendCode(text []byte, code rune) []byte {
	if code >= 0xD800 && code <= 0xDFFF {
		return append(text, 0xED, 0x80|byte(code>>6)&0x3F, 0x80|byte(code)&0x3F)
	}
	return utf8.AppendRune(text, code)
}

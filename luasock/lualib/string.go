package lualib

import (
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

const (
	// maxText is the length in bytes of the longest string that a function here
	// makes. Go cannot catch a failed allocation, so a bound stands in for it.
	maxText = 1 << 30
	// maxBytes is the greatest number of results of string.byte.
	maxBytes = 1_000_000
	// maxPrograms is how many compiled patterns a VM keeps, and maxProgram the
	// length of the longest pattern that it keeps.
	maxPrograms, maxProgram = 256, 256
)

// stringLib is the string library of one VM.
type stringLib struct {
	m        *machine
	programs map[string]*program // by pattern
}

// openString makes the global string, and its functions the methods of strings.
func openString(m *machine, L *lua.LState) {
	lib := &stringLib{m: m, programs: map[string]*program{}}
	t := m.global(L, &bind.Module{
		Name: "string",
		Doc:  "Strings of bytes, as in Lua 5.1, with Lua 5.3's pack and unpack.",
		Rows: lib.rows(),
	})
	t.RawSetString("gfind", t.RawGetString("gmatch"))
	mt := L.CreateTable(0, 1)
	mt.RawSetString("__index", t)
	L.SetMetatable(lua.LString(""), mt)
}

func (lib *stringLib) rows() []bind.Row {
	return []bind.Row{
		{Name: "byte", Sig: "byte(s [, i=1 [, j=i]])", Returns: "integer ...", Fn: stringByte,
			Doc: "The codes of the bytes from i to j; at most 1,000,000."},
		{Name: "char", Sig: "char(...)", Returns: "string", Fn: stringChar,
			Doc: "The string of the bytes that have these codes, each 0 to 255."},
		{Name: "dump", Sig: "dump(fn)", Returns: "string", Fn: stringDump,
			Doc: "Raises: functions have no binary form here."},
		{Name: "find", Sig: "find(s, pattern [, init=1 [, plain=false]])", Returns: "integer? first, integer? last, any ...", Fn: lib.find,
			Doc: "The first and last position of the first match at or after init, and the captures; nil if there is none. With plain, the pattern is a text to look for."},
		{Name: "format", Sig: "format(format, ...)", Returns: "string", Fn: stringFormat,
			Doc: "The format with its items filled in by the arguments, as C's printf does; %q gives a text that Lua reads back, %s takes any value."},
		{Name: "gmatch", Sig: "gmatch(s, pattern)", Returns: "function", Fn: lib.gmatch,
			Doc: "An iterator over all matches: each call gives the captures of the next, or the match itself if the pattern has none."},
		{Name: "gsub", Sig: "gsub(s, pattern, repl [, n])", Returns: "string, integer count", Fn: lib.gsub,
			Doc: "s with all matches, or the first n, replaced, and their number. repl is a string in which %1 is the first capture and %0 the match, a table that is asked for the first capture, or a function that gets all captures; false or nil keeps the match."},
		{Name: "len", Sig: "len(s)", Returns: "integer", Fn: stringLen,
			Doc: "The length in bytes."},
		{Name: "lower", Sig: "lower(s)", Returns: "string", Fn: stringLower,
			Doc: "s with A to Z made a to z."},
		{Name: "match", Sig: "match(s, pattern [, init=1])", Returns: "any ...", Fn: lib.match,
			Doc: "The captures of the first match at or after init, or the match itself if the pattern has none; nil if there is no match."},
		{Name: "pack", Sig: "pack(format, ...)", Returns: "string", Fn: stringPack,
			Doc: "The values in binary form, as the format says. j and J take 64-bit integers as decimal strings."},
		{Name: "packsize", Sig: "packsize(format)", Returns: "integer", Fn: stringPackSize,
			Doc: "The length of what pack makes of a format without s and z."},
		{Name: "rep", Sig: "rep(s, n [, sep=''])", Returns: "string", Fn: stringRep,
			Doc: "n copies of s, with sep between them."},
		{Name: "reverse", Sig: "reverse(s)", Returns: "string", Fn: stringReverse,
			Doc: "s with its bytes in reverse order."},
		{Name: "sub", Sig: "sub(s, i [, j=-1])", Returns: "string", Fn: stringSub,
			Doc: "The bytes from i to j; negative positions count from the end."},
		{Name: "unpack", Sig: "unpack(format, s [, pos=1])", Returns: "any ...", Fn: stringUnpack,
			Doc: "The values that are in s at pos, as the format says, and the position after them. j and J give 64-bit integers as decimal strings."},
		{Name: "upper", Sig: "upper(s)", Returns: "string", Fn: stringUpper,
			Doc: "s with a to z made A to Z."},
	}
}

// program is the compiled pattern, from the cache if it is there.
func (lib *stringLib) program(pattern string) *program {
	if p, ok := lib.programs[pattern]; ok {
		return p
	}
	p := compile(pattern, true)
	if len(pattern) <= maxProgram {
		if len(lib.programs) >= maxPrograms {
			clear(lib.programs)
		}
		// The pattern may be a piece of something large.
		lib.programs[strings.Clone(pattern)] = p
	}
	return p
}

// position resolves a position that may count from the end of n bytes. Before
// the first byte is 0.
func position(pos, n int) int {
	if pos < 0 {
		pos += n + 1
	}
	return max(pos, 0)
}

// slice resolves the positions i to j of n bytes as a Go slice's bounds.
func slice(i, j, n int) (int, int) {
	from := max(position(i, n), 1) - 1
	to := min(position(j, n), n)
	return from, max(from, to)
}

func stringByte(c bind.Call) int {
	s := checkString(c, 1)
	i := optInt(c, 2, 1)
	from, to := slice(i, optInt(c, 3, i), len(s))
	if from >= len(s) {
		return 0
	}
	if to-from > maxBytes {
		c.Raise("string slice too long")
	}
	room(c.L, to-from)
	for _, b := range []byte(s[from:to]) {
		c.L.Push(bind.Int(int(b)))
	}
	return to - from
}

func stringChar(c bind.Call) int {
	text := make([]byte, c.N())
	for i := range text {
		if n, ok := c.Arg(i + 1).(lua.LNumber); ok && n >= 0 && n < 256 {
			text[i] = byte(n)
			continue
		}
		code := checkInt(c, i+1)
		if code < 0 || code > 255 {
			c.Bad(i+1, "invalid value")
		}
		text[i] = byte(code)
	}
	return c.Return(piece(given(text)))
}

func stringDump(c bind.Call) int {
	checkFunction(c, 1)
	c.Raise("unable to dump given function")
	return 0
}

func stringLen(c bind.Call) int { return c.Integer(len(checkString(c, 1))) }

func stringLower(c bind.Call) int {
	text := []byte(checkString(c, 1))
	swapCase(text, 'A', 'Z')
	return c.Text(given(text))
}

func stringUpper(c bind.Call) int {
	text := []byte(checkString(c, 1))
	swapCase(text, 'a', 'z')
	return c.Text(given(text))
}

func stringRep(c bind.Call) int {
	s, n, sep := checkString(c, 1), checkInt(c, 2), optString(c, 3, "")
	size := len(s) + len(sep)
	if n <= 0 || size == 0 {
		return c.Text("")
	}
	if n > maxText/size {
		c.Raise("resulting string too large")
	}
	if sep == "" {
		return c.Text(strings.Repeat(s, n))
	}
	return c.Text(strings.Repeat(s+sep, n-1) + s)
}

func stringReverse(c bind.Call) int {
	text := []byte(checkString(c, 1))
	slices.Reverse(text)
	return c.Text(given(text))
}

func stringSub(c bind.Call) int {
	s := checkString(c, 1)
	from, to := slice(checkInt(c, 2), optInt(c, 3, -1), len(s))
	if from >= to {
		return c.Return(emptyString)
	}
	return c.Return(pieceOf(s, s[from:to]))
}

// emptyString and oneByte are boxed once, so that returning them does not
// allocate.
var (
	emptyString lua.LValue = lua.LString("")
	oneByte                = func() (boxed [256]lua.LValue) {
		for b := range boxed {
			boxed[b] = lua.LString([]byte{byte(b)})
		}
		return boxed
	}()
)

// piece is s as a Lua value.
func piece(s string) lua.LValue {
	switch len(s) {
	case 0:
		return emptyString
	case 1:
		return oneByte[s[0]]
	}
	return lua.LString(s)
}

// pieceOf is piece for a part of whole. A short part of a long string is copied,
// so that a script that keeps it does not keep the whole.
func pieceOf(whole, part string) lua.LValue {
	const long, share = 4096, 16
	if len(whole) >= long && len(part) < len(whole)/share && len(part) > 1 {
		part = strings.Clone(part)
	}
	return piece(part)
}

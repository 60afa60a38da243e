package lualib

import (
	"bytes"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// Each is an expression and the bytes that it gives.
var literalCases = []struct{ source, value string }{
	{`"\x41\x7a"`, "Az"},
	{`"\x00\xff\xFF"`, "\x00\xff\xff"},
	{`"\x411"`, "A1"},
	{`'\\x41'`, `\x41`},
	{`"\\\x41"`, `\A`},
	{`"a\z  b"`, "ab"},
	{"\"a\\z \n\t\r\n b\"", "ab"},
	{`"\z"`, ""},
	{`"\u{41}\u{e9}\u{20AC}\u{1F600}"`, "Aé€😀"},
	{`"\u{0}1"`, "\x001"},
	{`"\u{D800}"`, "\xed\xa0\x80"},
	{`"\u{0000000041}"`, "A"},
	{`"\65\066\0067"`, "AB\x067"},
	{`"\a\b\f\n\r\t\v\\\"\'"`, "\a\b\f\n\r\t\v\\\"'"},
	{`"\q\-"`, "q-"},
	{"'a\\\nb'", "a\nb"},
	{"'a\\\r\nb'", "a\nb"},
	{`[[\x41\z \u{41}]]`, `\x41\z \u{41}`},
	{"[==[\n]]\\x41]=]]==]", `]]\x41]=]`},
	{"--[[ \\x41 \" ]] 'x'", "x"},
	{"--[==[ ]] \\xZZ ]==] 'x'", "x"},
	{"--[=[x ]] \\xZZ\n]=] 'x'", "x"},
	{"-- \\xZZ \" [[\n'x'", "x"},
	{"--[== no\n'x'", "x"},
	{"--[=\n'x'", "x"},
	{"\"\xff\xc3\x28\x80\"", "\xff\xc3\x28\x80"},
	{`010`, "10"}, {`00010`, "10"}, {`0x10`, "16"}, {`0xA.8p1`, "21"}, {`0x.8`, "0.5"}, {`0xffffffffffffffff`, "1.844674407371e+19"},
	{`1e3`, "1000"}, {`.5`, "0.5"}, {`5.`, "5"}, {`3e-2`, "0.03"}, {`1e400`, "inf"}, {`08`, "8"}, {`0.1`, "0.1"}, {`1E+2`, "100"},
	{`1 ..2`, "12"}, {`({1,2})[2]`, "2"},
}

func TestLiterals(t *testing.T) {
	for _, c := range literalCases {
		L := newState(t, Options{})
		fn, err := Load(L, []byte("return tostring("+c.source+")"), "=t")
		if err != nil {
			t.Errorf("%q: %v", c.source, err)
			continue
		}
		got, failed := PCall(L, fn)
		if failed != nil || len(got) != 1 || got[0] != lua.LString(c.value) {
			t.Errorf("%q gave %q, %v; want %q", c.source, got, failed, c.value)
		}
	}
}

var literalErrors = []struct{ source, message string }{
	{"x = '\\xZZ'", `t:1: hexadecimal digit expected near ''\xZ'`},
	{"\n\nx = 'ab\\x1'", `t:3: hexadecimal digit expected near ''ab\x1''`},
	{"x = '\\u41'", `t:1: missing '{' near ''\u4'`},
	{"x = '\\u{}'", `t:1: hexadecimal digit expected near ''\u{}'`},
	{"x = '\\u{12'", `t:1: missing '}' near ''\u{12''`},
	{"x = '\\u{110000}'", `t:1: UTF-8 value too large near ''\u{110000'`},
	{"x = '\\300'", `t:1: escape sequence too large near ''\300'`},
	{"x = 3x", `t:1: malformed number near '3x'`},
	{"x = 0x", `t:1: malformed number near '0x'`},
	{"x = 1_000", `t:1: malformed number near '1_000'`},
	{"x = 0b1", `t:1: malformed number near '0b1'`},
	{"x = 'abc", `t:1: unfinished string near ''abc'`},
	{"x = 'abc\ny", `t:1: unfinished string near ''abc'`},
	{"x = [[a\nb", `t:2: unfinished long string near '<eof>'`},
	{"--[[a\n\n", `t:3: unfinished long comment near '<eof>'`},
	{"x = }", `t:1: syntax error near '}'`},
	{"x =\n'a' 'b'", `t:2: syntax error near ''b''`},
	{"x =\n", `t:2: syntax error near '<eof>'`},
	{"x = @", `t:1: unexpected symbol near '@'`},
}

func TestSyntaxErrors(t *testing.T) {
	L := newState(t, Options{})
	for _, c := range literalErrors {
		if _, err := Load(L, []byte(c.source), "=t"); err == nil || err.Error() != c.message {
			t.Errorf("%q\n got %v\nwant %s", c.source, err, c.message)
		}
	}
}

func TestSyntaxErrorShow(t *testing.T) {
	L := newState(t, Options{})
	source := []byte("#!/usr/bin/sockscript\nlocal a = 1\n\tfoo('\\x41', = 2)\n")
	_, err := Load(L, source, "@file.lua")
	e, ok := err.(*SyntaxError)
	if !ok {
		t.Fatal(err)
	}
	want := "file.lua:3: syntax error near '='\n    \tfoo('\\x41', = 2)\n    \t            ^"
	if got := e.Show(source); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestChunkName(t *testing.T) {
	for name, want := range map[string]string{
		"@file.lua": "file.lua", "=stdin": "stdin", "x = 1": `[string "x = 1"]`, "a\nb": `[string "a..."]`,
		strings.Repeat("x", 100): `[string "` + strings.Repeat("x", 43) + `..."]`,
	} {
		if got := chunkName(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}

// FuzzRewrite: what is rewritten keeps its lines, is not rewritten again, and
// the loader ends with a function or a *SyntaxError.
func FuzzRewrite(f *testing.F) {
	for _, c := range literalCases {
		f.Add([]byte("return " + c.source))
	}
	for _, c := range literalErrors {
		f.Add([]byte(c.source))
	}
	L := newState(f, Options{})
	f.Fuzz(func(t *testing.T, source []byte) {
		out, err := rewrite(source, "t")
		if err != nil {
			if _, ok := err.(*SyntaxError); !ok {
				t.Fatalf("%T", err)
			}
			return
		}
		if a, b := countLines(source), countLines(out); a != b {
			t.Errorf("%d lines became %d: %q", a, b, out)
		}
		if again, err := rewrite(out, "t"); err != nil || !bytes.Equal(again, out) {
			t.Errorf("%q becomes %q, then %q, %v", source, out, again, err)
		}
		if _, err := load(L, source, "=t"); err != nil {
			if e, ok := err.(*SyntaxError); !ok || e.Line < 1 || e.Line > countLines(source)+1 {
				t.Errorf("%T %v", err, err)
			}
		}
	})
}

// countLines counts lines as the rewriter does.
func countLines(source []byte) int {
	r := rewriter{src: source, line: 1}
	for r.pos < len(source) {
		if c := r.at(0); c == '\n' || c == '\r' {
			r.newline()
		} else {
			r.pos++
		}
	}
	return r.line
}

func BenchmarkLoad(b *testing.B) {
	source := []byte(strings.Repeat(`
local function f(a, b)
	local t = {x = a, y = "\65\n", [3] = 0x10}
	if a > b then return t.x + 1 elseif a == b then t.y = t.y .. "z" else f(b, a) end
	for i, v in ipairs(t) do print(i, v) end
end
do local g = f; g(1, 2) end
`, 100))
	L := newState(b, Options{})
	b.SetBytes(int64(len(source)))
	b.Run("here", func(b *testing.B) {
		for b.Loop() {
			if _, err := Load(L, source, "=t"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("gopher-lua's", func(b *testing.B) {
		for b.Loop() {
			if _, err := L.Load(bytes.NewReader(source), "t"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

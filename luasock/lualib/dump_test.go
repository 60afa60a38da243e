package lualib

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/hexdump"
)

var dumpCases = []struct {
	name, code string
	want       []string
}{
	{"empty", `bytes.dump("")`, []string{""}},
	{"a short row", `bytes.dump("ab\0\255")`, []string{
		"00000000  61 62 00 ff                                       |ab..|",
		"00000004"}},
	{"repeated rows collapse", `bytes.dump(("x"):rep(50))`, []string{
		"00000000  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|",
		"*",
		"00000030  78 78                                             |xx|",
		"00000032"}},
	{"repeated to the end", `bytes.dump(("x"):rep(48))`, []string{
		"00000000  78 78 78 78 78 78 78 78  78 78 78 78 78 78 78 78  |xxxxxxxxxxxxxxxx|",
		"*",
		"00000030"}},
	{"width", `bytes.dump("0123456789", {width = 4})`, []string{
		"00000000  30 31 32 33  |0123|",
		"00000004  34 35 36 37  |4567|",
		"00000008  38 39        |89|",
		"0000000a"}},
	{"width beyond a row", `bytes.dump("0123456789", {width = 20})`, []string{
		"00000000  30 31 32 33 34 35 36 37  38 39                                 |0123456789|",
		"0000000a"}},
	{"offset beyond 32 bits", `bytes.dump("a", {offset = 2^40 + 255})`, []string{
		"100000000ff  61                                                |a|",
		"10000000100"}},
	{"color", `bytes.dump("ab \1\0\200", {color = true, width = 8})`, []string{
		"\x1b[90m00000000 \x1b[36m 61 62\x1b[32m 20\x1b[35m 01\x1b[90m 00\x1b[33m c8      " +
			"\x1b[0m  |\x1b[36mab\x1b[32m \x1b[35m.\x1b[90m.\x1b[33m.\x1b[0m|",
		"\x1b[90m00000006\x1b[0m"}},
}

func TestDump(t *testing.T) {
	L, _ := dataState(t)
	for _, k := range dumpCases {
		if k.name == "offset beyond 32 bits" && strconv.IntSize == 32 {
			continue
		}
		if got, want := dataRun(L, "return "+k.code), strconv.Quote(strings.Join(k.want, "\n")); got != want {
			t.Errorf("%s:\n got %s\nwant %s", k.name, got, want)
		}
	}
	dataCases(t, []dataCase{
		{`bytes.dump("a", nil) == bytes.dump("a", {}), bytes.dump("a", {color = false}) == bytes.dump("a")`, "true, true"},
		{`bytes.dump()`, "raises: bad argument #1 to 'dump' (s must be a string, got no value)"},
		{`bytes.dump("", 1)`, "raises: bad argument #2 to 'dump' (options must be a table, got 1)"},
		{`bytes.dump("", {colour = true})`, `raises: bad argument #2 to 'dump' (options has an unknown key "colour"; did you mean "color"? valid are color, width, offset)`},
		{`bytes.dump("", {color = 1})`, "raises: bad argument #2 to 'dump' (options.color must be a boolean, got 1)"},
		{`bytes.dump("", {width = 0})`, "raises: bad argument #2 to 'dump' (options.width must be 1 to 1024, got 0)"},
		{`bytes.dump("", {offset = -1})`, fmt.Sprintf("raises: bad argument #2 to 'dump' (options.offset must be 0 to %d, got -1)", min(1<<53, math.MaxInt))},
	})
}

// TestDumpOracle compares with hexdump -C.
func TestDumpOracle(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		s := dataRepetitive(r)
		want := dataProgram(t, "hexdump", s, "-C")
		if got := hexdump.Dump(s, hexdump.Options{}); strings.TrimSuffix(want, "\n") != got {
			t.Fatalf("%q\n got\n%s\nhexdump\n%s", s, got, want)
		}
	}
}

var escapeSequence = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Colour must not change anything else.
func TestDumpColor(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		s, other := dataRepetitive(r), dataRepetitive(r)
		if plain := escapeSequence.ReplaceAllString(hexdump.Dump(s, hexdump.Options{Color: true}), ""); plain != hexdump.Dump(s, hexdump.Options{}) {
			t.Errorf("dump of %q in colour is\n%s", s, plain)
		}
		if plain := escapeSequence.ReplaceAllString(hexdump.Diff(s, other, hexdump.DiffOptions{Color: true}), ""); plain != hexdump.Diff(s, other, hexdump.DiffOptions{}) {
			t.Errorf("diff of %q and %q in colour is\n%s", s, other, plain)
		}
	}
}

// dumpInLua is a hexdump as one would write it in Lua, for speed. It prints
// its seconds.
const dumpInLua = `
local s = ("0123456789\0\1\254\255, a row that is no round number of bytes. "):rep(math.floor(2^20 / 56))
local start = os.clock()
local hex = {}
for i = 0, 255 do hex[string.char(i)] = string.format("%02x ", i) end
local out, before = {}, nil
for at = 1, #s, 16 do
	local row = s:sub(at, at + 15)
	if row ~= before then
		out[#out + 1] = string.format("%08x  %-49s |%s|", at - 1, row:gsub(".", hex), (row:gsub("[^\32-\126]", ".")))
	end
	before = row
end
local text = table.concat(out, "\n")
return tostring(os.clock() - start)`

func TestDumpIsNotSlowerThanLua(t *testing.T) {
	theirs, err := strconv.ParseFloat(dataOracle(t, "lua5.1", dumpInLua), 64)
	if err != nil {
		t.Fatal(err)
	}
	L, _ := dataState(t)
	ours, s := time.Hour, dataMegabyte()
	for range 3 {
		start := time.Now()
		dataCall(t, L, "bytes", "dump", s)
		ours = min(ours, time.Since(start))
	}
	t.Logf("dump of 1 MB: %v, in plain Lua 5.1 %.3fs", ours, theirs)
	if ours.Seconds() > theirs {
		t.Errorf("dump of 1 MB takes %v, in plain Lua 5.1 %.3fs", ours, theirs)
	}
}

func TestDiff(t *testing.T) {
	cases := []struct {
		name, code string
		want       []string
	}{
		{"equal", `bytes.diff("abc", "abc")`, []string{"no difference, both 3 bytes"}},
		{"both empty", `bytes.diff("", "")`, []string{"no difference, both 0 bytes"}},
		{"one byte", `bytes.diff("250 OK\r\n", "250 Ok\r\n")`, []string{
			"expected 8 bytes, actual 8 bytes; first difference at byte 6 (offset 0x5): expected 4b, got 6b",
			"offset    expected                            actual",
			"00000000! 32 35 30 20 4f 4b 0d 0a |250 OK..|  32 35 30 20 4f 6b 0d 0a |250 Ok..|",
			"                         ^^                                  ^^"}},
		{"one ends", `bytes.diff("abcdefghij", "a")`, []string{
			"expected 10 bytes, actual 1 byte; first difference at byte 2 (offset 0x1): expected 62, got the end",
			"offset    expected                            actual",
			"00000000! 61 62 63 64 65 66 67 68 |abcdefgh|  61 -- -- -- -- -- -- -- |a       |",
			"             ^^                                  ^^",
			"00000008! 69 6a                   |ij      |  -- --                   |        |"}},
		{"nothing came", `bytes.diff("a", "")`, []string{
			"expected 1 byte, actual 0 bytes; first difference at byte 1 (offset 0x0): expected 61, got the end",
			"offset    expected                            actual",
			"00000000! 61                      |a       |  --                      |        |",
			"          ^^                                  ^^"}},
		{"equal rows collapse", `bytes.diff(("x"):rep(40) .. "a" .. ("y"):rep(30), ("x"):rep(40) .. "b" .. ("y"):rep(30))`, []string{
			"expected 71 bytes, actual 71 bytes; first difference at byte 41 (offset 0x28): expected 61, got 62",
			"offset    expected                            actual",
			"*         4 rows equal",
			"00000020  78 78 78 78 78 78 78 78 |xxxxxxxx|  78 78 78 78 78 78 78 78 |xxxxxxxx|",
			"00000028! 61 79 79 79 79 79 79 79 |ayyyyyyy|  62 79 79 79 79 79 79 79 |byyyyyyy|",
			"          ^^                                  ^^",
			"00000030  79 79 79 79 79 79 79 79 |yyyyyyyy|  79 79 79 79 79 79 79 79 |yyyyyyyy|",
			"*         2 rows equal"}},
		{"too many rows", `bytes.diff("abcdefgh", "ABCDEFGH", {width = 2, rows = 1})`, []string{
			"expected 8 bytes, actual 8 bytes; first difference at byte 1 (offset 0x0): expected 61, got 41",
			"offset    expected    actual",
			"00000000! 61 62 |ab|  41 42 |AB|",
			"          ^^          ^^",
			"...       3 more rows with a difference"}},
		{"color", `bytes.diff("ab", "aB", {width = 2, color = true})`, []string{
			"expected 2 bytes, actual 2 bytes; first difference at byte 2 (offset 0x1): expected 62, got 42",
			"offset    expected    actual",
			"\x1b[90m00000000\x1b[0m! 61 \x1b[1;32m62 \x1b[0m|a\x1b[1;32mb\x1b[0m|  61 \x1b[1;31m42 \x1b[0m|a\x1b[1;31mB\x1b[0m|",
			"             ^^          ^^"}},
	}
	L, _ := dataState(t)
	for _, k := range cases {
		if got, want := dataRun(L, "return "+k.code), strconv.Quote(strings.Join(k.want, "\n")); got != want {
			t.Errorf("%s:\n got %s\nwant %s", k.name, got, want)
		}
	}
	dataCases(t, []dataCase{
		{`bytes.diff("")`, "raises: bad argument #2 to 'diff' (actual must be a string, got no value)"},
		{`bytes.diff("", "", {offset = 1})`, `raises: bad argument #3 to 'diff' (options has an unknown key "offset"; valid are color, width, rows)`},
		{`bytes.diff("", "", {rows = 0})`, "raises: bad argument #3 to 'diff' (options.rows must be 1 to 2147483647, got 0)"},
	})
}

// The differences stand at the same columns on both sides, whatever comes.
func TestDiffAligns(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		a, b := dataRepetitive(r), dataRepetitive(r)
		width := 1 + r.IntN(20)
		for _, line := range strings.Split(hexdump.Diff(a, b, hexdump.DiffOptions{Width: width}), "\n") {
			if regexp.MustCompile(`^[0-9a-f]{8}[ !] `).MatchString(line) && len(line) != 16+8*width {
				t.Fatalf("%d columns: %q", len(line), line)
			}
		}
	}
}

func BenchmarkDiff(b *testing.B) {
	L, _ := dataState(b)
	s := dataMegabyte()
	other := s[:len(s)-1] + "?"
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		dataCall(b, L, "bytes", "diff", s, lua.LString(other))
	}
}

package lualib

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files of the official Lua 5.3 tests that concern what was taken from 5.3.
// They do not lie in this repository: LUA53_TESTS names a folder that has them.
var suite53 = map[string][]officialEdit{
	"utf8.lua": nil,
	"tpack.lua": {
		{
			reason: "64-bit integers are decimal strings here, which pack_test.go tests",
			from:   "  local lnum = 0x13121110090807060504030201\n  local s = pack(\"<j\", lnum)\n",
			to:     "  local lnum = '578437695752307201'\n  local s = pack(\"<j\", lnum)\n",
		},
		{
			reason: "i9 gives a number, which this one is too great for",
			from:   "  assert(unpack(\"<i\" .. sizeLI + 1, s .. \"\\0\") == lnum)\n",
		},
		{
			reason: "the same",
			from: `    assert(unpack("<i" .. i, s .. ("\xFF"):rep(i - sizeLI)) == -lnum)
    assert(unpack(">i" .. i, ("\xFF"):rep(i - sizeLI) .. s:reverse()) == -lnum)
    assert(unpack("<I" .. i, s .. ("\0"):rep(i - sizeLI)) == -lnum)
`,
		},
		{
			reason: "arithmetic is of doubles: the decimal string takes a sign as text",
			from:   "    local s = pack(\"<j\", -lnum)\n    assert(unpack(\"<j\", s) == -lnum)\n",
			to:     "    local s = pack(\"<j\", '-' .. lnum)\n    assert(unpack(\"<j\", s) == '-' .. lnum)\n",
		},
		{
			reason: "there are no operators for bits, and numbers are exact up to six bytes",
			from:   "for i = 1, sizeLI do\n",
			to:     "for i = 1, 6 do\n",
		},
		{
			reason: "the same",
			from:   "  local lnum = 0x13121110090807060504030201\n  local n = lnum & (~(-1 << (i * 8)))\n",
			to:     "  local lnum = 0x060504030201\n  local n = lnum % 2^(i * 8)\n",
		},
		{reason: "the same", from: "for i = 1, sizeLI - 1 do\n  local umax = (1 << (i * 8)) - 1\n  local max = umax >> 1\n  local min = ~max\n",
			to: "for i = 1, 6 do\n  local umax = 2^(i * 8) - 1\n  local max = math.floor(umax / 2)\n  local min = -max - 1\n"},
		{reason: "the same", from: "  for i = 1, sizeLI - 1 do\n", to: "  for i = 1, 6 do\n"},
		{
			reason: "there is no math.maxinteger, and j gives decimal strings",
			from: `assert(unpack(">j", pack(">j", math.maxinteger)) == math.maxinteger)
assert(unpack("<j", pack("<j", math.mininteger)) == math.mininteger)
assert(unpack("<J", pack("<j", -1)) == -1)   -- maximum unsigned integer
`,
		},
		{reason: "there is no operator //", from: "pos//4 + 1", to: "math.floor(pos / 4) + 1"},
		{reason: "the same", from: "(pos + 3)//4 + 1", to: "math.floor((pos + 3) / 4) + 1"},
	},
}

func TestOfficialSuite53(t *testing.T) {
	dir := os.Getenv("LUA53_TESTS")
	if dir == "" {
		t.Skip("LUA53_TESTS does not name the folder of the official Lua 5.3 tests")
	}
	for file, edits := range suite53 {
		t.Run(file, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			code := string(source)
			for _, e := range edits {
				if !strings.Contains(code, e.from) {
					t.Fatalf("%q is not there", e.from)
				}
				code = strings.ReplaceAll(code, e.from, e.to)
			}
			runSuite(t, dir, file, code)
		})
	}
}

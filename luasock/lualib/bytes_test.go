package lualib

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestBytesText(t *testing.T) {
	dataCases(t, []dataCase{
		{`bytes.hex("\0\255az"), bytes.hex(""), bytes.hex("abc", " "), bytes.hex("abc", ", "), bytes.hex(12)`,
			`"00ff617a", "", "61 62 63", "61, 62, 63", "3132"`},
		{`bytes.unhex("de ad BE:ef"), bytes.unhex(""), bytes.unhex(" \n\t:"), bytes.unhex("4 1")`, `"ޭ\xbe\xef", "", "", "A"`},
		{`bytes.unhex("61 6x")`, `nil, "bytes.unhex: position 5: expected a hexadecimal digit, got \"x\""`},
		{`bytes.unhex("0x61")`, `nil, "bytes.unhex: position 2: expected a hexadecimal digit, got \"x\""`},
		{`bytes.unhex("61 6\n")`, `nil, "bytes.unhex: position 6: expected a second hexadecimal digit, got the end"`},
		{`bytes.unhex("\255")`, `nil, "bytes.unhex: position 1: expected a hexadecimal digit, got \"\\xff\""`},
		{`bytes.base64(""), bytes.base64("f"), bytes.base64("fo"), bytes.base64("foo"), bytes.base64("\255\254\253")`,
			`"", "Zg==", "Zm8=", "Zm9v", "//79"`},
		{`bytes.unbase64(""), bytes.unbase64("Zg=="), bytes.unbase64("Zm 8\n="), bytes.unbase64("Zm9v\r\nZg")`, `"", "f", "fo", "foof"`},
		{`bytes.unbase64("//79"), bytes.unbase64("__79")`, `"\xff\xfe\xfd", "\xff\xfe\xfd"`},
		{`bytes.unbase64("Zm9!")`, `nil, "bytes.unbase64: position 4: expected a base64 digit, got \"!\""`},
		{`bytes.unbase64("Zm9vZ")`, `nil, "bytes.unbase64: position 6: expected the rest of a group of 4, got the end"`},
		{`bytes.unbase64("Zg=")`, `nil, "bytes.unbase64: position 4: expected the rest of a group of 4, got the end"`},
		{`bytes.unbase64("Zg===")`, `nil, "bytes.unbase64: position 5: expected a base64 digit, got \"=\""`},
		{`bytes.unbase64("=")`, `nil, "bytes.unbase64: position 1: expected a base64 digit, got \"=\""`},
		{`bytes.unbase64("Zg==Zg==")`, `nil, "bytes.unbase64: position 5: expected nothing after the padding, got \"Z\""`},
		{`bytes.xor("abc", " "), bytes.xor("\0\0\0\0\0", "xyz"), bytes.xor("", "k")`, `"ABC", "xyzxy", ""`},
		{`bytes.xor("a", "")`, `raises: bad argument #2 to 'xor' (key must not be empty)`},
		{`#bytes.random(0), #bytes.random(33), bytes.random(16) == bytes.random(16)`, "0, 33, false"},
		{`bytes.random(-1)`, "raises: bad argument #1 to 'random' (n must be 0 to 2147483647, got -1)"},
		{`bytes.random(1.5)`, "raises: bad argument #1 to 'random' (n must be an integer, got 1.5)"},
		{`bytes.hex()`, "raises: bad argument #1 to 'hex' (s must be a string, got no value)"},
		{`bytes.hex("a", {})`, "raises: bad argument #2 to 'hex' (separator must be a string, got a table)"},
		{`require("bytes") == bytes`, "true"},
	})
}

func TestBytesChecksums(t *testing.T) {
	dataCases(t, []dataCase{
		{`bytes.crc32("123456789"), bytes.crc32("")`, "3421780262, 0"},
		{`bytes.crc32("6789", bytes.crc32("12345")), bytes.crc32("6789", bit.tobit(bytes.crc32("12345")))`, "3421780262, 3421780262"},
		{`bytes.crc32("", 2^32)`, "raises: bad argument #2 to 'crc32' (crc must be -2147483648 to 4294967295, got 4294967296)"},
		{`bytes.crc16("123456789"), bytes.crc16("123456789", "XMODEM"), bytes.crc16("")`, "47933, 12739, 0"},
		{`bytes.crc16("", "foo")`, "raises: bad argument #2 to 'crc16' (kind must be one of " + strings.Join(crc16Names(), ", ") + `, got "foo")`},
		// The example of RFC 1071, a real IP header without and with its checksum.
		{`bytes.inet_checksum(bytes.unhex("0001f203f4f5f6f7"))`, fmt.Sprint(0xFFFF - 0xDDF2)},
		{`bytes.inet_checksum(bytes.unhex("450000730000400040110000c0a80001c0a800c7"))`, fmt.Sprint(0xB861)},
		{`bytes.inet_checksum(bytes.unhex("45000073000040004011b861c0a80001c0a800c7"))`, "0"},
		{`bytes.inet_checksum(""), bytes.inet_checksum("\1"), bytes.inet_checksum("\1\0"), bytes.inet_checksum(("\255"):rep(200000))`, "65535, 65279, 65279, 0"},
		{`bytes.hex(bytes.digest("md5", "abc")), bytes.hex(bytes.digest("SHA1", ""))`,
			`"900150983cd24fb0d6963f7d28e17f72", "da39a3ee5e6b4b0d3255bfef95601890afd80709"`},
		{`bytes.hex(bytes.hmac("md5", "Jefe", "what do ya want for nothing?"))`, `"750c783e6ab0b503eaa86e310a5db738"`},
		{`bytes.digest("sha0", "")`, "raises: bad argument #1 to 'digest' (name must be one of md5, sha1, sha224, sha256, sha384, sha512, " +
			`sha512/224, sha512/256, sha3-224, sha3-256, sha3-384, sha3-512, got "sha0")`},
		{`bytes.hmac("md5", "k")`, "raises: bad argument #3 to 'hmac' (s must be a string, got no value)"},
	})
}

// TestCRC16Catalogue checks every kind against the catalogue's check value, by
// each of its names.
func TestCRC16Catalogue(t *testing.T) {
	L, _ := dataState(t)
	seen := map[string]bool{}
	for _, k := range crc16Kinds {
		for _, name := range k.names {
			if seen[name] {
				t.Errorf("%s names two kinds", name)
			}
			seen[name] = true
			got := dataCall(t, L, "bytes", "crc16", lua.LString("123456789"), lua.LString(name))
			if got[0] != lua.LValue(lua.LNumber(k.check)) {
				t.Errorf("%s of 123456789 is %v, the catalogue says %d", name, got[0], k.check)
			}
		}
	}
}

// TestBytesOracle compares with PHP.
func TestBytesOracle(t *testing.T) {
	L, _ := dataState(t)
	var php, ours strings.Builder
	php.WriteString("<?php\n")
	for _, data := range []string{"", "a", "123456789", strings.Repeat("\x00\xff", 200)} {
		arg := lua.LString(data)
		literal := fmt.Sprintf("hex2bin('%x')", data)
		fmt.Fprintf(&php, "$s = %s; echo bin2hex($s), ' ', base64_encode($s), ' ', crc32($s), \"\\n\";\n", literal)
		fmt.Fprintf(&ours, "%s %s %s\n", dataText(t, L, "bytes", "hex", arg), dataText(t, L, "bytes", "base64", arg),
			dataCall(t, L, "bytes", "crc32", arg)[0])
		for _, name := range digestNames() {
			fmt.Fprintf(&php, "echo hash('%s', $s), ' ', hash_hmac('%s', $s, 'key'.$s), \"\\n\";\n", name, name)
			fmt.Fprintf(&ours, "%x %x\n", dataText(t, L, "bytes", "digest", lua.LString(name), arg),
				dataText(t, L, "bytes", "hmac", lua.LString(name), "key"+arg, arg))
		}
	}
	if want := dataProgram(t, "php", php.String(), "-n"); ours.String() != want {
		t.Errorf("got\n%s\nphp gives\n%s", ours.String(), want)
	}
}

func FuzzUnhex(f *testing.F) {
	for _, s := range []string{"", "de ad BE:ef", "4 1", "61 6x", "0x61", "6", "\xff", "::"} {
		f.Add(s)
	}
	L, _ := dataState(f)
	f.Fuzz(func(t *testing.T, text string) {
		digits := strings.Map(func(r rune) rune {
			if strings.ContainsRune(" \t\n\v\f\r:", r) {
				return -1
			}
			return r
		}, text)
		want, err := hex.DecodeString(digits)
		got := dataCall(t, L, "bytes", "unhex", lua.LString(text))
		if (err != nil) != (got[0] == lua.LNil) || err == nil && got[0].String() != string(want) {
			t.Fatalf("unhex(%q) is %v, encoding/hex gives %q, %v", text, got, want, err)
		}
		again := dataCall(t, L, "bytes", "unhex", lua.LString(dataText(t, L, "bytes", "hex", lua.LString(text), lua.LString(": "))))
		if again[0].String() != text {
			t.Fatalf("%q comes back as %q", text, again)
		}
	})
}

func FuzzUnbase64(f *testing.F) {
	for _, s := range []string{"", "Zg==", "Zm 8\n=", "Zg", "//79", "__79", "Zm9!", "Zm9vZ", "Zg=", "Zg===", "=", "Zg==Zg==", "Zg=\n=", "Zh=="} {
		f.Add(s)
	}
	L, _ := dataState(f)
	f.Fuzz(func(t *testing.T, text string) {
		got := dataCall(t, L, "bytes", "unbase64", lua.LString(text))
		digits := strings.NewReplacer("-", "+", "_", "/", " ", "", "\t", "", "\n", "", "\v", "", "\f", "", "\r", "").Replace(text)
		want, err := base64.StdEncoding.DecodeString(digits)
		if err != nil && !strings.Contains(digits, "=") {
			want, err = base64.RawStdEncoding.DecodeString(digits)
		}
		if (err != nil) != (got[0] == lua.LNil) || err == nil && got[0].String() != string(want) {
			t.Fatalf("unbase64(%q) is %v, encoding/base64 gives %q, %v", text, got, want, err)
		}
		again := dataText(t, L, "bytes", "unbase64", lua.LString(dataText(t, L, "bytes", "base64", lua.LString(text))))
		if again != text {
			t.Fatalf("%q comes back as %q", text, again)
		}
	})
}

func dataMegabyte() lua.LString {
	return lua.LString(bytes.Repeat([]byte("0123456789\x00\x01\xfe\xff, a row that is no round number of bytes. "), 1<<20/56))
}

func benchmarkBytes(b *testing.B, name string, args ...lua.LValue) {
	L, _ := dataState(b)
	b.SetBytes(int64(len(args[0].(lua.LString))))
	for b.Loop() {
		dataCall(b, L, "bytes", name, args...)
	}
}

func BenchmarkDump(b *testing.B)      { benchmarkBytes(b, "dump", dataMegabyte()) }
func BenchmarkHex(b *testing.B)       { benchmarkBytes(b, "hex", dataMegabyte()) }
func BenchmarkCRC32(b *testing.B)     { benchmarkBytes(b, "crc32", dataMegabyte()) }
func BenchmarkCRC16(b *testing.B)     { benchmarkBytes(b, "crc16", dataMegabyte()) }
func BenchmarkInet(b *testing.B)      { benchmarkBytes(b, "inet_checksum", dataMegabyte()) }
func BenchmarkBase64(b *testing.B)    { benchmarkBytes(b, "base64", dataMegabyte()) }
func BenchmarkXorShort(b *testing.B)  { benchmarkBytes(b, "xor", dataMegabyte(), lua.LString("abc")) }
func BenchmarkXorSingle(b *testing.B) { benchmarkBytes(b, "xor", dataMegabyte(), lua.LString("k")) }

package lualib

import "strings"

// hexOf prints packed strings.
const hexOf = `local pack, unpack, packsize = string.pack, string.unpack, string.packsize
local function hex(...)
	local t = {}
	for i, s in ipairs{...} do t[i] = s:gsub(".", function(c) return string.format("%02x", c:byte()) end) end
	print(table.concat(t, " "))
end
`

// packCases run in lua5.4, where integers are 64 bits: what that makes
// different is ours.
var packCases = []stringCase{
	{"integers of every size", hexOf + `hex(pack("<b", -2), pack("<h", -2), pack("<i", -2), pack("<l", -2), pack("<B", 254), pack("<H", 65534), pack("<I", 4294967294), pack("<L", 258), pack("<T", 258))`,
		"fe feff feffffff feffffffffffffff fe feff feffffff 0201000000000000 0201000000000000", only54},
	{"integers of one to sixteen bytes", hexOf + `for i = 1, 16 do hex(pack("<i" .. i, -2), pack(">i" .. i, -2), pack("<I" .. i, 0xAA), pack(">I" .. i, 0xAA)) end`,
		sixteen(), only54},
	{"integers read back", hexOf + `for i = 1, 16 do print(unpack("<i" .. i, pack("<i" .. i, -3)), unpack(">I" .. i, pack(">I" .. i, 77))) end`,
		"-3\t77\t2\n-3\t77\t3\n-3\t77\t4\n-3\t77\t5\n-3\t77\t6\n-3\t77\t7\n-3\t77\t8\n-3\t77\t9\n-3\t77\t10\n-3\t77\t11\n-3\t77\t12\n-3\t77\t13\n-3\t77\t14\n-3\t77\t15\n-3\t77\t16\n-3\t77\t17", only54},
	{"sizes", hexOf + `print(packsize("b"), packsize("h"), packsize("i"), packsize("l"), packsize("j"), packsize("T"), packsize("f"), packsize("d"), packsize("n"), packsize("i7"), packsize("c11"), packsize("x"), packsize(""))`,
		"1\t2\t4\t8\t8\t8\t4\t8\t8\t7\t11\t1\t0", only54},
	{"byte orders", hexOf + `hex(pack("<i2 >i2 =i2", 1, 1, 1), pack(">I3", 0x010203), pack("<I3", 0x010203))`,
		"010000010100 010203 030201", only54},
	{"limits of a signed size", hexOf + `for i = 1, 6 do local m = 2^(8*i - 1)
			print((pcall(pack, "i" .. i, m - 1)), (pcall(pack, "i" .. i, m)), (pcall(pack, "i" .. i, -m)), (pcall(pack, "i" .. i, -m - 1))) end`,
		six("true\tfalse\ttrue\tfalse"), only54},
	{"limits of an unsigned size", hexOf + `for i = 1, 6 do local m = 2^(8*i) print((pcall(pack, "I" .. i, m - 1)), (pcall(pack, "I" .. i, m)), (pcall(pack, "I" .. i, 0)), (pcall(pack, "I" .. i, -1))) end`,
		six("true\tfalse\ttrue\tfalse"), only54},
	{"sign extension", hexOf + `print(unpack("<i1", "\255"), unpack("<i3", "\254\255\255"), unpack(">i5", "\255\255\255\255\1"), unpack("<I3", "\255\255\255"))`,
		"-1\t-2\t-255\t16777215\t4", only54},
	{"an unsigned long of a negative number", hexOf + `hex(pack("<I8", -1), pack("<L", -2), pack("<I9", -1))`,
		"ffffffffffffffff feffffffffffffff ffffffffffffffff00", only54},
	{"floats", hexOf + `hex(pack("<f", 1.5), pack(">f", -2), pack("<d", 0.1), pack(">n", 1e300), pack("<f", 1e300))`,
		"0000c03f c0000000 9a9999999999b93f 7e37e43c8800759c 0000807f", only54},
	{"floats read back", hexOf + `print(unpack("<f", pack("<f", 1.5)), unpack(">d", pack(">d", 0.1)), unpack("n", pack("n", -0.25)))`,
		"1.5\t0.1\t-0.25\t9", only54},
	{"fixed strings", hexOf + `hex(pack("c5", "abc"), pack("c0", ""), pack("c3", "abc")) print(#unpack("c5", "ab\0cd"), unpack("c0", ""))`,
		"6162630000  616263\n5\t\t1", only54},
	{"strings with a length", hexOf + `hex(pack("<s", "ab"), pack("<s1", "ab"), pack(">s2", "ab"), pack(">s3", "")) print(unpack("s1", "\2ab"), unpack("<s2s1", "\1\0a\1b"))`,
		"02000000000000006162 026162 00026162 000000\nab\ta\tb\t6", only54},
	{"strings that end with zero", hexOf + `hex(pack("z", "ab"), pack("zz", "", "a")) print(unpack("z", "ab\0cd"), unpack("zB", "\0\1"))`,
		"616200 006100\nab\t\t1\t3", only54},
	{"strings of numbers", hexOf + `hex(pack("z", 12), pack("s1", 34))`, "313200 023334", only54},
	{"numbers of strings", hexOf + `hex(pack(">I2", "258"), pack("<d", "0.1"))`, "0102 9a9999999999b93f", only54},
	{"padding", hexOf + `hex(pack("<bxh", 1, 2), pack("xx")) print(unpack("<bxh", "\1\9\2\0"))`, "01000200 0000\n1\t2\t5", only54},
	{"alignment", hexOf + `hex(pack("<!4 b i", 1, 2), pack("<!2 b i8", 1, 2), pack("<! b d", 1, 0.5), pack("<b i", 1, 2), pack("<!8 b h b i4", 1, 2, 3, 4))`,
		"0100000002000000 01000200000000000000 0100000000000000000000000000e03f 0102000000 010002000300000004000000", only54},
	{"alignment read back", hexOf + `print(unpack("<!4 b i", "\1\0\0\0\2\0\0\0")) print(packsize("!8 b Xd d"), packsize("!4 i1 i2 i4 i8"), packsize("! i8"), packsize(" < i2 > i5 i7 Xi4 "))`,
		"1\t2\t9\n16\t16\t8\t14", only54},
	{"alignment from a position", hexOf + `print(unpack("<!4 i4", "\0\0\0\0\7\0\0\0", 2))`, "7\t9", only54},
	{"aligning to the next", hexOf + `hex(pack("<!4 b Xi b", 1, 2), pack("<!2 b Xi8 b", 1, 2), pack("<!1 b Xi8 b", 1, 2))`, "0100000002 010002 0102", only54},
	{"alignment of strings", hexOf + `hex(pack("<!4 b s4", 1, "ab"), pack("<!8 b c3 z", 1, "abc", "d"))`, "01000000020000006162 016162636400", only54},
	{"positions", hexOf + `print(unpack("B", "abc", 2), unpack("B", "abc", -1), unpack("", "abc", 4))`, "98\t99\t4", only54},
	{"nothing", hexOf + `print(#pack(""), unpack("", ""), packsize(" <>=!"))`, "0\t1\t0", only54},

	{"more than fits 64 bits", `string.unpack("<I9", ("\255"):rep(9))`, "9-byte integer does not fit into Lua Integer", only54},
	{"signed that does not fit 64 bits", `string.unpack(">i16", ("\128"):rep(16))`, "16-byte integer does not fit into Lua Integer", only54},
	{"signed overflow", `string.pack("i1", 128)`, "bad argument #2 to 'pack' (integer overflow)", only54},
	{"unsigned overflow", `string.pack("bI2", 1, 65536)`, "bad argument #3 to 'pack' (unsigned overflow)", only54},
	{"a fraction", `string.pack("i4", 1.5)`, "bad argument #2 to 'pack' (number has no integer representation)", only54},
	{"not a number", `string.pack("i4", {})`, "bad argument #2 to 'pack' (number expected, got table)", only54},
	{"no value", `string.pack("i4")`, "bad argument #2 to 'pack' (number expected, got no value)", ours},
	{"no string", `string.pack("z")`, "bad argument #2 to 'pack' (string expected, got no value)", ours},
	{"a string too long", `string.pack("c2", "abc")`, "bad argument #2 to 'pack' (string longer than given size)", only54},
	{"a length too great", `string.pack("s1", ("x"):rep(256))`, "bad argument #2 to 'pack' (string length does not fit in given size)", only54},
	{"zeros in z", `string.pack("z", "a\0b")`, "bad argument #2 to 'pack' (string contains zeros)", only54},
	{"integral size too great", `string.pack("i17", 1)`, "integral size (17) out of limits [1,16]", only54},
	{"integral size zero", `string.pack("I0", 1)`, "integral size (0) out of limits [1,16]", only54},
	{"maximum alignment", `string.pack("!17", 1)`, "integral size (17) out of limits [1,16]", only54},
	{"no size", `string.pack("c", "")`, "missing size for format option 'c'", only54},
	{"an option that is none", `string.pack("r", 1)`, "invalid format option 'r'", only54},
	{"a size with too many digits", `string.pack("i1" .. ("0"):rep(40), 1)`, "integral size (1000000000) out of limits [1,16]", only54},
	{"alignment not a power of two", `string.pack("!4 i3", 1)`, "bad argument #1 to 'pack' (format asks for alignment not power of 2)", only54},
	{"nothing to align to", `string.pack("X")`, "bad argument #1 to 'pack' (invalid next option for option 'X')", only54},
	{"aligning to chars", `string.pack("Xc1", "")`, "bad argument #1 to 'pack' (invalid next option for option 'X')", only54},
	{"aligning to z", `string.unpack("Xz", "")`, "bad argument #1 to 'unpack' (invalid next option for option 'X')", only54},
	{"size of what varies", `string.packsize("s")`, "bad argument #1 to 'packsize' (variable-length format)", ours},
	{"size of z", `string.packsize("i4z")`, "bad argument #1 to 'packsize' (variable-length format)", ours},
	{"size too great", `string.packsize("c2147483639c100")`, "bad argument #1 to 'packsize' (format result too large)", only54},
	{"data too short", `string.unpack("i4", "abc")`, "bad argument #2 to 'unpack' (data string too short)", only54},
	{"data of a string too short", `string.unpack("s1", "\5abc")`, "bad argument #2 to 'unpack' (data string too short)", only54},
	{"data of a great length", `string.unpack("s", ("\255"):rep(8))`, "bad argument #2 to 'unpack' (data string too short)", only54},
	{"data of chars too short", `string.unpack("c4", "abc")`, "bad argument #2 to 'unpack' (data string too short)", only54},
	{"no zero", `string.unpack("z", "abc")`, "bad argument #2 to 'unpack' (unfinished string for format 'z')", only54},
	{"a position outside", `string.unpack("B", "abc", 5)`, "bad argument #3 to 'unpack' (initial position out of string)", only54},
	{"a position before", `string.unpack("B", "abc", -4)`, "bad argument #3 to 'unpack' (initial position out of string)", ours},

	{"2^53 is exact", hexOf + `hex(pack(">i8", 2^53), pack(">I7", 2^53), pack(">i8", -2^53)) print(string.format("%d %d", unpack(">i8", "\0\32\0\0\0\0\0\0"), (unpack(">i8", "\255\224\0\0\0\0\0\0"))))`,
		"0020000000000000 20000000000000 ffe0000000000000\n9007199254740992 -9007199254740992", only54},
	{"packing beyond 2^53", `string.pack("i8", 2^53 + 2)`, "bad argument #2 to 'pack' (9.007199254741e+15 is beyond 2^53, where numbers are not exact; j and J take and give decimal strings)", ours},
	{"packing text beyond 2^53", `string.pack("I8", "9007199254740993")`, "bad argument #2 to 'pack' (9007199254740993 is beyond 2^53, where numbers are not exact; j and J take and give decimal strings)", ours},
	{"packing infinity", `string.pack("i8", 1/0)`, "bad argument #2 to 'pack' (inf is beyond 2^53, where numbers are not exact; j and J take and give decimal strings)", ours},
	{"unpacking beyond 2^53", `string.unpack("<bI8", "\1\1\0\0\0\0\0\32\0")`, "bad argument #2 to 'unpack' (9007199254740993 at position 2 is beyond 2^53, where numbers are not exact; j and J take and give decimal strings)", ours},
	{"unpacking below -2^53", `string.unpack(">i8", "\128\0\0\0\0\0\0\0")`, "bad argument #2 to 'unpack' (-9223372036854775808 at position 1 is beyond 2^53, where numbers are not exact; j and J take and give decimal strings)", ours},
	{"unpacking seven bytes beyond 2^53", `string.unpack("<I7", ("\255"):rep(7))`, "bad argument #2 to 'unpack' (72057594037927935 at position 1 is beyond 2^53, where numbers are not exact; j and J take and give decimal strings)", ours},
	{"j gives decimal strings", hexOf + `print(unpack("<jJ", ("\255"):rep(16))) print(type(unpack("j", pack("j", 1))))`, "-1\t18446744073709551615\t17\nstring", ours},
	{"j takes decimal strings and exact numbers", hexOf + `hex(pack(">j", "-9223372036854775808"), pack(">j", "9223372036854775807"), pack(">J", "18446744073709551615"), pack(">j", -2), pack(">J", 2^53), pack(">J", "+7"), pack(">J", -1), pack(">J", "-1"))`,
		"8000000000000000 7fffffffffffffff ffffffffffffffff fffffffffffffffe 0020000000000000 0000000000000007 ffffffffffffffff ffffffffffffffff", ours},
	{"j beyond 64 bits", `string.pack("j", "9223372036854775808")`, "bad argument #2 to 'pack' (integer overflow)", ours},
	{"J beyond 64 bits", `string.pack("J", "18446744073709551616")`, "bad argument #2 to 'pack' (unsigned overflow)", ours},
	{"j of text", `string.pack("j", "0x10")`, `bad argument #2 to 'pack' (integer in decimal expected, got "0x10")`, ours},
	{"j of a number that is not exact", `string.pack("J", 2^60)`, "bad argument #2 to 'pack' (1.1529215046068e+18 is beyond 2^53, where numbers are not exact; j and J take and give decimal strings)", ours},
	{"many results", `print(select("#", string.unpack(("B"):rep(100000), ("x"):rep(100000))))`, "100001", ours},
}

// sixteen is -2 and 0xAA in 1 to 16 bytes, in both orders.
func sixteen() string {
	var lines []string
	for n := range 16 {
		f, z := strings.Repeat("ff", n), strings.Repeat("00", n)
		lines = append(lines, "fe"+f+" "+f+"fe aa"+z+" "+z+"aa")
	}
	return strings.Join(lines, "\n")
}

func six(line string) string { return strings.TrimSuffix(strings.Repeat(line+"\n", 6), "\n") }

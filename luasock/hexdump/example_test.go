package hexdump_test

import (
	"fmt"

	"sockscript/luasock/hexdump"
)

func ExampleDiff() {
	expected := "250-HI\r\nOK\r\n250 OK!!!!\r\n"
	fmt.Println(hexdump.Diff(expected, "250-HI\r\nOk\r\n250 OK!!!!\r", hexdump.DiffOptions{}))
	// Output:
	// expected 24 bytes, actual 23 bytes; first difference at byte 10 (offset 0x9): expected 4b, got 6b
	// offset    expected                            actual
	// 00000000  32 35 30 2d 48 49 0d 0a |250-HI..|  32 35 30 2d 48 49 0d 0a |250-HI..|
	// 00000008! 4f 4b 0d 0a 32 35 30 20 |OK..250 |  4f 6b 0d 0a 32 35 30 20 |Ok..250 |
	//              ^^                                  ^^
	// 00000010! 4f 4b 21 21 21 21 0d 0a |OK!!!!..|  4f 4b 21 21 21 21 0d -- |OK!!!!. |
}

func ExampleDump() {
	fmt.Println(hexdump.Dump("220 ready\r\n", hexdump.Options{Width: 8, Indent: "  "}))
	// Output:
	//   00000000  32 32 30 20 72 65 61 64  |220 read|
	//   00000008  79 0d 0a                 |y..|
	//   0000000b
}

package lualib

import (
	"math"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/hexdump"
)

func bytesDump(c bind.Call) int {
	s, o := c.Bytes(1), hexdump.Options{}
	if c.OptTable(2) != nil {
		f := c.Fields(2)
		f.Only("color", "width", "offset")
		o.Color = flagField(f, "color")
		o.Width = f.OptInt("width", 16, 1, maxWidth)
		o.Offset = f.OptInt("offset", 0, 0, min(1<<53, math.MaxInt))
	}
	return c.Text(hexdump.Dump(s, o))
}

func bytesDiff(c bind.Call) int {
	expected, actual, o := c.Bytes(1), c.Bytes(2), hexdump.DiffOptions{}
	if c.OptTable(3) != nil {
		f := c.Fields(3)
		f.Only("color", "width", "rows")
		o.Color = flagField(f, "color")
		o.Width = f.OptInt("width", 8, 1, maxWidth)
		o.Rows = f.OptInt("rows", 32, 1, math.MaxInt32)
	}
	return c.Text(hexdump.Diff(expected, actual, o))
}

const maxWidth = 1024 // bytes a row, of dump and diff

// flagField reads a boolean option; absent is false.
func flagField(f bind.Fields, key string) bool {
	on, ok := f.Get(key).(lua.LBool)
	if !ok && f.Has(key) {
		f.Wrong(key, "a boolean")
	}
	return bool(on)
}

package lualib

import (
	"fmt"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

const hexDigits = "0123456789abcdef"

// DumpOptions says how Dump prints.
type DumpOptions struct {
	Width  int  // bytes a row; 0 is 16
	Offset int  // of the first byte, as it is printed
	Color  bool // with ANSI escapes: kinds of bytes have their colours
}

// Dump prints s as hexdump -C does: offset, bytes and text of each row, * for
// rows that repeat the one before, and the length in the last line, after which
// there is no newline. Of an empty string it is empty.
func Dump(s string, o DumpOptions) string {
	if s == "" {
		return ""
	}
	if o.Width == 0 {
		o.Width = 16
	}
	var out strings.Builder
	p := rowPrinter{color: o.Color}
	before, collapsed := "", false
	for at := 0; at < len(s); at += o.Width {
		row := s[at:min(at+o.Width, len(s))]
		if row == before {
			if !collapsed {
				out.WriteString("*\n")
			}
			collapsed = true
			continue
		}
		before, collapsed = row, false
		p.start(o.Offset + at)
		p.dumpRow(row, o.Width)
		out.Write(p.line)
	}
	p.start(o.Offset + len(s))
	p.paint(plain)
	out.Write(p.line)
	return out.String()
}

// shade is a colour by what it means.
type shade string

const (
	plain    shade = "\x1b[0m"
	faint    shade = "\x1b[90m" // offsets and NUL
	printing shade = "\x1b[36m"
	spacing  shade = "\x1b[32m"
	control  shade = "\x1b[35m"
	high     shade = "\x1b[33m" // 0x80 and more
	wanted   shade = "\x1b[1;32m"
	unwanted shade = "\x1b[1;31m"
)

// shades has the shade of each byte.
var shades = func() (table [256]shade) {
	for b := range table {
		switch {
		case b == 0:
			table[b] = faint
		case isSpace(byte(b)):
			table[b] = spacing
		case b < ' ' || b == 0x7F:
			table[b] = control
		case b < 0x7F:
			table[b] = printing
		default:
			table[b] = high
		}
	}
	return table
}()

// rowPrinter builds one line at a time in a buffer that it keeps.
type rowPrinter struct {
	line  []byte
	color bool
	now   shade // the colour that is on
}

// start begins a line with an offset of 8 digits, or more when it is that big.
func (p *rowPrinter) start(offset int) {
	p.line, p.now = p.line[:0], plain
	p.paint(faint)
	for digit := 28; digit >= 0; digit -= 4 {
		if digit == 28 && offset>>32 != 0 {
			p.line = fmt.Appendf(p.line, "%x", offset>>32)
		}
		p.line = append(p.line, hexDigits[offset>>digit&15])
	}
}

// paint switches the colour, if it is another one.
func (p *rowPrinter) paint(to shade) {
	if p.color && to != p.now {
		p.line = append(p.line, to...)
		p.now = to
	}
}

func (p *rowPrinter) put(text string) { p.line = append(p.line, text...) }

// dumpRow is a whole row after its offset: the bytes in groups of 8, the text.
func (p *rowPrinter) dumpRow(row string, width int) {
	for i := range width {
		if i%8 == 0 {
			p.line = append(p.line, ' ')
		}
		if i >= len(row) {
			p.line = append(p.line, "   "...)
			continue
		}
		b := row[i]
		if p.color {
			p.paint(shades[b])
		}
		p.line = append(p.line, ' ', hexDigits[b>>4], hexDigits[b&15])
	}
	p.paint(plain)
	p.put("  |")
	for i := range len(row) {
		if p.color {
			p.paint(shades[row[i]])
		}
		p.line = append(p.line, visible(row[i]))
	}
	p.paint(plain)
	p.put("|\n")
}

// visible is the byte, or a dot for one that does not print.
func visible(b byte) byte {
	if b < ' ' || b >= 0x7F {
		return '.'
	}
	return b
}

func bytesDump(c bind.Call) int {
	s, o := c.Bytes(1), DumpOptions{}
	if c.OptTable(2) != nil {
		f := c.Fields(2)
		f.Only("color", "width", "offset")
		o.Color = flagField(f, "color")
		o.Width = f.OptInt("width", 16, 1, maxWidth)
		o.Offset = f.OptInt("offset", 0, 0, 1<<53)
	}
	return c.Text(Dump(s, o))
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

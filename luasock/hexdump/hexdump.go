// Package hexdump shows bytes to people: as a dump, and two strings side by
// side. It is pure; any goroutine may call it.
package hexdump

import (
	"fmt"
	"iter"
	"unsafe"
)

// Options say how Dump prints.
type Options struct {
	Width  int    // bytes a row; 0 is 16
	Offset int    // of the first byte, as it is printed
	Color  bool   // with ANSI escapes: kinds of bytes have their colours
	Indent string // before each line
}

// Dump prints s as hexdump -C does: offset, bytes and text of each row, * for
// rows that repeat the one before, and the length in the last line, after which
// there is no newline. Of an empty string it is empty.
func Dump(s string, o Options) string {
	if s == "" {
		return ""
	}
	if o.Width == 0 {
		o.Width = 16
	}
	lines := 1
	for range dumpRows(s, o.Width) {
		lines++
	}
	p := rowPrinter{color: o.Color, now: plain, indent: o.Indent}
	p.text = make([]byte, 0, lines*(len(o.Indent)+16+5*o.Width))
	for at, row := range dumpRows(s, o.Width) {
		if row == "" {
			p.put(o.Indent + "*\n")
			continue
		}
		p.start(o.Offset + at)
		p.dumpRow(row, o.Width)
	}
	p.start(o.Offset + len(s))
	p.paint(plain)
	return given(p.text)
}

// dumpRows yields the rows with their indexes, and an empty one for those in
// succession that are like the one before.
func dumpRows(s string, width int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		before, collapsed := "", false
		for at := 0; at < len(s); at += width {
			row := s[at:min(at+width, len(s))]
			switch {
			case row != before:
				before, collapsed = row, false
			case collapsed:
				continue
			default:
				row, collapsed = "", true
			}
			if !yield(at, row) {
				return
			}
		}
	}
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

// rowPrinter appends lines to text.
type rowPrinter struct {
	text   []byte
	color  bool
	now    shade  // the colour that is on; plain at the start of a line
	indent string // before each line
}

// start begins a line with an offset of 8 digits, or more when it is that big.
func (p *rowPrinter) start(offset int) {
	p.put(p.indent)
	p.paint(faint)
	for digit := 28; digit >= 0; digit -= 4 {
		if more := int64(offset) >> 32; digit == 28 && more != 0 {
			p.text = fmt.Appendf(p.text, "%x", more)
		}
		p.text = append(p.text, hexDigits[offset>>digit&15])
	}
}

// paint switches the colour, if it is another one.
func (p *rowPrinter) paint(to shade) {
	if p.color && to != p.now {
		p.text = append(p.text, to...)
		p.now = to
	}
}

func (p *rowPrinter) put(s string) { p.text = append(p.text, s...) }

// dumpRow is a whole row after its offset: the bytes in groups of 8, the text.
func (p *rowPrinter) dumpRow(row string, width int) {
	for i := range width {
		if i%8 == 0 {
			p.text = append(p.text, ' ')
		}
		if i >= len(row) {
			p.text = append(p.text, "   "...)
			continue
		}
		b := row[i]
		if p.color {
			p.paint(shades[b])
		}
		p.text = append(p.text, ' ', hexDigits[b>>4], hexDigits[b&15])
	}
	p.paint(plain)
	p.put("  |")
	for i := range len(row) {
		if p.color {
			p.paint(shades[row[i]])
		}
		p.text = append(p.text, visible(row[i]))
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

const hexDigits = "0123456789abcdef"

// isSpace is C's isspace in its own locale.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

// given makes bytes a string without copying them. They must not be written to
// any more.
func given(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

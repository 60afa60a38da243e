package hexdump

import (
	"fmt"
	"strings"
)

// DiffOptions say how Diff prints.
type DiffOptions struct {
	Width int  // bytes a row; 0 is 8, with which a line has 80 columns
	Rows  int  // how many rows that differ are shown; 0 is 32
	Color bool // with ANSI escapes: expected bytes that differ green, actual ones red
}

// Diff shows two strings side by side, row by row at the same offsets:
//
//	expected 24 bytes, actual 23 bytes; first difference at byte 10 (offset 0x9): expected 4b, got 6b
//	offset    expected                            actual
//	00000000  32 35 30 2d 48 49 0d 0a |250-HI..|  32 35 30 2d 48 49 0d 0a |250-HI..|
//	00000008! 4f 4b 0d 0a 32 35 30 20 |OK..250 |  4f 6b 0d 0a 32 35 30 20 |Ok..250 |
//	             ^^                                  ^^
//	00000010! 4f 4b 21 21 21 21 0d 0a |OK!!!!..|  4f 4b 21 21 21 21 0d -- |OK!!!!. |
//
// Rows with ! differ, -- is a byte that only the other side has. The row next to
// a difference is shown, longer runs of equal rows become one line. There is no
// newline at the end.
func Diff(expected, actual string, o DiffOptions) string {
	at := firstDifference(expected, actual)
	if at < 0 {
		return fmt.Sprintf("no difference, both %s", plural(len(actual), "byte"))
	}
	d := differ{expected: expected, actual: actual, DiffOptions: o, first: at}
	if d.Width == 0 {
		d.Width = 8
	}
	if d.Rows == 0 {
		d.Rows = 32
	}
	d.color, d.now = o.Color, plain
	d.header()
	d.body()
	return strings.TrimSuffix(given(d.text), "\n")
}

// firstDifference is the index of the first byte that only one of the strings
// has there, -1 when they are equal.
func firstDifference(a, b string) int {
	if a == b {
		return -1
	}
	shorter := min(len(a), len(b))
	for i := range shorter {
		if a[i] != b[i] {
			return i
		}
	}
	return shorter
}

// differ is the state of one Diff.
type differ struct {
	DiffOptions
	rowPrinter
	expected, actual string
	first            int // index of the first difference
}

func (d *differ) header() {
	side := func(s string) string {
		if d.first >= len(s) {
			return "the end"
		}
		return fmt.Sprintf("%02x", s[d.first])
	}
	d.printf("expected %s, actual %s; first difference at byte %d (offset 0x%x): expected %s, got %s\n",
		plural(len(d.expected), "byte"), plural(len(d.actual), "byte"),
		d.first+1, d.first, side(d.expected), side(d.actual))
	d.printf("offset    %-*s actual\n", d.columns(), "expected")
}

func (d *differ) printf(format string, args ...any) { d.text = fmt.Appendf(d.text, format, args...) }

// columns is the width of one side, with a space after it.
func (d *differ) columns() int { return 4*d.Width + 3 }

// body prints the rows, except those that are far from a difference.
func (d *differ) body() {
	rows := (max(len(d.expected), len(d.actual)) + d.Width - 1) / d.Width
	shown, equal := 0, 0
	for r := range rows {
		differs := d.differs(r)
		if differs && shown == d.Rows {
			d.collapse(equal)
			d.rest(r, rows)
			return
		}
		if !differs && !d.differs(r-1) && !d.differs(r+1) {
			equal++
			continue
		}
		d.collapse(equal)
		equal = 0
		d.row(r, differs)
		if differs {
			shown++
		}
	}
	d.collapse(equal)
}

// differs tells whether row r is not the same on both sides.
func (d *differ) differs(r int) bool {
	return r >= 0 && d.rowOf(d.expected, r) != d.rowOf(d.actual, r)
}

// rowOf is row r of one side; it is short at the end and empty after it.
func (d *differ) rowOf(s string, r int) string {
	return s[min(r*d.Width, len(s)):min((r+1)*d.Width, len(s))]
}

func (d *differ) collapse(equal int) {
	if equal > 0 {
		d.printf("*         %s equal\n", plural(equal, "row"))
	}
}

// rest counts the rows from r on that are not shown any more.
func (d *differ) rest(r, rows int) {
	differing := 0
	for ; r < rows; r++ {
		if d.differs(r) {
			differing++
		}
	}
	d.printf("...       %s with a difference\n", plural(differing, "more row"))
}

func (d *differ) row(r int, differs bool) {
	expected, actual := d.rowOf(d.expected, r), d.rowOf(d.actual, r)
	d.start(r * d.Width)
	d.paint(plain)
	d.put(map[bool]string{true: "! ", false: "  "}[differs])
	d.side(expected, actual, wanted)
	d.put("  ")
	d.side(actual, expected, unwanted)
	d.put("\n")
	if d.first/d.Width == r {
		d.mark()
	}
}

// side prints one half of a row; what the other half has not gets the shade.
func (d *differ) side(row, other string, different shade) {
	for i := range d.Width {
		switch {
		case i < len(row):
			d.paint(byteShade(row, other, i, different))
			d.text = append(d.text, hexDigits[row[i]>>4], hexDigits[row[i]&15], ' ')
		case i < len(other):
			d.paint(different)
			d.put("-- ")
		default:
			d.put("   ")
		}
	}
	d.paint(plain)
	d.put("|")
	for i := range d.Width {
		letter := byte(' ')
		if i < len(row) {
			d.paint(byteShade(row, other, i, different))
			letter = visible(row[i])
		}
		d.text = append(d.text, letter)
	}
	d.paint(plain)
	d.put("|")
}

func byteShade(row, other string, i int, different shade) shade {
	if i < len(other) && row[i] == other[i] {
		return plain
	}
	return different
}

// mark points at the first difference on both sides, from the line below it.
func (d *differ) mark() {
	before := strings.Repeat(" ", 10+d.first%d.Width*3)
	d.printf("%s%-*s^^\n", before, d.columns()+1, "^^")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

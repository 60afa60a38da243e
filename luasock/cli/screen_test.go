package cli

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// screen is a terminal as far as a prompt uses one: what is written to it moves
// the cursor, wraps, scrolls and erases. It keeps every line that was ever shown.
type screen struct {
	columns, height int
	lines           []line
	top             int // the first line that is on the screen
	row, column     int // of the cursor; row counts from the first line of all
	pending         string
	paste           bool // bracketed paste is on
	unknown         []string
}

// line is a row of cells. The second cell of a wide character is empty. wrapped says
// that the text went on in the next row.
type line struct {
	cells   []string
	wrapped bool
}

func newScreen(columns, height int) *screen {
	return &screen{columns: columns, height: height, lines: make([]line, 1)}
}

func (s *screen) Write(p []byte) (int, error) {
	text := s.pending + string(p)
	for s.pending = ""; text != ""; {
		n := s.take(text)
		if n == 0 {
			s.pending = text
			break
		}
		text = text[n:]
	}
	return len(p), nil
}

// take takes in the first character or sequence and gives its length, 0 when it is
// not whole.
func (s *screen) take(text string) int {
	if strings.HasPrefix(text, "\x1b[") {
		end := strings.IndexFunc(text[2:], func(r rune) bool { return r >= 0x40 })
		if end < 0 {
			return 0
		}
		s.control(text[2:2+end], text[2+end])
		return end + 3
	}
	if text == "\x1b" || !utf8.FullRuneInString(text) {
		return 0
	}
	r, n := utf8.DecodeRuneInString(text)
	switch {
	case r == '\n':
		s.down()
	case r == '\r':
		s.column = 0
	case r == '\b':
		s.column = max(0, min(s.column, s.columns-1)-1)
	case r == '\t':
		s.column = min(s.columns-1, s.column/8*8+8)
	case r < ' ':
		s.unknown = append(s.unknown, strconv.Quote(string(r)))
	default:
		s.put(r)
	}
	return n
}

func (s *screen) down() {
	if s.row++; s.row == len(s.lines) {
		s.lines = append(s.lines, line{})
	}
	s.top = max(s.top, s.row-s.height+1)
}

func (s *screen) put(r rune) {
	if unicode.Is(unicode.Mn, r) {
		if l := s.lines[s.row]; s.column > 0 {
			l.cells[s.column-1] += string(r)
		}
		return
	}
	cells := []string{string(r)}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		cells = append(cells, "")
	}
	if s.column+len(cells) > s.columns {
		s.lines[s.row].wrapped = true
		s.column = 0
		s.down()
	}
	l := &s.lines[s.row]
	for len(l.cells) < s.column+len(cells) {
		l.cells = append(l.cells, " ")
	}
	s.column += copy(l.cells[s.column:], cells)
}

func (s *screen) control(args string, final byte) {
	n := 1
	if first, _, _ := strings.Cut(args, ";"); first != "" {
		n, _ = strconv.Atoi(first)
	}
	s.column = min(s.column, s.columns-1)
	switch l := &s.lines[s.row]; {
	case final == 'm':
	case args == "?2004":
		s.paste = final == 'h'
	case final == 'A':
		s.row = max(s.top, s.row-n)
	case final == 'C':
		s.column = min(s.columns-1, s.column+n)
	case final == 'J' && args == "":
		l.cells, l.wrapped = l.cells[:min(len(l.cells), s.column)], false
		s.lines = s.lines[:s.row+1]
	case final == 'K' && args == "":
		l.cells, l.wrapped = l.cells[:min(len(l.cells), s.column)], false
	case final == 'J' && args == "2":
		for i := s.top; i < len(s.lines); i++ {
			s.lines[i] = line{}
		}
	case final == 'H' && args == "":
		s.row, s.column = s.top, 0
	default:
		s.unknown = append(s.unknown, args+string(final))
	}
}

// resize changes the width and wraps anew, as most terminals do.
func (s *screen) resize(columns, height int) {
	var lines []line
	row, column := 0, 0
	for i := 0; i < len(s.lines); i++ {
		var whole []string
		at := -1 // of the cursor in whole
		for ; ; i++ {
			if i == s.row {
				at = len(whole) + s.column
			}
			whole = append(whole, s.lines[i].cells...)
			if !s.lines[i].wrapped || i+1 == len(s.lines) {
				break
			}
		}
		if at >= 0 {
			row, column = len(lines)+at/columns, at%columns
		}
		for len(whole) > columns {
			lines = append(lines, line{whole[:columns:columns], true})
			whole = whole[columns:]
		}
		lines = append(lines, line{cells: whole})
	}
	for len(lines) <= row {
		lines = append(lines, line{})
	}
	s.lines, s.columns, s.height, s.row, s.column = lines, columns, height, row, column
	s.top = max(0, len(lines)-height)
}

// text is a line without the blanks at its end.
func (s *screen) text(row int) string {
	if row >= len(s.lines) {
		return ""
	}
	return strings.TrimRight(strings.Join(s.lines[row].cells, ""), " ")
}

// String is everything that was shown.
func (s *screen) String() string {
	var b strings.Builder
	for row := range s.lines {
		b.WriteString(s.text(row) + "\n")
	}
	return b.String()
}

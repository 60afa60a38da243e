package repl

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// display is what the person sees: the line that is being edited at the bottom,
// and above it what tasks print. readline's own drawing is switched off: it
// takes every character for as wide as a step of the cursor, cannot show a line
// break, and is broken by text of others and by a change of the width.
//
// Any goroutine may use it.
type display struct {
	out  io.Writer
	size func() (columns, rows int)

	mu      sync.Mutex // guards what follows
	shown   bool       // the view is on the screen
	view    view
	row     int      // of the view's rows, the one with the cursor
	column  int      // of the cursor
	columns int      // how wide the terminal was
	rows    []string // the view's rows as they are on the screen
	begun   string   // printed while the view is shown, without its line's end: its first rows
	mid     bool     // what was printed last has not ended its line
	last    string   // that line, as far as it may be drawn anew
	waits   string   // a prompt without a view that stands in the last line; "" for none
}

// view is the edited line and what surrounds it.
type view struct {
	prompt, more string // before the first and before each further line
	line         []rune
	pos          int      // of the cursor in line
	below        []string // what Tab shows; without colours
	call, hint   string   // a function and, shown where below is not, its signature
	color        bool     // hints are faint, prompts are bold
}

// Write prints above the view, or where the cursor is when none is shown.
func (d *display) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	if d.waits != "" {
		text := "\n" + strings.TrimSuffix(string(p), "\n") + "\n" + d.waits
		_, err := io.WriteString(d.out, text)
		return len(p), err
	}
	if !d.shown {
		d.mid = p[len(p)-1] != '\n'
		d.began(string(p))
		return d.out.Write(p)
	}
	text := d.begun + string(p)
	end := strings.LastIndexByte(text, '\n') + 1
	text, d.begun = text[:end], text[end:]
	if !d.holds(d.begun) {
		text, d.begun = text+d.begun+"\n", ""
	}
	var b bytes.Buffer
	d.erase(&b)
	b.WriteString(text)
	d.draw(&b)
	if _, err := d.out.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// began notes the line that is begun. A long one is no more drawn anew.
func (d *display) began(text string) {
	const most = 4096
	text = d.last + text
	text = text[strings.LastIndexByte(text, '\n')+1:]
	if len(text) > most {
		text = "\x00"
	}
	d.last = text
}

// holds tells whether the begun line can be drawn as a part of the view.
func (d *display) holds(begun string) bool {
	columns, _ := d.size()
	text := uncolored(strings.TrimSuffix(begun, "\r"))
	return textCells(text) < 2*columns && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' })
}

// open shows a view, on a line of its own, or, without a prompt, behind the line
// that has been begun.
func (d *display) open(v view) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b bytes.Buffer
	switch {
	case d.mid && v.prompt == "" && d.holds(d.last):
		d.begun = d.last
		d.columns, _ = d.size()
		d.row = max(0, textCells(d.begun)-1) / d.columns
		d.erase(&b)
	case d.mid:
		b.WriteString("\n")
	}
	d.shown, d.mid, d.last, d.view = true, false, "", v
	d.draw(&b)
	d.out.Write(b.Bytes())
}

// update shows the view in another state.
func (d *display) update(change func(v *view)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.shown {
		return
	}
	change(&d.view)
	var b bytes.Buffer
	if !d.extend(&b) {
		d.erase(&b)
		d.draw(&b)
	}
	d.out.Write(b.Bytes())
}

// extend draws what was typed at the end of the view's last row. It reports false
// when that is not all that has changed.
func (d *display) extend(b *bytes.Buffer) bool {
	columns, height := d.size()
	p := d.view.lay(d.begun, columns)
	last := len(d.rows) - 1
	if columns != d.columns || len(p.rows) != len(d.rows) || last >= height-1 || d.row != last || p.row != last || p.column != p.used ||
		!slices.Equal(p.rows[:last], d.rows[:last]) {
		return false
	}
	more, ok := strings.CutPrefix(p.rows[last], d.rows[last])
	if !ok || d.column != textCells(d.rows[last]) {
		return false
	}
	b.WriteString(more)
	d.rows[last], d.column = p.rows[last], p.column
	return true
}

// close leaves the view as it is, without hints, and goes to the next line. mark
// is put behind the edited line: "^C".
func (d *display) close(mark string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.shown {
		return
	}
	d.view.below, d.view.hint, d.view.pos = nil, "", len(d.view.line)
	var b bytes.Buffer
	d.erase(&b)
	d.draw(&b)
	b.WriteString(mark + "\n")
	d.shown, d.begun = false, ""
	d.out.Write(b.Bytes())
}

// remove takes the view away, but for a line that was begun before it.
func (d *display) remove() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.shown {
		return
	}
	var b bytes.Buffer
	d.erase(&b)
	b.WriteString(d.begun)
	d.mid, d.last = d.begun != "", d.begun
	d.shown, d.begun = false, ""
	d.out.Write(b.Bytes())
}

// endLine goes to a new line, if something stands in this one.
func (d *display) endLine() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mid {
		io.WriteString(d.out, "\n")
	}
	d.mid, d.last = false, ""
}

// resized draws anew after the width has changed.
func (d *display) resized() { d.update(func(*view) {}) }

// again draws anew where the cursor is: others have written to the screen.
func (d *display) again() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b bytes.Buffer
	if d.waits != "" {
		b.WriteString("\n" + d.waits)
	}
	if d.shown {
		b.WriteString("\r\x1b[J")
		d.draw(&b)
	}
	d.out.Write(b.Bytes())
}

// rewrapped is the cursor's row after the terminal has wrapped the rows that are
// too long for its width now.
func (d *display) rewrapped(columns int) int {
	row := d.column / columns
	for _, text := range d.rows[:d.row] {
		row += 1 + max(0, textCells(text)-1)/columns
	}
	return row
}

// clear empties the screen above the view.
func (d *display) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b bytes.Buffer
	b.WriteString("\x1b[H\x1b[2J")
	d.draw(&b)
	d.out.Write(b.Bytes())
}

// erase goes to the first column of the view's first row and clears from there.
func (d *display) erase(b *bytes.Buffer) {
	if columns, _ := d.size(); columns != d.columns {
		d.row = d.rewrapped(columns)
	}
	b.WriteString("\r")
	if d.row > 0 {
		fmt.Fprintf(b, "\x1b[%dA", d.row)
	}
	b.WriteString("\x1b[J")
	d.row, d.rows = 0, nil
}

// draw writes the view and puts the cursor to its place. Where a row ends is not
// left to the terminal.
func (d *display) draw(b *bytes.Buffer) {
	columns, height := d.size()
	p := d.view.lay(d.begun, columns)
	rows, row := p.window(height - 1)
	b.WriteString(strings.Join(rows, "\r\n"))
	d.rows = slices.Clone(rows)
	if up := len(rows) - 1 - row; up > 0 {
		fmt.Fprintf(b, "\x1b[%dA", up)
	}
	b.WriteString("\r")
	if p.column > 0 {
		fmt.Fprintf(b, "\x1b[%dC", p.column)
	}
	d.row, d.column, d.columns = row, p.column, columns
}

// page is a view as rows that fit the terminal's width.
type page struct {
	columns int
	rows    []string
	below   int // how many rows of hints are the last
	used    int // columns of the row that is being filled
	row     int // where the cursor is
	column  int
}

func (v *view) lay(begun string, columns int) *page {
	p := &page{columns: columns, rows: []string{""}}
	if begun != "" {
		p.text(strings.TrimSuffix(begun, "\r"))
		if uncolored(begun) != begun {
			p.text(plain)
		}
	}
	if begun != "" && v.prompt != "" {
		p.next()
	}
	p.prompt(v.prompt, v.color)
	for i, r := range v.line {
		if i == v.pos {
			p.mark()
		}
		if r == '\n' {
			p.next()
			p.prompt(v.more, v.color)
			continue
		}
		if r == '\t' {
			p.text(strings.Repeat(" ", tabCells))
			continue
		}
		p.put(glyph(r))
	}
	if v.pos >= len(v.line) {
		p.mark()
	}
	below := v.below
	if len(below) == 0 && v.hint != "" {
		below = []string{v.hint}
	}
	for _, hint := range below {
		p.next()
		p.below++
		p.rows[len(p.rows)-1] = painted(v.color, faint, cutCells(hint, columns-1))
	}
	return p
}

// prompt puts a prompt; one that fills the row is left out.
func (p *page) prompt(text string, color bool) {
	if n := textCells(text); n < p.columns {
		p.rows[len(p.rows)-1] += painted(color, bold, text)
		p.used += n
	}
}

// text adds a text, in which there may be colours.
func (p *page) text(s string) {
	for s != "" {
		if n := colorLength(s); n > 0 {
			p.rows[len(p.rows)-1] += s[:n]
			s = s[n:]
			continue
		}
		_, n := utf8.DecodeRuneInString(s)
		p.put(s[:n])
		s = s[n:]
	}
}

// put adds what one character is shown as, in the next row when it does not fit.
func (p *page) put(s string) {
	n := textCells(s)
	if p.used+n > p.columns {
		p.next()
	}
	p.rows[len(p.rows)-1] += s
	p.used += n
}

func (p *page) next() {
	p.rows = append(p.rows, "")
	p.used = 0
}

// mark notes that the cursor is here. Behind the last column there is no place
// for it.
func (p *page) mark() {
	if p.used >= p.columns {
		p.next()
	}
	p.row, p.column = len(p.rows)-1, p.used
}

// window is the part of the rows that fits the terminal's height, and the row of
// the cursor in it. Hints give way first.
func (p *page) window(height int) (rows []string, row int) {
	rows, height = p.rows, max(height, 1)
	if over := len(rows) - height; over > 0 {
		rows = rows[:len(rows)-min(over, p.below)]
	}
	if len(rows) <= height {
		return rows, p.row
	}
	from := min(max(0, p.row-height/2), len(rows)-height)
	return rows[from : from+height], p.row - from
}

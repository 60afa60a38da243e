package luatest

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Pretty returns a Reporter for people: a line for each file, the failures last.
func Pretty(w io.Writer, o PrettyOptions) Reporter { return &pretty{w: w, o: o} }

// PrettyOptions say how Pretty prints.
type PrettyOptions struct {
	Color bool // with ANSI escapes
	Live  bool // w is a terminal: its last line shows how the run stands
	Width int  // of the terminal, in letters; 0 is 80
}

// pretty keeps what is printed of the file whose results come.
type pretty struct {
	w       io.Writer
	o       PrettyOptions
	results []*Result
	summary *Summary
	running string // the test that was started last
	shown   time.Time
	live    bool // a status line is on the screen
	single  bool
}

const (
	slow     = 500 * time.Millisecond // a test whose time is shown in any case
	liveWait = 60 * time.Millisecond  // between two status lines
)

// The colours by what they mean.
const (
	green  = "32"
	red    = "31"
	yellow = "33"
	faint  = "2"
	bold   = "1"
)

func (p *pretty) paint(color, text string) string {
	if !p.o.Color || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (p *pretty) printf(format string, args ...any) {
	p.clear()
	fmt.Fprintf(p.w, format, args...)
}

func (p *pretty) Begin(s *Summary) { p.summary, p.single = s, s.Files == 1 }

func (p *pretty) Started(file string, path []string) {
	p.running = file + " › " + strings.Join(path, " › ")
	p.Counted(p.summary)
}

// Counted shows how the run stands.
func (p *pretty) Counted(s *Summary) {
	if !p.o.Live || time.Since(p.shown) < liveWait {
		return
	}
	p.shown, p.live = time.Now(), true
	width := p.o.Width
	if width == 0 {
		width = 80
	}
	text := fmt.Sprintf("%d/%d files, %s  %s", s.Done, s.Files, counts(s), p.running)
	fmt.Fprint(p.w, "\r\x1b[K"+p.paint(faint, cut(text, width-1)))
}

// clear takes the status line away.
func (p *pretty) clear() {
	if p.live {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.live = false
	}
}

// cut is a text that is no longer than so many letters.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:max(0, most-1)]) + "…"
}

func (p *pretty) Result(r *Result) { p.results = append(p.results, r) }

// Ended prints what there is to say of a file: every test if it is the only one,
// else those that did not pass, took long, or printed something.
func (p *pretty) Ended(file string, d time.Duration) {
	passed, failed, tests := 0, 0, 0
	for _, r := range p.results {
		switch {
		case r.isOutput():
			continue
		case r.Status == Passed:
			passed++
		case r.Status == Failed:
			failed++
		}
		tests++
	}
	sign, color := "✓", green
	switch {
	case failed > 0:
		sign, color = "✗", red
	case passed == 0:
		sign, color = "–", yellow
	}
	count := plural(tests, "test")
	switch {
	case tests == 1 && failed == 1 && p.results[0].Outside:
		count = "failed"
	case failed > 0:
		count = fmt.Sprintf("%d of %s failed", failed, count)
	}
	p.printf("%s %s  %s\n", p.paint(color, sign), file, p.paint(faint, count+", "+duration(d)))
	for _, r := range p.results {
		p.test(r)
	}
	p.results = p.results[:0]
}

// test prints a line for a test, and what it has printed.
func (p *pretty) test(r *Result) {
	if !p.single && r.Status == Passed && r.Duration < slow && r.Output == "" {
		return
	}
	sign, color := "✓", green
	switch r.Status {
	case Failed:
		sign, color = "✗", red
	case Skipped:
		sign, color = "–", yellow
	}
	line := "  " + p.paint(color, sign) + " " + name(r)
	switch {
	case r.isOutput():
		line = "  " + p.paint(faint, "after the tests")
	case r.Status == Skipped && r.Reason != "":
		line += p.paint(yellow, "  skipped: "+r.Reason)
	case r.Status == Skipped:
		line += p.paint(yellow, "  skipped")
	case !r.Outside:
		line += p.paint(faint, "  "+duration(r.Duration))
	}
	p.printf("%s\n", line)
	if r.Output != "" {
		p.printf("%s\n", p.indent(strings.TrimSuffix(r.Output, "\n"), "    "+p.paint(faint, "│")+" "))
	}
}

// name is the path of a test as people read it.
func name(r *Result) string {
	if len(r.Path) == 0 {
		return "the file itself"
	}
	return strings.Join(r.Path, " › ")
}

func (p *pretty) indent(text, with string) string {
	return with + strings.ReplaceAll(text, "\n", "\n"+with)
}

// duration is a time as people read it: "3 ms", "1.25 s".
func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

// counts is "3 passed, 0 failed, 1 skipped".
func counts(s *Summary) string {
	text := fmt.Sprintf("%d passed, %d failed", s.Passed, s.Failed)
	if s.Skipped > 0 {
		text += fmt.Sprintf(", %d skipped", s.Skipped)
	}
	return text
}

// End prints the failures and the summary.
func (p *pretty) End(s *Summary) {
	for i, r := range s.Failures {
		p.failed(i+1, r)
	}
	for i, text := range s.Obsolete {
		if i == 0 {
			p.printf("\n%s\n", p.paint(yellow, "snapshots that no test has asked for (--update drops them):"))
		}
		p.printf("  %s\n", text)
	}
	color := green
	if s.Failed > 0 {
		color = red
	}
	line := p.paint(bold+";"+color, counts(s))
	if s.NotRun {
		line += p.paint(yellow, ", the rest was not run")
	}
	order := "seed"
	if s.Shuffled {
		order = "shuffled with seed"
	}
	p.printf("\n%s%s\n", line, p.paint(faint, fmt.Sprintf("  in %s, %s %d", duration(s.Duration), order, s.Seed)))
}

// FailureText is a failed test in full: the failures, each with its line, and what
// there is to know of the conversation. It ends with a newline.
func FailureText(r *Result, color bool) string {
	var b strings.Builder
	p := &pretty{w: &b, o: PrettyOptions{Color: color}}
	for i, f := range r.Failures {
		if i > 0 {
			p.printf("\n")
		}
		p.failure(r, &f)
	}
	for _, note := range r.Notes {
		p.printf("\n   %s\n%s\n", p.paint(faint, note.What+":"), p.indent(strings.TrimRight(note.Text, "\n"), "     "))
	}
	return b.String()
}

// failure prints one failure of a test.
func (p *pretty) failure(r *Result, f *Failure) {
	if f.File != "" && f.File != r.File {
		p.printf("     %s\n", p.paint(faint, place(f.File, f.Line)))
	}
	if f.Source != "" {
		p.printf("%s\n\n", p.paint(faint, fmt.Sprintf("%6d │ ", f.Line))+f.Source)
	}
	p.printf("%s\n", p.message(f.Message))
	if strings.Contains(f.Traceback, "\n") {
		p.printf("\n")
		for line := range strings.SplitSeq(f.Traceback, "\n") {
			p.printf("%s\n", p.paint(faint, "     at "+line))
		}
	}
}

// failed prints a failed test with its number.
func (p *pretty) failed(n int, r *Result) {
	p.printf("\n%s  %s\n\n%s", p.paint(bold+";"+red, fmt.Sprintf("%d) %s", n, name(r))), p.paint(faint, place(r.File, r.Line)), FailureText(r, p.o.Color))
}

func place(file string, line int) string {
	if line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// message is a failure's message, its first line in red, what should be there and
// what is in their colours.
func (p *pretty) message(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		switch {
		case i == 0:
			line = p.paint(red, line)
		case strings.HasPrefix(line, "  - "), strings.HasPrefix(line, "  expected: "):
			line = p.paint(green, line)
		case strings.HasPrefix(line, "  + "), strings.HasPrefix(line, "  actual:   "):
			line = p.paint(red, line)
		}
		lines[i] = "     " + line
	}
	return strings.Join(lines, "\n")
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

package luatest

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// TAP returns a Reporter in the Test Anything Protocol, version 14. The line with
// the version has a comment behind it, for which older harnesses pass over it:
// Perl's prove refuses a version that it does not know, though it reads the rest.
func TAP(w io.Writer) Reporter { return &tap{w: w} }

type tap struct {
	w io.Writer
	n int
}

func (t *tap) Begin(s *Summary) {
	fmt.Fprintf(t.w, "TAP version 14 # sockscript test, seed %d\n", s.Seed)
}

func (t *tap) Started(string, []string)    {}
func (t *tap) Counted(*Summary)            {}
func (t *tap) Ended(string, time.Duration) {}

func (t *tap) End(s *Summary) {
	if s.NotRun {
		fmt.Fprintln(t.w, "# the rest was not run")
	}
	fmt.Fprintf(t.w, "1..%d\n", t.n)
}

func (t *tap) Result(r *Result) {
	if r.isOutput() {
		t.output(r)
		return
	}
	t.n++
	verdict := "ok"
	if r.Status == Failed {
		verdict = "not ok"
	}
	line := fmt.Sprintf("%s %d - %s", verdict, t.n, tapText(r.File+": "+r.Name()))
	if r.Status == Skipped {
		line += strings.TrimRight(" # SKIP "+tapText(r.Reason), " ")
	}
	fmt.Fprintln(t.w, line)
	if r.Status == Failed {
		t.diagnosis(r)
	}
	t.output(r)
}

// output is what a test has printed, as comments.
func (t *tap) output(r *Result) {
	if r.Output != "" {
		fmt.Fprintln(t.w, "# "+strings.ReplaceAll(strings.TrimSuffix(r.Output, "\n"), "\n", "\n# "))
	}
}

// tapText is a text in which nothing is taken for a directive or a line's end.
func tapText(text string) string {
	return strings.NewReplacer(`\`, `\\`, "#", `\#`, "\n", " ", "\r", " ").Replace(text)
}

// diagnosis is the YAML block of a failed test.
func (t *tap) diagnosis(r *Result) {
	fmt.Fprintf(t.w, "  ---\n  duration_ms: %.1f\n  failures:\n", float64(r.Duration)/float64(time.Millisecond))
	for _, f := range r.Failures {
		fmt.Fprintf(t.w, "    - kind: %s\n", f.Kind)
		if f.File != "" {
			fmt.Fprintf(t.w, "      at: %s\n", yamlText(place(f.File, f.Line)))
		}
		if f.Source != "" {
			fmt.Fprintf(t.w, "      source: %s\n", yamlText(f.Source))
		}
		fmt.Fprintf(t.w, "      message: %s\n", yamlBlock(f.Message, "        "))
	}
	if len(r.Notes) > 0 {
		fmt.Fprintf(t.w, "  notes:\n")
	}
	for _, n := range r.Notes {
		fmt.Fprintf(t.w, "    - what: %s\n      text: %s\n", yamlText(n.What), yamlBlock(n.Text, "        "))
	}
	fmt.Fprintf(t.w, "  ...\n")
}

// yamlText is a text in quotes, as YAML reads it.
func yamlText(text string) string { return quotedJSON(text) }

// yamlBlock is a text of several lines as YAML's literal block, of one line in
// quotes.
func yamlBlock(text, indent string) string {
	text = strings.TrimRight(text, "\n")
	if !strings.Contains(text, "\n") || strings.HasPrefix(text, " ") || !isPlain(text) || strings.ContainsAny(text, "\r\t") {
		return yamlText(text)
	}
	return "|-\n" + indent + strings.ReplaceAll(text, "\n", "\n"+indent)
}

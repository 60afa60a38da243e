package luatest

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// JUnit returns a Reporter that writes, at the end, JUnit's XML as Jenkins reads
// it: a testsuite for each file, a testcase for each test and for what failed
// outside any.
func JUnit(w io.Writer) Reporter { return &junit{w: w} }

type junit struct {
	w      io.Writer
	begin  time.Time
	cases  []junitCase // of the file whose results come
	output *junitOutput
	suites []junitSuite
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string       `xml:"name,attr"`
	File      string       `xml:"file,attr"`
	Tests     int          `xml:"tests,attr"`
	Failures  int          `xml:"failures,attr"`
	Errors    int          `xml:"errors,attr"`
	Skipped   int          `xml:"skipped,attr"`
	Time      string       `xml:"time,attr"`
	Timestamp string       `xml:"timestamp,attr"`
	Hostname  string       `xml:"hostname,attr"`
	Cases     []junitCase  `xml:"testcase"`
	Output    *junitOutput `xml:"system-out"`
}

type junitCase struct {
	Name     string         `xml:"name,attr"`
	Class    string         `xml:"classname,attr"`
	Time     string         `xml:"time,attr"`
	Skipped  *junitVerdict  `xml:"skipped"`
	Errors   []junitVerdict `xml:"error"`
	Failures []junitVerdict `xml:"failure"`
	Output   *junitOutput   `xml:"system-out"`
}

type junitOutput struct {
	Text string `xml:",cdata"`
}

type junitVerdict struct {
	Message string `xml:"message,attr,omitempty"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

func (j *junit) Begin(s *Summary)         { j.begin = s.Start }
func (j *junit) Started(string, []string) {}
func (j *junit) Counted(*Summary)         {}

func (j *junit) Result(r *Result) {
	if r.isOutput() {
		j.output = &junitOutput{xmlText(r.Output)}
		return
	}
	c := junitCase{
		Name:  xmlText(r.Name()),
		Class: xmlText(strings.TrimSuffix(strings.ReplaceAll(strings.TrimLeft(r.File, "./"), "/", "."), ".lua")),
		Time:  junitTime(r.Duration),
	}
	if r.Output != "" {
		c.Output = &junitOutput{xmlText(r.Output)}
	}
	if r.Status == Skipped {
		c.Skipped = &junitVerdict{Message: xmlText(r.Reason)}
	}
	for i, f := range r.Failures {
		v := junitVerdict{Message: xmlText(firstLine(f.Message)), Type: string(f.Kind), Text: xmlText(junitText(r, i))}
		if f.Kind == KindError {
			c.Errors = append(c.Errors, v)
		} else {
			c.Failures = append(c.Failures, v)
		}
	}
	j.cases = append(j.cases, c)
}

// junitText is all that is known of failure i.
func junitText(r *Result, i int) string {
	f := r.Failures[i]
	var b strings.Builder
	if f.File != "" {
		fmt.Fprintf(&b, "%s\n", place(f.File, f.Line))
	}
	if f.Source != "" {
		fmt.Fprintf(&b, "    %s\n", f.Source)
	}
	b.WriteString(f.Message)
	if f.Traceback != "" {
		b.WriteString("\n\n" + f.Traceback)
	}
	if i == 0 {
		for _, n := range r.Notes {
			b.WriteString("\n\n" + n.What + ":\n" + strings.TrimRight(n.Text, "\n"))
		}
	}
	return b.String()
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func (j *junit) Ended(file string, d time.Duration) {
	host, _ := os.Hostname()
	s := junitSuite{
		Name: xmlText(file), File: xmlText(file), Tests: len(j.cases), Time: junitTime(d),
		Timestamp: j.begin.UTC().Format("2006-01-02T15:04:05"), Hostname: xmlText(host), Cases: j.cases, Output: j.output,
	}
	for _, c := range j.cases {
		switch {
		case c.Skipped != nil:
			s.Skipped++
		case len(c.Errors) > 0:
			s.Errors++
		case len(c.Failures) > 0:
			s.Failures++
		}
	}
	j.cases, j.output = nil, nil
	j.suites = append(j.suites, s)
}

func (j *junit) End(s *Summary) {
	all := junitSuites{Name: "sockscript test", Time: junitTime(s.Duration), Suites: j.suites}
	for _, suite := range j.suites {
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
	}
	io.WriteString(j.w, xml.Header)
	e := xml.NewEncoder(j.w)
	e.Indent("", "  ")
	e.Encode(all)
	io.WriteString(j.w, "\n")
}

// junitTime is in seconds.
func junitTime(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

// xmlText is a text without what XML cannot hold, which is shown as \x00.
func xmlText(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && n == 1, r < ' ' && r != '\n' && r != '\t':
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case r == 0xFFFE || r == 0xFFFF:
			fmt.Fprintf(&b, `\u{%x}`, r)
		default:
			b.WriteRune(r)
		}
		text = text[n:]
	}
	return b.String()
}

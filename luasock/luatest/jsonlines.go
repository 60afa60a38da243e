package luatest

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"time"
)

// JSONLines returns a Reporter that writes an object for each event, one a line:
// type is "start", "test", "output" (of a file, after its tests), "file" or "end".
func JSONLines(w io.Writer) Reporter { return &jsonLines{w} }

type jsonLines struct{ w io.Writer }

type jsonStart struct {
	Type     string    `json:"type"`
	Files    int       `json:"files"`
	Seed     int64     `json:"seed"`
	Shuffled bool      `json:"shuffled"`
	Time     time.Time `json:"time"`
}

type jsonTest struct {
	Type     string        `json:"type"`
	File     string        `json:"file"`
	Line     int           `json:"line,omitempty"`
	Path     []string      `json:"path"`
	Name     string        `json:"name"`
	Outside  bool          `json:"outside,omitempty"` // it is no test
	Status   string        `json:"status"`
	Reason   string        `json:"reason,omitempty"`
	Seconds  float64       `json:"seconds"`
	Failures []jsonFailure `json:"failures,omitempty"`
	Notes    []jsonNote    `json:"notes,omitempty"`
	Output   string        `json:"output,omitempty"`
}

type jsonFailure struct {
	Kind      Kind   `json:"kind"`
	Message   string `json:"message"`
	File      string `json:"file,omitempty"`
	Line      int    `json:"line,omitempty"`
	Source    string `json:"source,omitempty"`
	Traceback string `json:"traceback,omitempty"`
}

type jsonNote struct {
	What string `json:"what"`
	Text string `json:"text"`
}

type jsonFile struct {
	Type    string  `json:"type"`
	File    string  `json:"file"`
	Seconds float64 `json:"seconds"`
}

type jsonEnd struct {
	Type     string   `json:"type"`
	Passed   int      `json:"passed"`
	Failed   int      `json:"failed"`
	Skipped  int      `json:"skipped"`
	NotRun   bool     `json:"not_run,omitempty"` // stopped before the end
	Seconds  float64  `json:"seconds"`
	Seed     int64    `json:"seed"`
	Obsolete []string `json:"obsolete_snapshots,omitempty"`
}

func (j *jsonLines) write(v any) {
	e := json.NewEncoder(j.w)
	e.SetEscapeHTML(false)
	e.Encode(v)
}

func (j *jsonLines) Begin(s *Summary) {
	j.write(jsonStart{"start", s.Files, s.Seed, s.Shuffled, s.Start})
}

func (j *jsonLines) Started(string, []string) {}
func (j *jsonLines) Counted(*Summary)         {}

// statusWords are the statuses by their names.
var statusWords = map[Status]string{Passed: "passed", Failed: "failed", Skipped: "skipped"}

func (j *jsonLines) Result(r *Result) {
	kind := "test"
	if r.isOutput() {
		kind = "output"
	}
	t := jsonTest{
		Type: kind, File: r.File, Line: r.Line, Path: r.Path, Name: r.Name(), Outside: r.Outside,
		Status: statusWords[r.Status], Reason: r.Reason, Seconds: r.Duration.Seconds(), Output: r.Output,
	}
	if t.Path == nil {
		t.Path = []string{}
	}
	for _, f := range r.Failures {
		t.Failures = append(t.Failures, jsonFailure(f))
	}
	for _, n := range r.Notes {
		t.Notes = append(t.Notes, jsonNote(n))
	}
	j.write(t)
}

func (j *jsonLines) Ended(file string, d time.Duration) {
	j.write(jsonFile{"file", file, d.Seconds()})
}

func (j *jsonLines) End(s *Summary) {
	j.write(jsonEnd{"end", s.Passed, s.Failed, s.Skipped, s.NotRun, s.Duration.Seconds(), s.Seed, s.Obsolete})
}

// quotedJSON is a text as JSON, and so YAML, has it.
func quotedJSON(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(text)
	return strings.TrimSuffix(b.String(), "\n")
}

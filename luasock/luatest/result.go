package luatest

import "time"

// Status says how a test has ended.
type Status int

const (
	Passed Status = iota
	Failed
	Skipped // pending, or not run
)

// Kind says what sort of failure it is.
type Kind string

const (
	KindAssertion Kind = "assertion"
	KindError     Kind = "error"
	KindTimeout   Kind = "timeout"
	KindDeadlock  Kind = "deadlock"
	KindLeak      Kind = "leak"
)

// Failure is one thing that is wrong with a test.
type Failure struct {
	Kind      Kind
	Message   string // with both sides, in several lines; ends without a newline
	File      string // where; "" when there is no line to name
	Line      int
	Source    string // the line's text
	Traceback string
}

// Result is how one test has ended; or that something outside any test failed: a
// file that does not load, a hook of a block. Then Path names the block. One that
// is Outside and has Passed is nothing but the Output of what came after the last
// test of a file.
type Result struct {
	File     string   // as it was given, relative to where the suite runs
	Path     []string // describe, describe, it
	Line     int      // of the it
	Outside  bool     // it is no test
	Status   Status
	Reason   string // why it was skipped
	Duration time.Duration
	Failures []Failure
	Notes    []Note
	Output   string // what it printed

	counted bool
	told    bool // to go test
}

// isOutput tells whether there is nothing but output.
func (r *Result) isOutput() bool { return r.Outside && r.Status == Passed }

// Name is the path in one text, as busted has it.
func (r *Result) Name() string {
	if len(r.Path) == 0 {
		return "the file itself"
	}
	return fullName(r.Path)
}

// Note is what a failed test shows beside its failures: the conversation on a
// socket, the last output of a process.
type Note struct{ What, Text string }

package luatest

import (
	"fmt"
	"io"
	"time"
)

// List returns a Reporter that prints where each test is and its name, for a Suite
// that Lists, and what kept it from finding them.
func List(w io.Writer) Reporter { return &list{w} }

type list struct{ w io.Writer }

func (l *list) Begin(*Summary)              {}
func (l *list) Started(string, []string)    {}
func (l *list) Counted(*Summary)            {}
func (l *list) Ended(string, time.Duration) {}
func (l *list) End(*Summary)                {}

func (l *list) Result(r *Result) {
	if r.Status == Skipped {
		fmt.Fprintf(l.w, "%s: %s\n", place(r.File, r.Line), r.Name())
		return
	}
	for _, f := range r.Failures {
		fmt.Fprintf(l.w, "%s: error: %s\n", place(r.File, r.Line), f.Message)
	}
}

package loop

import "strings"

// Deadlock is the error of a loop whose tasks all wait while nothing can wake
// one of them.
type Deadlock struct {
	Waits []Waits
}

// Waits says of one task where it waits and for what.
type Waits struct {
	Task  string
	Where string // a line of the program; may be ""
	For   string
}

func (d *Deadlock) Error() string {
	var b strings.Builder
	b.WriteString("deadlock: every task waits for another")
	for _, w := range d.Waits {
		b.WriteString("\n\t" + w.Task + " waits in " + w.For)
		if w.Where != "" {
			b.WriteString(" at " + w.Where)
		}
	}
	return b.String()
}

// Report tells where each task waits but those of Background, Main first if it
// does.
func (l *Loop) Report() []Waits {
	var list []Waits
	for _, t := range append([]*Task{&l.main}, l.live.slice()...) {
		if t.state != Waiting || t.behind || t.why.Op == "run" {
			continue
		}
		w := Waits{Task: t.String(), For: t.why.String()}
		if t.Where != nil {
			w.Where = t.Where()
		}
		list = append(list, w)
	}
	return list
}

func (l *Loop) reportDeadlock() {
	l.Wake(&l.main, &Deadlock{Waits: l.Report()})
}

package repl

import (
	"io"
	"time"

	"github.com/chzyer/readline"

	"sockscript/luasock/loop"
)

// While a connection interacts with the person (.interact, fp:interact), lines are
// edited as entries are, and what comes is shown above the one that is being typed.

// talk is a line for a peer, as it is being edited.
type talk struct{ end lineState }

// lineState is how the editing of a line for a peer has ended.
type lineState int

const (
	lineSent    lineState = iota
	lineFlushed           // is sent without a line break: Ctrl-D
	lineCleared           // Ctrl-C
	lineLeft              // Ctrl-C on an empty line
	lineEscaped           // Ctrl-]
	lineHungUp            // nobody waits for it any more
	linesEnd              // Ctrl-D on an empty line
	inputEnds             // the terminal is gone
)

const charEscape = 0x1d // Ctrl-]

// readLine reads a line for a peer.
func (e *editor) readLine() (string, lineState) {
	if e.ended {
		return "", inputEnds
	}
	t := &talk{}
	ask, history := e.ask, e.history
	e.ask, e.history, e.talk = noQuestions{}, e.said, t
	text, err := e.rl.Readline()
	e.ask, e.history, e.talk = ask, history, nil
	switch {
	case e.ended:
		return "", inputEnds
	case err == io.EOF:
		return "", linesEnd
	case err == nil:
		e.said.add(text)
	}
	return text, t.end
}

// talkKey takes in a key that ends the editing of a line for a peer. done is false
// for one that does not.
func (e *editor) talkKey(r rune) (key rune, done bool) {
	end := lineSent
	switch {
	case r == charEscape:
		end = lineEscaped
	case r == keyHangUp:
		end = lineHungUp
	case r == readline.CharInterrupt && len(e.line) == 0:
		end = lineLeft
	case r == readline.CharInterrupt:
		e.show.close("^C")
		e.talk.end = lineCleared
		return r, true
	case r == readline.CharDelete && len(e.line) == 0:
		e.show.remove()
		return r, true
	case r == readline.CharDelete && e.pos == len(e.line):
		e.talk.end = lineFlushed
		e.show.close("")
		return readline.CharEnter, true
	default:
		return r, false
	}
	e.talk.end = end
	e.rl.Operation.SetBuffer("")
	e.show.remove()
	return readline.CharInterrupt, true
}

// noQuestions are those of a line that is no Lua.
type noQuestions struct{}

func (noQuestions) whole(string) bool                { return true }
func (noQuestions) complete(string) (int, []string)  { return 0, nil }
func (noQuestions) sign(call string, _ func(string)) {}
func (noQuestions) accept()                          {}
func (noQuestions) stuck()                           {}

// typist is luasock.Options.Typist: while an entry runs, and for what it waits for
// itself, lines are edited.
func (c *Console) typist() (next func() (p []byte, more bool, err error), done func()) {
	if !isTerminal(c.o.In) || !c.running || c.vm.Loop().Current() != c.task {
		return nil, nil
	}
	if c.editor == nil {
		c.term.endLinesAt(charEscape)
	}
	return c.typed, func() { c.term.restore() }
}

// typed waits for the next line for a peer.
func (c *Console) typed() (p []byte, more bool, err error) {
	for {
		text, end, err := c.line()
		switch {
		case err != nil:
			return nil, false, err
		case end == lineSent:
			return []byte(text + "\n"), true, nil
		case end == lineFlushed:
			return []byte(text), true, nil
		case end == linesEnd:
			return nil, true, io.EOF
		case end == inputEnds:
			return nil, false, io.EOF
		case end == lineEscaped:
			return nil, false, nil
		case end == lineLeft:
			c.vm.Cancel(c.task, errInterrupted.Error())
			return nil, false, nil
		}
	}
}

// plainLine reads a line for a peer that the terminal itself lets be edited.
func (c *Console) plainLine() (string, lineState) {
	var line []byte
	for {
		switch b, err := c.keys.byte(forever, c.keys.hung[0]); {
		case err == errHungUp:
			return "", lineHungUp
		case err == io.EOF && isTerminal(c.o.In): // Ctrl-D
			return "", linesEnd
		case err != nil:
			return "", inputEnds
		case b == charEscape:
			c.show.Write([]byte("\n")) // behind the ^] of the terminal's
			return "", lineEscaped
		case b == '\n':
			return string(line), lineSent
		default:
			line = append(line, b)
		}
	}
}

// line has a line edited, while tasks run. A cancel takes the keyboard from the
// editor; its error is returned after that.
func (c *Console) line() (text string, end lineState, err error) {
	l, done := c.vm.Loop(), false
	me := l.Current()
	l.Ref() // the person may still type something
	defer l.Unref()
	c.keys.lend(false)
	defer c.keys.lend(true)
	go func() {
		edit := c.plainLine
		if c.editor != nil {
			edit = c.editor.readLine
		}
		read, how := edit()
		c.vm.Post(func() {
			text, end, done = read, how, true
			l.Wake(me, nil)
		})
	}()
	why := loop.Why{Op: "keyboard"}
	for !done && err == nil {
		err = l.Park(why, time.Time{})
	}
	c.keys.hangUp(!done)
	defer c.keys.hangUp(false)
	l.Shielded(func() {
		for !done && l.Park(why, time.Time{}) != loop.ErrKilled {
		}
	})
	return text, end, err
}

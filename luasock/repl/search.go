package repl

import "github.com/chzyer/readline"

// search is a search in the history, as Ctrl-R begins it.
type search struct {
	text  []rune
	found int // the entry that is shown; the number of entries for none yet
	draft []rune
	fails bool
}

func (e *editor) startSearch() {
	e.search = &search{found: len(e.history.entries), draft: e.line}
	e.showSearch()
}

// searchKey takes in a key of a search. When that key ends the search and means
// something else, done is false.
func (e *editor) searchKey(r rune) (key rune, done bool) {
	s := e.search
	switch {
	case r == readline.CharBckSearch:
		e.look(s.found)
	case r == readline.CharBackspace || r == readline.CharCtrlH:
		s.text = s.text[:max(0, len(s.text)-1)]
		e.look(len(e.history.entries))
	case r == readline.CharInterrupt || r == readline.CharBell || r == keyEscape:
		e.endSearch(s.draft)
		return 0, true
	case r == keyPaste:
		s.text = append(s.text, []rune(e.keys.paste())...)
		e.look(len(e.history.entries))
	case r >= ' ' && !isKey(r):
		s.text = append(s.text, r)
		e.look(min(s.found+1, len(e.history.entries)))
	default:
		e.endSearch(e.line)
		return r, false
	}
	e.showSearch()
	return 0, true
}

// look finds the entry before an index.
func (e *editor) look(before int) {
	s := e.search
	i := e.history.find(string(s.text), before)
	if s.fails = i < 0; s.fails || len(s.text) == 0 {
		return
	}
	s.found, e.line = i, []rune(e.history.entries[i])
}

func (e *editor) showSearch() {
	s := e.search
	state := "search: "
	if s.fails {
		state = "not found: "
	}
	e.show.update(func(v *view) {
		v.line, v.pos, v.below = e.line, len(e.line), []string{state + string(s.text) + "_"}
	})
}

// endSearch goes on with a line.
func (e *editor) endSearch(line []rune) {
	if s := e.search; s.found < len(e.history.entries) {
		e.history.at, e.history.draft = s.found, string(s.draft)
	}
	e.search = nil
	e.line, e.pos = line, len(line)
	e.rl.Operation.SetBuffer(string(line))
	e.show.update(func(v *view) { v.line, v.pos, v.below = line, len(line), nil })
}

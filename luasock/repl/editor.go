package repl

import (
	"io"
	"slices"
	"strings"

	"github.com/chzyer/readline"
)

// editor reads entries of one line or more. The keys that change a line are
// readline's; what readline cannot do (keyboard, display and history say why) is
// done here, in the two places where it lets us in: filter sees each key before
// it, OnChange the line after it.
type editor struct {
	rl      *readline.Instance
	keys    *keyboard
	show    *display
	history *history
	ask     questions
	color   bool
	term    *terminal
	said    *history // the lines that went to peers

	// Of the entry under way; only one goroutine at a time has them.
	line   []rune
	pos    int
	search *search
	call   string // the function whose signature is shown
	talk   *talk  // nil for an entry
	ended  bool   // the input has ended: readline reads no more
}

// questions are what only the goroutine of the VM can answer.
type questions interface {
	// whole tells whether an entry can be evaluated as it is.
	whole(text string) bool
	// complete gives the words that can stand at the end of text, and where the
	// last word of text begins.
	complete(text string) (from int, words []string)
	// sign finds the signature of a function and then, perhaps later, calls tell.
	sign(call string, tell func(signature string))
	// accept is called when an entry is to be evaluated: from then on Ctrl-C is
	// about that.
	accept()
	// stuck is called when Ctrl-C clears a line: something may be in the way.
	stuck()
}

const (
	prompt     = "> "
	morePrompt = ">> "
)

// connect puts readline behind the editor's keyboard.
func (e *editor) connect() (err error) {
	e.rl, err = readline.NewEx(&readline.Config{
		Stdin:  e.keys,
		Stdout: io.Discard,
		Stderr: io.Discard,

		HistoryLimit:           -1,
		DisableAutoSaveHistory: true,
		FuncFilterInputRune:    e.filter,
		Listener:               e,
		AutoComplete:           noCompleter{},

		FuncIsTerminal:     func() bool { return false }, // it draws nothing
		FuncGetWidth:       func() int { return 0 },
		FuncMakeRaw:        e.raw,
		FuncExitRaw:        e.unraw,
		FuncOnWidthChanged: func(func()) {},
	})
	return err
}

// raw has the terminal give each key, and the keyboard know what was typed before.
func (e *editor) raw() error {
	changed, err := e.term.raw()
	if changed {
		e.keys.early(e.term.queued())
	} else {
		e.term.signals(false)
	}
	return err
}

// unraw undoes raw. Between two lines for a peer nothing is echoed, but Ctrl-C works.
func (e *editor) unraw() error {
	if e.talk != nil {
		e.term.signals(true)
		return nil
	}
	return e.term.restore()
}

// noCompleter is readline's completer: ours needs the place of the cursor.
type noCompleter struct{}

func (noCompleter) Do([]rune, int) ([][]rune, int) { return nil, 0 }

// read reads an entry. The error is io.EOF at the end of the input or for Ctrl-D
// on an empty line, readline.ErrInterrupt for Ctrl-C.
func (e *editor) read() (string, error) {
	if e.ended {
		return "", io.EOF
	}
	return e.rl.Readline()
}

// close frees what readline holds. The keyboard is closed before it: then nothing
// of readline waits for a key, and its Close does not hang.
func (e *editor) close() { e.rl.Close() }

// filter sees a key before readline does, and gives what readline is to take for
// it, if anything.
func (e *editor) filter(r rune) (rune, bool) {
	key, ok := e.key(r)
	if slices.Contains(ending, r) && !(ok && slices.Contains(ending, key)) {
		e.rl.Terminal.KickRead()
	}
	return key, ok
}

// ending are the characters after which readline reads no further by itself.
var ending = []rune{readline.CharInterrupt, readline.CharEnter, readline.CharCtrlJ, readline.CharDelete}

// key is filter, without what readline needs to go on.
func (e *editor) key(r rune) (rune, bool) {
	if e.search != nil {
		var done bool
		if r, done = e.searchKey(r); done {
			return e.taken()
		}
	}
	if e.talk != nil {
		if r, done := e.talkKey(r); done {
			return r, true
		}
	}
	switch r {
	case 0: // the end of the input: what has been typed is not an entry
		e.ended = true
		e.rl.Operation.SetBuffer("")
		e.show.close("")
	case readline.CharEnter, readline.CharCtrlJ:
		return e.enter(r)
	case readline.CharDelete:
		if len(e.line) > 0 {
			return keyDelete, true
		}
		e.show.close("")
	case readline.CharInterrupt:
		e.show.close("^C")
		e.history.rewind("")
		e.ask.stuck()
	case readline.CharPrev:
		return keyUp, true
	case readline.CharNext:
		return keyDown, true
	case readline.CharLineStart:
		return keyHome, true
	case readline.CharLineEnd:
		return keyEnd, true
	case readline.CharTab:
		return keyTab, true
	case readline.CharBckSearch:
		e.startSearch()
		return e.taken()
	case readline.CharCtrlL:
		e.show.clear()
		return e.taken()
	case readline.CharCtrlZ:
		e.term.suspend()
		return e.taken()
	case readline.CharFwdSearch, readline.CharBell, keyEscape, keyHangUp:
		return e.taken()
	}
	if 0 < r && r < ' ' && !slices.Contains(editing, r) {
		return e.taken()
	}
	return r, true
}

// editing are the control characters that readline itself understands.
var editing = []rune{
	readline.CharBackward, readline.CharInterrupt, readline.CharDelete, readline.CharForward, readline.CharCtrlH,
	readline.CharKill, readline.CharTranspose, readline.CharCtrlU, readline.CharCtrlW, readline.CharCtrlY,
}

// taken says that a key is done with.
func (e *editor) taken() (rune, bool) {
	e.keys.open()
	return 0, false
}

// enter ends the entry, or only the line of one that is not whole.
func (e *editor) enter(r rune) (rune, bool) {
	if !e.ask.whole(string(e.line)) {
		return keyNewline, true
	}
	e.ask.accept()
	e.show.close("")
	return r, true
}

// OnChange implements readline.Listener: it is told of the line after each key,
// and of (nil, 0, 0) before the first. What it returns replaces the line if ok.
func (e *editor) OnChange(line []rune, pos int, key rune) (newLine []rune, newPos int, ok bool) {
	switch {
	case line == nil && key == 0:
		e.line, e.pos, e.search, e.call = nil, 0, nil, ""
		v := view{prompt: prompt, more: morePrompt, color: e.color}
		if e.talk != nil {
			v.prompt, v.more = "", ""
		}
		e.show.open(v)
		e.keys.open()
		return nil, 0, false
	case key == 0, key == readline.CharEnter, key == readline.CharCtrlJ, key == readline.CharDelete, key == readline.CharInterrupt:
		return nil, 0, false // the entry is over
	}
	var below []string
	if isKey(key) && pos > 0 && line[pos-1] == key {
		line, pos = slices.Delete(line, pos-1, pos), pos-1
		line, pos, below = e.special(key, line, pos)
		ok = true
	}
	e.line, e.pos = slices.Clone(line), pos
	e.show.update(func(v *view) { v.line, v.pos, v.below = e.line, pos, below })
	e.hint()
	e.keys.open()
	return line, pos, ok
}

// special does what a key does that readline does not know, and gives what is to
// be shown below the line.
func (e *editor) special(key rune, line []rune, pos int) ([]rune, int, []string) {
	switch key {
	case keyNewline:
		line = slices.Insert(line, pos, '\n')
		return line, pos + 1, nil
	case keyPaste:
		text := []rune(e.keys.paste())
		return slices.Insert(line, pos, text...), pos + len(text), nil
	case keyDelete:
		if pos < len(line) {
			line = slices.Delete(line, pos, pos+1)
		}
	case keyHome:
		return line, lineStart(line, pos), nil
	case keyEnd:
		return line, lineEnd(line, pos), nil
	case keyUp:
		line, pos = e.up(line, pos)
	case keyDown:
		line, pos = e.down(line, pos)
	case keyTab:
		return e.tab(line, pos)
	}
	return line, pos, nil
}

// lineStart and lineEnd are the ends of the line in which pos is.
func lineStart(line []rune, pos int) int {
	for pos > 0 && line[pos-1] != '\n' {
		pos--
	}
	return pos
}

func lineEnd(line []rune, pos int) int {
	for pos < len(line) && line[pos] != '\n' {
		pos++
	}
	return pos
}

// up goes a line up, from the first one to the entry before.
func (e *editor) up(line []rune, pos int) ([]rune, int) {
	start := lineStart(line, pos)
	if start == 0 {
		return e.recall(-1, line, pos)
	}
	above := lineStart(line, start-1)
	return line, min(above+pos-start, start-1)
}

// down goes a line down, from the last one to the entry after.
func (e *editor) down(line []rune, pos int) ([]rune, int) {
	end := lineEnd(line, pos)
	if end == len(line) {
		return e.recall(+1, line, pos)
	}
	return line, min(end+1+pos-lineStart(line, pos), lineEnd(line, end+1))
}

func (e *editor) recall(by int, line []rune, pos int) ([]rune, int) {
	entry, ok := e.history.move(by, string(line))
	if !ok {
		return line, pos
	}
	line = []rune(entry)
	if by > 0 {
		return line, lineEnd(line, 0)
	}
	return line, len(line)
}

// tab completes the word before the cursor as far as it is certain, and shows
// the words that it may become.
func (e *editor) tab(line []rune, pos int) ([]rune, int, []string) {
	before := string(line[:pos])
	if e.talk != nil {
		return slices.Insert(line, pos, '\t'), pos + 1, nil
	}
	if strings.TrimLeft(before[strings.LastIndexByte(before, '\n')+1:], " \t") == "" && len(line) > 0 {
		return slices.Insert(line, pos, ' ', ' '), pos + 2, nil // it indents
	}
	from, words := e.ask.complete(before)
	if len(words) == 0 {
		return line, pos, nil
	}
	typed := before[from:]
	common := words[0]
	for _, word := range words[1:] {
		for !strings.HasPrefix(word, common) {
			common = common[:len(common)-1]
		}
	}
	if more, ok := strings.CutPrefix(common, typed); ok && more != "" {
		text := []rune(strings.ToValidUTF8(more, ""))
		return slices.Insert(line, pos, text...), pos + len(text), nil
	}
	if len(words) == 1 {
		return line, pos, nil
	}
	columns, rows := e.show.size()
	return line, pos, inColumns(words, columns-1, max(1, rows/2))
}

// inColumns lists words in columns, in at most so many rows.
func inColumns(words []string, width, most int) []string {
	widest := 0
	for _, word := range words {
		widest = max(widest, textCells(word))
	}
	across := max(1, (width+2)/(widest+2))
	down := (len(words) + across - 1) / across
	var rows []string
	for i := range min(down, most) {
		if i == most-1 && down > most {
			rows = append(rows, "…")
			break
		}
		var row strings.Builder
		for k := i; k < len(words); k += down {
			if k > i {
				row.WriteString("  ")
			}
			row.WriteString(words[k] + strings.Repeat(" ", widest-textCells(words[k])))
		}
		rows = append(rows, strings.TrimRight(row.String(), " "))
	}
	return rows
}

// hint shows the signature of the function whose arguments are being typed.
func (e *editor) hint() {
	call := callAround(string(e.line[:e.pos]))
	if call == e.call {
		return
	}
	e.call = call
	e.show.update(func(v *view) { v.call, v.hint = call, "" })
	if call == "" {
		return
	}
	e.ask.sign(call, func(signature string) {
		e.show.update(func(v *view) {
			if v.call == call {
				v.hint = signature
			}
		})
	})
}

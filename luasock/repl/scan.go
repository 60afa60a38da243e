package repl

import "strings"

// scan is what stands at the end of a piece of Lua that is being typed.
type scan struct {
	text   string // where it ends
	quote  int    // the index of the string's content in which the end is; -1 outside
	inert  bool   // the end is in a comment or a long string
	opened []int  // the indexes of the brackets that are open
}

// scanned reads text from its beginning.
func scanned(text string) *scan {
	s := &scan{text: text, quote: -1}
	for i := 0; i < len(text); {
		i = s.step(i)
	}
	return s
}

// step reads what begins at i and gives the index behind it.
func (s *scan) step(i int) int {
	rest := s.text[i:]
	switch c := rest[0]; {
	case strings.HasPrefix(rest, "--"):
		if level, ok := longBracket(rest[2:]); ok {
			return s.long(i+2, level)
		}
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			s.inert = true
			return len(s.text)
		}
		return i + end
	case c == '[':
		if level, ok := longBracket(rest); ok {
			return s.long(i, level)
		}
		s.opened = append(s.opened, i)
	case c == '(' || c == '{':
		s.opened = append(s.opened, i)
	case c == ')' || c == '}' || c == ']':
		s.opened = s.opened[:max(0, len(s.opened)-1)]
	case c == '"' || c == '\'':
		return s.short(i)
	}
	return i + 1
}

// longBracket tells whether text begins with [[, [=[ …
func longBracket(text string) (level int, ok bool) {
	if !strings.HasPrefix(text, "[") {
		return 0, false
	}
	level = len(text) - len(strings.TrimLeft(text[1:], "=")) - 1
	return level, strings.HasPrefix(text[1+level:], "[")
}

// long reads a long bracket that begins at i.
func (s *scan) long(i, level int) int {
	end := strings.Index(s.text[i:], "]"+strings.Repeat("=", level)+"]")
	if end < 0 {
		s.inert = true
		return len(s.text)
	}
	return i + end + level + 2
}

// short reads a string that begins at i.
func (s *scan) short(i int) int {
	for k := i + 1; k < len(s.text); k++ {
		switch s.text[k] {
		case '\\':
			k++
		case '\n', s.text[i]:
			return k + 1
		}
	}
	s.quote = i + 1
	return len(s.text)
}

// callAround is the function in whose brackets the end of text is, as it is
// written: "s:send"; "" for none.
func callAround(text string) string {
	s := scanned(text)
	if s.inert {
		return ""
	}
	for i := len(s.opened) - 1; i >= 0; i-- {
		if at := s.opened[i]; text[at] == '(' {
			p := pathBefore(text[:at])
			if p.word == "" || p.bad || keywords[p.word] {
				return ""
			}
			return text[p.from:at]
		}
	}
	return ""
}

// path is a chain of names as it is written before the cursor: steps "a", "b" and
// word "c" of a.b:c, where mark is ':'. Without a step, mark is 0.
type path struct {
	steps []string
	mark  byte
	word  string
	from  int // where the path begins
	at    int // where the word begins
	bad   bool
}

// pathBefore reads the path at the end of text.
func pathBefore(text string) path {
	p := path{at: nameStart(text, len(text))}
	p.word, p.from = text[p.at:], p.at
	for end := p.at; end > 0 && (text[end-1] == '.' || text[end-1] == ':'); {
		if strings.HasSuffix(text[:end], "..") {
			break
		}
		if p.mark == 0 {
			p.mark = text[end-1]
		}
		start, step := stepBefore(text, end-1)
		if step == "" {
			p.bad = true
			break
		}
		p.steps = append([]string{step}, p.steps...)
		p.from, end = start, start
		if strings.HasPrefix(step, "[") { // the table stands directly before it
			start, step = stepBefore(text, end)
			if step == "" {
				p.bad = true
				break
			}
			p.steps = append([]string{step}, p.steps...)
			p.from, end = start, start
		}
	}
	return p
}

// stepBefore reads the name or the [index] that ends at end.
func stepBefore(text string, end int) (start int, step string) {
	if end > 0 && text[end-1] == ']' {
		start = strings.LastIndexByte(text[:end], '[')
		if start < 0 {
			return end, ""
		}
		return start, text[start:end]
	}
	start = nameStart(text, end)
	return start, text[start:end]
}

func nameStart(text string, end int) int {
	for end > 0 && isNameByte(text[end-1]) {
		end--
	}
	return end
}

func isNameByte(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// keywords of Lua, goto among them.
var keywords = map[string]bool{
	"and": true, "break": true, "do": true, "else": true, "elseif": true, "end": true, "false": true, "for": true,
	"function": true, "goto": true, "if": true, "in": true, "local": true, "nil": true, "not": true, "or": true,
	"repeat": true, "return": true, "then": true, "true": true, "until": true, "while": true,
}

func isName(s string) bool {
	if s == "" || '0' <= s[0] && s[0] <= '9' || keywords[s] {
		return false
	}
	return nameStart(s, len(s)) == 0
}

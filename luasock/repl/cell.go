package repl

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// tabCells is how wide a tab in the edited line is shown.
const tabCells = 4

// cells is how many columns of the terminal a character takes.
func cells(r rune) int {
	switch {
	case r >= ' ' && r < 0x7f:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// textCells is how many columns a text takes, without the escape sequences of
// colours.
func textCells(s string) (n int) {
	for len(s) > 0 {
		if rest, ok := strings.CutPrefix(s, "\x1b["); ok {
			_, s, _ = strings.Cut(rest, "m")
			continue
		}
		for _, r := range s {
			n += cells(r)
			s = s[len(string(r)):]
			break
		}
	}
	return n
}

// cutCells cuts a text without escape sequences to so many columns.
func cutCells(s string, most int) string {
	n := 0
	for i, r := range s {
		if n += cells(r); n > most {
			return s[:i]
		}
	}
	return s
}

// glyph is how a character of the edited line is shown.
func glyph(r rune) string {
	switch {
	case r < ' ':
		return "^" + string(r+'@')
	case r == 0x7f:
		return "^?"
	case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Co, r):
		return "\ufffd"
	}
	return string(r)
}

package repl

import "strings"

// The colours, by what they mean.
const (
	plain    = "\x1b[0m"
	bold     = "\x1b[1m"
	faint    = "\x1b[90m"
	failing  = "\x1b[31m"
	numeric  = "\x1b[36m"
	textual  = "\x1b[32m"
	constant = "\x1b[35m"
	object   = "\x1b[33m"
)

// painted is text in a colour, if colours are on.
func painted(on bool, color, text string) string {
	if !on || text == "" {
		return text
	}
	return color + text + plain
}

// colorLength is the length of the escape sequence of a colour with which a text
// begins; 0 for none.
func colorLength(s string) int {
	rest, ok := strings.CutPrefix(s, "\x1b[")
	if !ok {
		return 0
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
	if end < 0 || rest[end] != 'm' {
		return 0
	}
	return len("\x1b[") + end + 1
}

// uncolored is a text without the escape sequences of colours.
func uncolored(s string) string {
	var b strings.Builder
	for s != "" {
		n := colorLength(s)
		if n == 0 {
			n = 1
			b.WriteByte(s[0])
		}
		s = s[n:]
	}
	return b.String()
}

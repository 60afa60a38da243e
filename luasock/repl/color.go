package repl

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

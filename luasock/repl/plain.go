package repl

import (
	"io"
	"strings"
)

// readPlain reads an entry where no escape sequence is understood, or no person
// is: the terminal itself lets lines be edited.
func (c *Console) readPlain() (string, error) {
	text := ""
	c.show.wait(prompt)
	defer c.show.wait("")
	for {
		line, err := c.keys.line()
		if err == io.EOF && line == "" {
			if text == "" {
				c.show.wait("")
				c.show.Write([]byte("\n"))
				return "", io.EOF
			}
			return text, nil
		}
		if text += line; err != nil || c.whole(text) {
			return strings.TrimSuffix(text, "\n"), nil
		}
		c.show.wait(morePrompt)
	}
}

// line reads a line with its end.
func (k *keyboard) line() (string, error) {
	var line []byte
	for {
		b, err := k.byte(forever)
		if err != nil {
			return string(line), err
		}
		if line = append(line, b); b == '\n' {
			return string(line), nil
		}
	}
}

// wait shows a prompt behind which the terminal itself shows what is typed; ""
// says that nobody types any more.
func (d *display) wait(prompt string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if prompt != "" && d.mid {
		io.WriteString(d.out, "\n")
	}
	d.waits, d.mid = prompt, false
	io.WriteString(d.out, prompt)
}

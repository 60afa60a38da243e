package luasock

import (
	"bytes"
	"strings"
)

// tagStripper takes tags out of text as PHP's strip_tags does: those of HTML,
// comments, and <? … ?>. What is open at the end of one line goes on in the
// next.
type tagStripper struct {
	state tagState
	tag   []byte // the tag so far
	quote byte   // that is open inside a tag; 0 for none
	depth int    // of "<" inside a tag
}

type tagState uint8

const (
	inText tagState = iota
	inTag
	inPHP     // <? … ?>
	inComment // <!-- … -->
)

// allowedTags reads "<a><b>" as a set of names.
func allowedTags(list string) map[string]bool {
	allowed := map[string]bool{}
	for _, part := range strings.Split(list, "<") {
		if name, _, ok := strings.Cut(part, ">"); ok {
			allowed[strings.ToLower(strings.Trim(name, " /"))] = true
		}
	}
	return allowed
}

// strip returns the line without the tags that are not allowed.
func (t *tagStripper) strip(line []byte, allowed map[string]bool) []byte {
	var text []byte
	for i, b := range line {
		switch {
		case t.state == inText && b == '<' && opensTag(line[i+1:]):
			t.state, t.tag, t.quote, t.depth = inTag, []byte{b}, 0, 0
		case t.state == inText:
			text = append(text, b)
		default:
			t.tag = append(t.tag, b)
			if t.closes(b) {
				if t.state == inTag && allowed[tagName(t.tag)] {
					text = append(text, t.tag...)
				}
				t.state, t.tag = inText, nil
			}
		}
	}
	return text
}

// opensTag tells whether a "<" before the rest opens a tag; before white space
// it is text.
func opensTag(rest []byte) bool {
	return len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n\v\f"), rest[0]) < 0
}

// closes tells whether a byte, which t.tag ends with, ends what is open.
func (t *tagStripper) closes(b byte) bool {
	switch {
	case bytes.Equal(t.tag, []byte("<?")):
		t.state = inPHP
	case bytes.Equal(t.tag, []byte("<!--")):
		t.state, t.quote = inComment, 0
	}
	switch t.state {
	case inComment:
		return len(t.tag) > len("<!--") && bytes.HasSuffix(t.tag, []byte("-->"))
	case inPHP:
		return bytes.HasSuffix(t.tag, []byte("?>"))
	}
	switch {
	case b == '<' && len(t.tag) > 1 && t.tag[1] != '!' && t.quote == 0:
		t.depth++
		t.tag = t.tag[:len(t.tag)-1]
	case b == '>' && t.depth > 0:
		t.depth--
		t.tag = t.tag[:len(t.tag)-1]
		return false
	case t.quote == 0 && (b == '"' || b == '\''):
		t.quote = b
	case b == t.quote:
		t.quote = 0
	}
	return b == '>' && t.quote == 0
}

// tagName is the name in a tag, in lower case.
func tagName(tag []byte) string {
	name := strings.TrimLeft(string(tag[1:]), " /")
	if end := strings.IndexAny(name, " \t\r\n/>"); end >= 0 {
		name = name[:end]
	}
	return strings.ToLower(name)
}

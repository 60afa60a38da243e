package loop_test

import (
	"strings"
	"testing"
	"unsafe"

	"sockscript/luasock/loop"
)

// A text stays what it is, whatever is received next; a large one is not copied.
func TestScratchText(t *testing.T) {
	var s loop.Scratch
	for _, c := range []struct {
		name   string
		from   int
		length int
		copied bool
	}{
		{"nothing", 0, 0, true},
		{"small", 0, 100, true},
		{"most of it", 0, loop.ScratchSize - 100, false},
		{"all", 0, loop.ScratchSize, false},
		{"not from its beginning", 100, loop.ScratchSize - 100, true},
	} {
		p := s.Bytes()
		if len(p) != loop.ScratchSize {
			t.Fatalf("%s: the scratch has %d bytes", c.name, len(p))
		}
		for i := range p {
			p[i] = 'a'
		}
		text := s.Text(p[c.from : c.from+c.length])
		copied := len(text) == 0 || unsafe.StringData(text) != &p[c.from]
		next := s.Bytes()
		for i := range next {
			next[i] = 'b'
		}
		if copied != c.copied || text != strings.Repeat("a", c.length) {
			t.Errorf("%s: copied %v, want %v; the text is overwritten: %v", c.name, copied, c.copied, strings.Contains(text, "b"))
		}
	}
	other := make([]byte, loop.ScratchSize)
	if text := s.Text(other); unsafe.StringData(text) == &other[0] {
		t.Error("memory of another's has become a string")
	}
}

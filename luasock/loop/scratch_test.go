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
		{"large", 0, loop.Large, false},
		{"as much as is there for sure", 0, loop.ScratchSize, false},
		{"not quite large", 0, loop.Large - 1, true},
		{"all", 0, -1, false},
		{"of odd length", 0, loop.Large + 13, false},
		{"after that", 0, loop.ScratchSize, false},
		{"not from its beginning", 100, loop.ScratchSize - 100, true},
	} {
		p := s.Bytes()
		if len(p) < loop.ScratchSize {
			t.Fatalf("%s: the scratch has %d bytes", c.name, len(p))
		}
		if c.length < 0 {
			c.length = len(p)
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

// What is taken out of a scratch is the taker's, and does not reach into the rest.
func TestScratchTake(t *testing.T) {
	var s loop.Scratch
	for _, n := range []int{1, 100, loop.Large, loop.ScratchSize, 0, 64} {
		for range 20 {
			from := s.Bytes()
			from[0] = 'a'
			p := s.Take(from[:n])
			next := s.Bytes()
			next[0] = 'b'
			if p = append(p, 'c'); n > 0 && p[0] != 'a' || next[0] != 'b' || len(next) < loop.ScratchSize {
				t.Fatalf("of %d bytes the first is %q, the rest %q, of %d bytes", n, p[0], next[0], len(next))
			}
		}
	}
	other := []byte("another's")
	p := s.Take(other)
	if other[0] = 'b'; string(p) != "another's" {
		t.Errorf("took %q", p)
	}
}

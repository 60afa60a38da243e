package repl

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestHistoryKeepsEntriesWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "history")
	h, err := openHistory(path)
	if err != nil {
		t.Fatal(err)
	}
	entries := []string{"one", "two\nlines", `back\slash`, `\n`, "\\\n\\n\\\\\n\n\\", "tab\tand é"}
	for _, entry := range entries {
		if err := h.add(entry); err != nil {
			t.Fatal(err)
		}
	}
	for _, entry := range []string{"", "  ", " hidden", "tab\tand é"} {
		h.add(entry)
	}
	again, err := openHistory(path)
	if err != nil || !slices.Equal(again.entries, entries) {
		t.Errorf("it reads %q, %v\nwant     %q", again.entries, err, entries)
	}
	info, err := os.Stat(filepath.Dir(path))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder: %v, %v", info.Mode(), err)
	}
}

// A file that has grown too long keeps the last entries, and its inode: another
// session may have it open.
func TestHistoryShortens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history")
	var text []byte
	for i := range 2*mostEntries + 1 {
		text = fmt.Appendf(text, "entry %d\n", i)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	h, err := openHistory(path)
	if err != nil || len(h.entries) != mostEntries || h.entries[0] != fmt.Sprint("entry ", mostEntries+1) {
		t.Fatalf("%d entries from %q, %v", len(h.entries), h.entries[0], err)
	}
	before, _ := other.Stat()
	after, err := os.Stat(path)
	if err != nil || !os.SameFile(before, after) {
		t.Error("it is another file now, ", err)
	}
	again, _ := openHistory(path)
	if !slices.Equal(again.entries, h.entries) {
		t.Errorf("it reads %d entries again", len(again.entries))
	}
}

func TestHistoryMoves(t *testing.T) {
	h := &history{}
	for _, entry := range []string{"a", "b", "c"} {
		h.add(entry)
	}
	for _, k := range []struct {
		by    int
		shown string
		want  string
		ok    bool
	}{
		{+1, "draft", "", false}, {-1, "draft", "c", true}, {-1, "c", "b", true}, {-1, "b", "a", true},
		{-1, "a", "", false}, {+1, "a", "b", true}, {+1, "b", "c", true}, {+1, "c", "draft", true}, {+1, "draft", "", false},
	} {
		if got, ok := h.move(k.by, k.shown); got != k.want || ok != k.ok {
			t.Errorf("%+d from %q: %q, %v", k.by, k.shown, got, ok)
		}
	}
}

func FuzzHistoryEscape(f *testing.F) {
	f.Add("a\\nb\n\\")
	f.Fuzz(func(t *testing.T, entry string) {
		if got := unescaped.Replace(escaped.Replace(entry)); got != entry {
			t.Errorf("%q comes back as %q", entry, got)
		}
	})
}

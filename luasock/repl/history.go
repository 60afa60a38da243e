package repl

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// mostEntries is how many entries the history keeps.
const mostEntries = 5000

// history is what was entered, oldest first, in this session and in those
// before. Its file has a line for each entry, in which \n is a line break and \\
// a backslash; it belongs to its owner alone, and two sessions may add to it at
// once.
type history struct {
	entries []string
	path    string // "" for none
	at      int    // the entry that is shown; len(entries) for the draft
	draft   string // what was typed before an entry was looked for
}

// historyPath is the file of the history; "" for none. SOCKSCRIPT_HISTORY moves
// it; empty or "off" it switches it off.
func historyPath() string {
	if path, ok := os.LookupEnv("SOCKSCRIPT_HISTORY"); ok {
		if path == "off" {
			return ""
		}
		return path
	}
	return xdgPath("XDG_STATE_HOME", ".local/state", "history")
}

// xdgPath is a file of ours in a folder of the XDG base directory specification;
// "" when there is no home. A relative path in the variable does not count, as
// it says.
func xdgPath(variable, otherwise, name string) string {
	dir := os.Getenv(variable)
	if !filepath.IsAbs(dir) {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, otherwise)
	}
	return filepath.Join(dir, "sockscript", name)
}

// openHistory reads the history. When that fails, there is still one for this
// session.
func openHistory(path string) (*history, error) {
	h := &history{path: path}
	defer h.rewind("")
	if path == "" {
		return h, nil
	}
	err := h.read()
	if err != nil {
		h.path = ""
	}
	return h, err
}

// locked opens the file and calls fn, while no other session does.
func (h *history) locked(fn func(f *os.File) error) error {
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close() // ends the lock
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		if err := f.Chmod(0o600); err != nil {
			return err
		}
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	return fn(f)
}

// read reads the file, and shortens one that has become twice as long as it may.
func (h *history) read() error {
	return h.locked(func(f *os.File) error {
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, mostPasted)
		for lines.Scan() {
			if entry := unescaped.Replace(lines.Text()); entry != "" {
				h.entries = append(h.entries, entry)
			}
		}
		over := len(h.entries) - mostEntries
		if over > 0 {
			h.entries = h.entries[over:]
		}
		if over < mostEntries || lines.Err() != nil {
			return lines.Err()
		}
		var all strings.Builder
		for _, entry := range h.entries {
			all.WriteString(escaped.Replace(entry) + "\n")
		}
		if err := f.Truncate(0); err != nil {
			return err
		}
		_, err := f.WriteString(all.String())
		return err
	})
}

var (
	escaped   = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	unescaped = strings.NewReplacer(`\\`, `\`, `\n`, "\n")
)

// add takes in an entry. One that is the last again, or begins with a space, is
// not kept.
func (h *history) add(entry string) error {
	defer h.rewind("")
	entry = strings.TrimRight(entry, " \t\n")
	if entry == "" || entry[0] == ' ' || len(h.entries) > 0 && h.entries[len(h.entries)-1] == entry {
		return nil
	}
	h.entries = append(h.entries, entry)
	if h.path == "" {
		return nil
	}
	return h.locked(func(f *os.File) error {
		_, err := f.WriteString(escaped.Replace(entry) + "\n")
		return err
	})
}

// rewind goes to the end, where the draft is.
func (h *history) rewind(draft string) { h.at, h.draft = len(h.entries), draft }

// move goes some entries back (negative) or forth from the one that is shown,
// and gives that; ok is false at the end.
func (h *history) move(by int, shown string) (entry string, ok bool) {
	to := h.at + by
	if to < 0 || to > len(h.entries) {
		return "", false
	}
	if h.at == len(h.entries) {
		h.draft = shown
	}
	if h.at = to; to == len(h.entries) {
		return h.draft, true
	}
	return h.entries[to], true
}

// find gives the index of the last entry before an index that holds the text; -1
// when there is none.
func (h *history) find(text string, before int) int {
	for i := min(before, len(h.entries)) - 1; i >= 0; i-- {
		if strings.Contains(h.entries[i], text) {
			return i
		}
	}
	return -1
}

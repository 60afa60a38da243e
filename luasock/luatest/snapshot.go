package luatest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/hexdump"
)

// snapshotFolder is where the snapshots of a folder's test files are.
const snapshotFolder = "__snapshots__"

// snapshots are those of one test file, in one file:
//
//	--- describe name, test name
//	text, or the dump of bytes, each line behind two spaces
//
// so that a change of one is read in a diff.
type snapshots struct {
	f      *file
	path   string
	loaded bool
	texts  map[string]string
	used   map[string]bool
	counts map[*scope]int // of those without a name, in each test
	spared []string       // what the names begin with of tests that did not get to their end
	dirty  bool
}

func newSnapshots(f *file) *snapshots {
	return &snapshots{
		f:      f,
		path:   filepath.Join(filepath.Dir(f.path), snapshotFolder, filepath.Base(f.path)+".snap"),
		texts:  map[string]string{},
		used:   map[string]bool{},
		counts: map[*scope]int{},
	}
}

const snapshotHead = "# Made by 'sockscript test': '--update' writes it anew.\n"

// load reads the file, if it is there.
func (s *snapshots) load() error {
	if s.loaded {
		return nil
	}
	s.loaded = true
	text, err := os.ReadFile(s.path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	name := ""
	var lines []string
	end := func() {
		if name != "" {
			s.texts[name] = strings.Join(lines, "\n")
		}
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if after, ok := strings.CutPrefix(line, "--- "); ok {
			end()
			name, lines = after, nil
		} else if after, ok := strings.CutPrefix(line, "  "); ok {
			lines = append(lines, after)
		}
	}
	end()
	return nil
}

// save writes the file, or removes one in which nothing is left.
func (s *snapshots) save() error {
	if len(s.texts) == 0 {
		err := os.Remove(s.path)
		os.Remove(filepath.Dir(s.path)) // if it is empty now
		return err
	}
	var b strings.Builder
	b.WriteString(snapshotHead)
	for _, name := range slices.Sorted(maps.Keys(s.texts)) {
		fmt.Fprintf(&b, "\n--- %s\n", name)
		for line := range strings.SplitSeq(s.texts[name], "\n") {
			b.WriteString("  " + line + "\n")
		}
	}
	if err := os.MkdirAll(filepath.Dir(s.path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(s.path, []byte(b.String()), 0o666)
}

// close writes what has changed, and tells of snapshots that no test has asked
// for; with --update it drops them.
func (s *snapshots) close(out emit) {
	var obsolete []string
	if !s.f.suite.selecting() && !s.f.stopped() && !s.f.failedOutside && s.load() == nil {
		for _, name := range slices.Sorted(maps.Keys(s.texts)) {
			if !s.used[name] && !s.isSpared(name) {
				obsolete = append(obsolete, name)
			}
		}
	}
	if s.f.suite.Update && len(obsolete) > 0 {
		for _, name := range obsolete {
			delete(s.texts, name)
		}
		s.dirty, obsolete = true, nil
	}
	if s.dirty {
		if err := s.save(); err != nil {
			out(s.f.broken(&Failure{Kind: KindError, Message: "cannot write the snapshots: " + err.Error()}))
		}
	}
	s.f.suite.obsolete(s.f, obsolete)
}

// spare keeps the snapshots of a test that did not get to its end: it may ask for
// them yet.
func (s *snapshots) spare(path []string) { s.spared = append(s.spared, key(append(path, ""))) }

func (s *snapshots) isSpared(name string) bool {
	return slices.ContainsFunc(s.spared, func(start string) bool { return strings.HasPrefix(name, start) })
}

// key is a path as the file has it.
func key(path []string) string {
	return strings.NewReplacer("\n", " ", "\r", " ").Replace(strings.Join(path, ", "))
}

// name gives the key of a snapshot: the test, and its name or number in it.
func (s *snapshots) name(c bind.Call, scope *scope) string {
	path := []string{}
	for at := scope; at != nil && at.name != ""; at = at.parent {
		path = append(path, at.name)
	}
	slices.Reverse(path)
	if c.Has(2) {
		path = append(path, c.Bytes(2))
	} else {
		s.counts[scope]++
		path = append(path, fmt.Sprint(s.counts[scope]))
	}
	return key(path)
}

// snapshotText is a value as it is kept.
func snapshotText(L *lua.LState, v lua.LValue) string {
	s, ok := v.(lua.LString)
	switch {
	case !ok:
		return strings.Join(showLines(L, v), "\n")
	case isPlain(string(s)) && !strings.Contains(string(s), "\r"):
		return string(s)
	case isPlain(string(s)):
		return strings.Join(textLines(string(s)), "\n")
	}
	return hexdump.Dump(string(s), hexdump.Options{})
}

func assertSnapshot(c bind.Call) int {
	f := fileOf(c)
	if c.Arg(1) == f.asserts.table { // luassert's assert:snapshot()
		return c.Return(revertible(c.L))
	}
	f.asserts.state = nil
	scope := current(c)
	if !scope.isTest {
		c.Raise("assert.snapshot must be called in a test")
	}
	if err := f.snapshots.load(); err != nil {
		c.Raise("cannot read the snapshots: %s", err)
	}
	name, text := f.snapshots.name(c, scope), snapshotText(c.L, c.Arg(1))
	s := f.snapshots
	if s.used[name] && c.Has(2) && s.texts[name] != text {
		c.Raise("there are two snapshots with the name %q", name)
	}
	s.used[name] = true
	before, had := s.texts[name]
	switch {
	case had && before == text:
		return c.Return(c.Arg(1))
	case had && !f.suite.Update:
		return raiseFailure(c, "the value is not that of the snapshot (- snapshot, + actual; 'sockscript test --update' accepts it)\n"+
			diffLines(strings.Split(before, "\n"), strings.Split(text, "\n")))
	}
	s.texts[name], s.dirty = text, true
	return c.Return(c.Arg(1))
}

// revertible is what luassert's assert:snapshot() gives: there are no spies here
// that would have to be undone.
func revertible(L *lua.LState) *lua.LTable {
	t := L.NewTable()
	t.RawSetString("revert", L.NewFunction(func(*lua.LState) int { return 0 }))
	return t
}

// Package check finds mistakes in Lua programs without running them: what is no
// Lua, names that nobody has given a value, and names that our modules and the
// objects that they make do not have.
//
// It reports what is sure. A global is known when the VM has it, when any file
// that is checked, or lies in the folder of one, assigns it, or when the program
// tests whether it is there ("x == nil", "x or y", "if x then … x …"). A value is
// known to be a module or an object of ours when it stands in a local variable
// that is assigned once, where it is declared.
package check

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sockscript/luasock"
	"sockscript/luasock/lualib"
	"sockscript/luasock/spell"
)

// Finding is one mistake.
type Finding struct {
	File   string
	Line   int // from 1
	Column int // in bytes, from 1
	Text   string
}

// String is the finding as compilers print it: "file:line:column: text".
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Text)
}

// Checker checks the files of one program, or of one folder.
type Checker struct {
	known    *known
	files    []*file
	assigned map[string]bool // globals, and fields of modules as "socket.name"
	php      bool            // somebody makes the names of socket.php global
	dynamic  bool            // somebody assigns globals whose names nobody can know
	findings []Finding

	seen    map[string]bool // files that were added
	folders map[string]bool // that it has learned from
}

// file is what was found in one file.
type file struct {
	name string
	*facts
}

// New returns a Checker that knows the globals and modules of a VM. Modules that
// the VM has preloaded are loaded.
func New(vm *luasock.VM) *Checker {
	return &Checker{
		known: knownOf(vm), assigned: map[string]bool{},
		seen: map[string]bool{}, folders: map[string]bool{},
	}
}

// Add takes in a file that is to be checked. Its name tells whether it is a test.
func (c *Checker) Add(name string, source []byte) {
	tree, err := lualib.Parse(source, "@"+name)
	var bad *lualib.SyntaxError
	if errors.As(err, &bad) {
		text := bad.Message
		if bad.Token != "" {
			text += fmt.Sprintf(" near '%s'", bad.Token)
		}
		c.findings = append(c.findings, Finding{name, bad.Line, max(bad.Column, 1), text})
		return
	}
	c.files = append(c.files, &file{name, c.learn(tree, testFile(name))})
}

// Learn takes in a file that is not to be checked, but whose globals the others
// may use. One that is no Lua has none.
func (c *Checker) Learn(source []byte) {
	if tree, err := lualib.Parse(source, ""); err == nil {
		c.learn(tree, false)
	}
}

// learn notes what others see of a file.
func (c *Checker) learn(tree *lualib.Tree, isTest bool) *facts {
	facts := look(c.known, tree, isTest)
	maps.Copy(c.assigned, facts.assigned)
	c.php = c.php || facts.php
	c.dynamic = c.dynamic || facts.dynamic
	return facts
}

// Findings are the mistakes in the files that were added, in the order of their
// names and lines.
func (c *Checker) Findings() []Finding {
	list := slices.Clone(c.findings)
	for _, f := range c.files {
		for _, u := range f.uses {
			if !c.fine(f, u) {
				list = append(list, Finding{f.name, u.at.Line, u.at.Column, c.complaint(u)})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column)
	})
	return list
}

// fine tells whether a name has a value, or may have one.
func (c *Checker) fine(f *file, u use) bool {
	if f.tested(u.key()) || c.assigned[u.key()] {
		return true
	}
	if u.of != nil {
		return false // it was found wrong
	}
	switch {
	case c.dynamic, f.environment, c.known.globals[u.name] != nil:
		return true
	case c.php && c.known.php.has(u.name):
		return true
	}
	return testFile(f.name) && slices.Contains(testGlobals, u.name)
}

// complaint says what is wrong, and what was perhaps meant.
func (c *Checker) complaint(u use) string {
	text, names := "unknown global '"+u.name+"'", slices.Collect(maps.Keys(c.known.globals))
	if u.of != nil {
		text, names = u.of.complaint(u.name), slices.Collect(maps.Keys(u.of.fields))
	} else {
		names = slices.AppendSeq(names, u.scope.variables)
		names = slices.AppendSeq(names, maps.Keys(c.assigned))
	}
	if meant := spell.Nearest(u.name, slices.Values(names)); meant != "" {
		text += "; did you mean '" + meant + "'?"
	}
	return text
}

// Path adds a file, or the *.lua files of a folder and what is below it, but for
// hidden ones; and learns from the other files in the same folders. It tells fails
// of each file or folder that cannot be read, and goes on with the others.
func (c *Checker) Path(path string, fails func(name string, err error)) {
	list := luaFiles(path, fails)
	for _, name := range list {
		if c.seen[filepath.Clean(name)] {
			continue
		}
		c.seen[filepath.Clean(name)] = true
		source, err := os.ReadFile(name)
		if err != nil {
			fails(name, err)
			continue
		}
		c.Add(name, source)
	}
	for _, name := range list {
		c.neighbours(filepath.Dir(name))
	}
}

// neighbours learns from what lies in a folder.
func (c *Checker) neighbours(dir string) {
	if c.folders[dir] {
		return
	}
	c.folders[dir] = true
	beside, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "*.lua"))
	for _, name := range beside {
		if source, err := os.ReadFile(name); err == nil && !c.seen[filepath.Clean(name)] {
			c.Learn(source)
		}
	}
}

// escapeGlob makes a folder's name match itself only.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

// luaFiles is the file itself, or the Lua files in and below a folder.
func luaFiles(path string, fails func(name string, err error)) (list []string) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		fails(path, err)
		return nil
	case !info.IsDir():
		return []string{path}
	}
	filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(d.Name(), ".") && name != path
		switch {
		case err != nil:
			fails(name, err)
		case d.IsDir() && hidden:
			return fs.SkipDir
		case !d.IsDir() && !hidden && strings.HasSuffix(name, ".lua"):
			list = append(list, name)
		}
		return nil
	})
	return list
}

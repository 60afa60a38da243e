package check

import (
	"github.com/yuin/gopher-lua/ast"

	"sockscript/luasock/lualib"
)

// facts are what a file does with names.
type facts struct {
	uses     []use
	assigned map[string]bool // globals, and fields of modules as "socket.name"
	// what of a key the file does beside reading it
	compared map[string]bool // with nil, or by type(), or as a default: "x or y"
	truth    map[string]bool // asked whether it is true
	reads    map[string]int

	environment bool // its globals may be others than those of the VM
	dynamic     bool // it assigns globals whose names nobody can know
	php         bool // it calls require "socket.php" ()
}

// use is a name that is read: a global, or what a value of ours has not.
type use struct {
	name  string
	of    *value // nil: a global
	at    lualib.Word
	scope *scope
}

// key is under what the name is assigned or tested.
func (u use) key() string {
	if u.of != nil {
		return u.of.name + "." + u.name
	}
	return u.name
}

// tested tells whether the file asks if there is such a name. To ask once whether
// it is true is to use it.
func (f *facts) tested(key string) bool {
	return f.compared[key] || f.truth[key] && f.reads[key] > 1
}

// look finds out what a file does.
func look(k *known, tree *lualib.Tree, isTest bool) *facts {
	w := walk(k, tree, isTest, nil) // finds the local variables that change
	return walk(k, tree, isTest, w.changed).facts
}

func walk(k *known, tree *lualib.Tree, isTest bool, changed []bool) *walker {
	w := &walker{known: k, isTest: isTest, words: tree.Words, constant: changed, facts: &facts{
		assigned: map[string]bool{}, compared: map[string]bool{}, truth: map[string]bool{}, reads: map[string]int{},
	}}
	w.block(tree.Stmts)
	return w
}

// walker goes through a file in the order of its source.
type walker struct {
	*facts
	known  *known
	isTest bool
	words  []lualib.Word // that are still to come
	scope  *scope

	locals   int    // how many variables have been declared
	changed  []bool // which of them are assigned later
	constant []bool // changed of an earlier walk; nil in the first
}

// scope is a block's local variables.
type scope struct {
	outer *scope
	names map[string]*local
}

// local is a variable.
type local struct {
	number int
	value  *value
}

// word takes the next word with the text.
func (w *walker) word(text string) lualib.Word {
	for i, word := range w.words {
		if word.Text == text {
			w.words = w.words[i+1:]
			return word
		}
	}
	return lualib.Word{} // cannot be: the tree has the words of the source
}

func (w *walker) open()  { w.scope = &scope{outer: w.scope, names: map[string]*local{}} }
func (w *walker) close() { w.scope = w.scope.outer }

// declare makes a local variable.
func (w *walker) declare(name string, v *value) {
	if w.constant != nil && w.constant[w.locals] {
		v = nil
	}
	w.scope.names[name] = &local{w.locals, v}
	w.locals++
	w.changed = append(w.changed, false)
}

// find is the local variable of a name, nil for a global.
func (w *walker) find(name string) *local {
	for s := w.scope; s != nil; s = s.outer {
		if l := s.names[name]; l != nil {
			return l
		}
	}
	return nil
}

// variables yields the local variables.
func (s *scope) variables(yield func(string) bool) {
	for ; s != nil; s = s.outer {
		for name := range s.names {
			if !yield(name) {
				return
			}
		}
	}
}

func (w *walker) block(stmts []ast.Stmt) {
	w.open()
	w.stmts(stmts)
	w.close()
}

func (w *walker) stmts(stmts []ast.Stmt) {
	for _, s := range stmts {
		w.stmt(s)
	}
}

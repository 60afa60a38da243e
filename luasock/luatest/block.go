package luatest

import (
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// block is a describe, or a file: what has tests, hooks and blocks in it.
type block struct {
	name     string // "" for a file
	line     int
	parent   *block
	body     lua.LValue
	parallel bool          // its tests and blocks run side by side
	insulate bool          // what it changes in _G and package.loaded is undone
	shuffle  *int64        // randomize: the seed
	ordered  bool          // randomize(false)
	timeout  time.Duration // of its tests; 0 for the suite's

	scope     *scope
	collected bool    // its body has been called
	children  []child // in order
	hooks     [hookKinds][]lua.LValue
}

// child is a test or a block; the other is nil.
type child struct {
	test  *unit
	block *block
}

// unit is one it.
type unit struct {
	name    string
	line    int
	parent  *block
	fn      lua.LValue // nil for one that is pending
	reason  string     // why it is pending
	timeout time.Duration
	number  int // in its file, from 0, as it was reached
}

// hookKind says when a hook runs.
type hookKind int

const (
	beforeAll hookKind = iota
	lazySetup
	beforeEach
	afterEach
	lazyTeardown
	afterAll
	hookKinds
)

// String is the hook's word, for messages.
func (k hookKind) String() string {
	return [...]string{"before_all", "lazy_setup", "before_each", "after_each", "lazy_teardown", "after_all"}[k]
}

// path is the names from the outermost describe to the block.
func (b *block) path() []string {
	if b.parent == nil {
		return nil
	}
	return append(slices.Clip(b.parent.path()), b.name)
}

func (u *unit) path() []string { return append(slices.Clip(u.parent.path()), u.name) }

// fullName is the path as one text, as busted has it.
func fullName(path []string) string { return strings.Join(path, " ") }

// limit is the time that a test may take.
func (u *unit) limit(otherwise time.Duration) time.Duration {
	if u.timeout != 0 {
		return u.timeout
	}
	return u.parent.limit(otherwise)
}

// limit is the time that a test or a hook of the block may take.
func (b *block) limit(otherwise time.Duration) time.Duration {
	for ; b != nil; b = b.parent {
		if b.timeout != 0 {
			return b.timeout
		}
	}
	return otherwise
}

// around lists the block and those around it, the outermost first.
func (b *block) around() []*block {
	var list []*block
	for ; b != nil; b = b.parent {
		list = append(list, b)
	}
	slices.Reverse(list)
	return list
}

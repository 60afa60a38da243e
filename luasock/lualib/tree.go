package lualib

import (
	"bytes"
	"sort"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// Tree is a chunk that was parsed, for those who look at programs without running
// them.
type Tree struct {
	Stmts []ast.Stmt
	// Words are the names and strings of the chunk in the order of the source,
	// which is that of the nodes of Stmts too. They know their columns; nodes know
	// only their lines.
	Words []Word
}

// Word is a name or a string, not a keyword.
type Word struct {
	Text   string // of a string, what it means
	Line   int    // from 1
	Column int    // in bytes, from 1
}

// Parse reads a chunk, and finds the same errors as Load, but makes no function.
// Any goroutine may call it.
func Parse(source []byte, name string) (*Tree, error) {
	short, clean := chunkName(name), bytes.Clone(source)
	for i := range hashLine(clean) {
		clean[i] = ' '
	}
	text, shifts, err := rewriteTracing(clean, short)
	if err != nil {
		return nil, err
	}
	stmts, err := parse.Parse(bytes.NewReader(text), short)
	if err == nil {
		_, err = lua.Compile(stmts, short)
	}
	if err != nil {
		return nil, syntaxError(err, text, short)
	}
	stmts, _ = parse.Parse(bytes.NewReader(text), short) // compiling has changed them
	return &Tree{stmts, words(text, clean, shifts)}, nil
}

// words lists the names and strings of text, which is source with some shifts.
func words(text, source []byte, shifts []displacement) (list []Word) {
	scanner, lexer := parse.NewScanner(bytes.NewReader(text), ""), &parse.Lexer{}
	starts, originals := lineStarts(text), lineStarts(source)
	for {
		token, err := scanner.Scan(lexer)
		if err != nil || token.Type < 0 {
			return list
		}
		lexer.PrevTokenType = token.Type
		if token.Type != parse.TIdent && token.Type != parse.TString {
			continue
		}
		at := unshifted(shifts, starts[token.Pos.Line-1]+token.Pos.Column-1)
		line := sort.SearchInts(originals, at+1)
		list = append(list, Word{token.Str, line, at - originals[line-1] + 1})
	}
}

// unshifted is the index in the source of what stands at an index of the text.
func unshifted(shifts []displacement, at int) int {
	i := sort.Search(len(shifts), func(i int) bool { return shifts[i].out > at })
	if i == 0 {
		return at
	}
	return shifts[i-1].src + at - shifts[i-1].out
}

// lineStarts are the indexes at which the lines start.
func lineStarts(text []byte) []int {
	r := &rewriter{src: text}
	starts := []int{0}
	for r.pos < len(text) {
		if c := text[r.pos]; c != '\n' && c != '\r' {
			r.pos++
			continue
		}
		r.newline()
		starts = append(starts, r.pos)
	}
	return starts
}

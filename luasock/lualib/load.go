package lualib

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"
)

// SyntaxError is why source is no Lua.
type SyntaxError struct {
	Chunk   string // as messages name it
	Line    int    // from 1
	Column  int    // in bytes, from 1; 0 when only the line is known
	Message string
	Token   string // near which it is; "<eof>" at the end, "" when unknown
}

// Error is the message as Lua gives it: "file:3: syntax error near 'x'".
func (e *SyntaxError) Error() string {
	text := fmt.Sprintf("%s:%d: %s", e.Chunk, e.Line, e.Message)
	if e.Token != "" {
		text += fmt.Sprintf(" near '%s'", e.Token)
	}
	return text
}

// Show is the message with the line of source that it is about under it, and
// under that a caret.
func (e *SyntaxError) Show(source []byte) string {
	lines := strings.Split(strings.ReplaceAll(string(source), "\r\n", "\n"), "\n")
	if e.Line < 1 || e.Line > len(lines) {
		return e.Error()
	}
	line := lines[e.Line-1]
	if strings.TrimSpace(line) == "" {
		return e.Error()
	}
	text := e.Error() + "\n    " + line
	if e.Column > 0 {
		// Tabs stay tabs, so that the caret stands where the terminal puts the byte.
		indent := strings.Map(func(c rune) rune {
			if c == '\t' {
				return c
			}
			return ' '
		}, line[:min(e.Column-1, len(line))])
		text += "\n    " + indent + "^"
	}
	return text
}

// Load compiles a chunk. The name is as in luaL_loadbuffer: "@file", "=name", or
// the source itself. A first line that begins with # is skipped. The error is a
// *SyntaxError.
func Load(L *lua.LState, source []byte, name string) (*lua.LFunction, error) {
	return load(L, source[hashLine(source):], name)
}

// hashLine is the length of a first line that begins with #.
func hashLine(source []byte) int {
	if len(source) == 0 || source[0] != '#' {
		return 0
	}
	if end := bytes.IndexAny(source, "\r\n"); end >= 0 {
		return end
	}
	return len(source)
}

func load(L *lua.LState, source []byte, name string) (*lua.LFunction, error) {
	short := chunkName(name)
	text, err := rewrite(source, short)
	if err != nil {
		return nil, err
	}
	chunk, err := parse.Parse(bytes.NewReader(text), short)
	if err != nil {
		return nil, syntaxError(err, text, short)
	}
	mendAssignments(chunk)
	mendLoops(chunk)
	proto, err := lua.Compile(chunk, short)
	if err != nil {
		return nil, syntaxError(err, text, short)
	}
	mendLocals(proto, chunk)
	return L.NewFunctionFromProto(proto), nil
}

// syntaxError is gopher-lua's error in our words.
func syntaxError(err error, source []byte, name string) error {
	var compiling *lua.CompileError
	if errors.As(err, &compiling) {
		e := &SyntaxError{Chunk: name, Line: compiling.Line, Message: compiling.Message}
		if strings.HasSuffix(e.Message, "too many local variables") {
			e.Message = fmt.Sprintf("function at line %d has more than 200 local variables", e.Line)
		}
		if _, line, ok := strings.Cut(e.Message, "for <goto> at line "); ok {
			e.Line, _ = strconv.Atoi(line) // and not that of the block's end
		}
		return e
	}
	var parsing *parse.Error
	if !errors.As(err, &parsing) {
		return &SyntaxError{Chunk: name, Line: 1, Message: err.Error()}
	}
	e := &SyntaxError{Chunk: name, Line: parsing.Pos.Line, Column: parsing.Pos.Column, Message: parsing.Message, Token: parsing.Token}
	if e.Line == parse.EOF {
		e.Line = bytes.Count(source, []byte("\n")) + 1
		e.Column, e.Token = column(source, len(source)), "<eof>"
	} else if start, end := tokenAt(source, e.Line, e.Column); end > start {
		e.Column, e.Token = column(source, start), string(source[start:end])
	}
	if text, ok := syntaxMessages[e.Message]; ok {
		e.Message = text
	}
	return e
}

// tokenAt finds the token in which a line and column are, which are those of its
// end: gopher-lua gives of a string only what is in it.
func tokenAt(source []byte, line, col int) (start, end int) {
	offset := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(source[offset:], '\n')
		if next < 0 {
			return 0, 0
		}
		offset += next + 1
	}
	r := &rewriter{src: source, line: 1}
	for offset += col - 1; r.pos < len(source) && r.pos <= offset; {
		start = r.pos
		r.token()
	}
	return start, r.pos
}

var syntaxMessages = map[string]string{
	"parse error":       "syntax error",
	"Invalid token":     "unexpected symbol",
	"Invalid '~' token": "unexpected symbol",
}

// maxChunkName is LUA_IDSIZE.
const maxChunkName = 60

// chunkName is what messages call a chunk, as luaO_chunkid makes it.
func chunkName(name string) string {
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), maxChunkName)]
	case strings.HasPrefix(name, "@"):
		if name = name[1:]; len(name) > maxChunkName-8 {
			return "..." + name[len(name)-(maxChunkName-8):]
		}
		return name
	}
	const most = maxChunkName - len(` [string "..."] `) - 1
	line, _, cut := strings.Cut(strings.ReplaceAll(name, "\r", "\n"), "\n")
	if len(line) > most {
		line, cut = line[:most], true
	}
	if cut {
		line += "..."
	}
	return `[string "` + line + `"]`
}

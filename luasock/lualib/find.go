package lualib

import (
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func (lib *stringLib) find(c bind.Call) int {
	s, pattern := checkString(c, 1), checkString(c, 2)
	init := initial(c, s)
	if lua.LVAsBool(c.Arg(4)) {
		return findPlain(c, s, pattern, init)
	}
	p := lib.program(pattern)
	if p.plain {
		return findPlain(c, s, pattern, init)
	}
	m := lib.matcher(c.L, p, s)
	from, to := m.search(init)
	if to < 0 {
		return c.Return(lua.LNil)
	}
	c.Integer(from + 1)
	c.Integer(to)
	if len(p.captures) == 0 {
		return 2
	}
	return 2 + m.push(from, to)
}

func findPlain(c bind.Call, s, text string, init int) int {
	at := strings.Index(s[init:], text)
	if at < 0 {
		return c.Return(lua.LNil)
	}
	c.Integer(init + at + 1)
	c.Integer(init + at + len(text))
	return 2
}

// initial reads where a search begins. As in Lua 5.1, beyond the end is the end.
func initial(c bind.Call, s string) int {
	return min(max(position(optInt(c, 3, 1), len(s))-1, 0), len(s))
}

func (lib *stringLib) match(c bind.Call) int {
	s, pattern := checkString(c, 1), checkString(c, 2)
	m := lib.matcher(c.L, lib.program(pattern), s)
	from, to := m.search(initial(c, s))
	if to < 0 {
		return c.Return(lua.LNil)
	}
	return m.push(from, to)
}

func (lib *stringLib) gmatch(c bind.Call) int {
	s, pattern := checkString(c, 1), checkString(c, 2)
	var p *program
	if strings.HasPrefix(pattern, "^") {
		p = compile(pattern, false)
	} else {
		p = lib.program(pattern)
	}
	m := lib.matcher(nil, p, s)
	next := 0
	return c.Return(c.L.NewFunction(func(L *lua.LState) int {
		m.L, m.depth = L, 0
		from, to := m.search(next)
		if to < 0 {
			next = len(s) + 1
			return 0
		}
		next = to
		if from == to {
			next++
		}
		return m.push(from, to)
	}))
}

func (lib *stringLib) gsub(c bind.Call) int {
	s, pattern := checkString(c, 1), checkString(c, 2)
	g := gsub{repl: c.Arg(3)}
	switch g.repl.(type) {
	case *lua.LTable, *lua.LFunction:
	default:
		var ok bool
		if g.template, ok = bind.Text(g.repl); !ok {
			expected(c, 3, "string/function/table")
		}
	}
	g.matcher = lib.matcher(c.L, lib.program(pattern), s)
	n := g.all(optInt(c, 4, len(s)+1))
	if g.copied == 0 && g.out.Len() == 0 {
		c.Return(subject(c))
	} else {
		c.Text(g.result())
	}
	return 1 + c.Integer(n)
}

// subject is the first argument as a string, without boxing it again.
func subject(c bind.Call) lua.LValue {
	if v, ok := c.Arg(1).(lua.LString); ok {
		return v
	}
	return lua.LString(checkString(c, 1))
}

// gsub replaces matches. What is not replaced is copied when the next
// replacement, or the end, comes.
type gsub struct {
	matcher
	repl     lua.LValue
	template string // repl, if it is a string
	out      strings.Builder
	copied   int // src up to here is in out, or replaced
}

// all replaces the first most matches and returns their number.
func (g *gsub) all(most int) int {
	n := 0
	for i := 0; n < most; n++ {
		from, to := g.search(i)
		if to < 0 {
			break
		}
		g.replace(from, to)
		i = to
		if from == to {
			i++
		}
		if i > len(g.src) || g.prog.anchored {
			return n + 1
		}
	}
	return n
}

// replace puts the replacement in the place of the match.
func (g *gsub) replace(from, to int) {
	var v lua.LValue
	switch repl := g.repl.(type) {
	case *lua.LTable:
		v = g.lookUp(repl, from, to)
	case *lua.LFunction:
		g.L.Push(repl)
		g.L.Call(g.push(from, to), 1)
		v = g.L.Get(-1)
		g.L.Pop(1)
	default:
		g.copyTo(from, to)
		g.expand(from, to)
		return
	}
	if text, ok := bind.Text(v); ok {
		g.copyTo(from, to)
		g.write(text)
	} else if lua.LVAsBool(v) {
		g.raise("invalid replacement value (a " + v.Type().String() + ")")
	}
}

// lookUp asks the table for the first capture.
func (g *gsub) lookUp(t *lua.LTable, from, to int) lua.LValue {
	isText := len(g.prog.captures) == 0 || g.prog.captures[0] != capturePosition
	if isText && t.Metatable == lua.LNil {
		return t.RawGetString(g.text(0, from, to))
	}
	return g.L.GetTable(t, g.value(0, from, to))
}

// expand writes the replacement string, with captures in the place of %0 to %9.
func (g *gsub) expand(from, to int) {
	rest := g.template
	for {
		at := strings.IndexByte(rest, '%')
		if at < 0 {
			g.write(rest)
			return
		}
		if at+1 == len(rest) {
			g.raise("invalid use of '%' in replacement string")
		}
		g.write(rest[:at])
		switch b := rest[at+1]; {
		case b == '0':
			g.write(g.src[from:to])
		case isDigit(b):
			g.capture(int(b-'1'), from, to)
		default:
			g.write(rest[at+1 : at+2])
		}
		rest = rest[at+2:]
	}
}

func (g *gsub) capture(i, from, to int) {
	if i < len(g.prog.captures) && g.prog.captures[i] == capturePosition {
		g.write(strconv.Itoa(g.start[i] + 1))
	} else {
		g.write(g.text(i, from, to))
	}
}

// copyTo copies the subject up to a match that is replaced.
func (g *gsub) copyTo(from, to int) {
	if g.copied == 0 && g.out.Len() == 0 {
		g.out.Grow(len(g.src))
	}
	g.write(g.src[g.copied:from])
	g.copied = to
}

func (g *gsub) write(s string) {
	if g.out.Len()+len(s) > maxText {
		g.raise("resulting string too large")
	}
	g.out.WriteString(s)
}

// result is the subject with its replacements.
func (g *gsub) result() string {
	g.write(g.src[g.copied:])
	s := g.out.String()
	if g.out.Cap() > 2*len(s)+64 {
		return strings.Clone(s)
	}
	return s
}

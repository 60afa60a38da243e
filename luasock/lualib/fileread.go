package lualib

import (
	"io"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func fileRead(c bind.Call) int { return readFormats(c, checkFile(c, 1), 2) }

// readFormats reads what the arguments from first on say, a line without any,
// and returns a result for each up to the first that failed, which is nil.
func readFormats(c bind.Call, f *file, first int) int {
	if f.r == nil {
		f.r = f.newInput()
	}
	if c.N() < first {
		c.L.SetTop(first - 1)
		c.L.Push(lua.LString("*l"))
	}
	formats := make([]func() (lua.LValue, error), 0, c.N())
	for i := first; i <= c.N(); i++ {
		formats = append(formats, f.format(c, i))
	}
	if f.busy {
		c.Raise("another task reads this file")
	}
	f.busy = true
	defer func() { f.busy = false }()
	results := make([]lua.LValue, 0, len(formats))
	var err error
	if f.source != nil {
		f.source.L = c.L
	}
	for _, read := range formats {
		var v lua.LValue
		v, err = read()
		results = append(results, v)
		if v == lua.LNil || err != nil {
			break
		}
	}
	switch {
	case err != nil && err != io.EOF && f.r == f.m.o.Stdin:
		return c.Fail(err)
	case err != nil && err != io.EOF:
		return f.m.fail(c, "", err)
	}
	return c.Return(results...)
}

// format gives what reads a format.
func (f *file) format(c bind.Call, i int) func() (lua.LValue, error) {
	if n, ok := c.Arg(i).(lua.LNumber); ok {
		return func() (lua.LValue, error) { return f.readBytes(clampInt(float64(n))) }
	}
	format := strings.TrimPrefix(checkString(c, i), "*")
	switch {
	case strings.HasPrefix(format, "n"):
		return f.readNumber
	case strings.HasPrefix(format, "l"):
		return func() (lua.LValue, error) { return f.readLine(false) }
	case strings.HasPrefix(format, "L"):
		return func() (lua.LValue, error) { return f.readLine(true) }
	case strings.HasPrefix(format, "a"):
		return f.readAll
	}
	c.Bad(i, "invalid format")
	return nil
}

// readBytes reads up to n bytes; of none it tells only whether there are more.
func (f *file) readBytes(n int) (lua.LValue, error) {
	if _, err := f.r.Peek(1); err != nil {
		return lua.LNil, err
	}
	if n <= 0 {
		return lua.LString(""), nil
	}
	text, err := f.r.Contents(n)
	return lua.LString(text), err
}

func (f *file) readLine(end bool) (lua.LValue, error) {
	line, err := f.r.Line()
	if line == "" && err != nil {
		return lua.LNil, err
	}
	if !end {
		line = strings.TrimSuffix(line, "\n")
	}
	return lua.LString(line), err
}

func (f *file) readAll() (lua.LValue, error) {
	text, err := f.r.Contents(-1)
	return lua.LString(text), err
}

// maxNumeral is how long a number in a file may be.
const maxNumeral = 200

// readNumber reads the longest text that may begin a number, as scanf does.
// Nothing of it is taken before it has come whole.
func (f *file) readNumber() (lua.LValue, error) {
	if err := f.skipSpace(); err != nil {
		return lua.LNil, err
	}
	var s numberPrefix
	for more := true; more && len(s.text) < maxNumeral; {
		want := max(len(s.text)+1, min(f.r.Buffered(), maxNumeral))
		held, err := f.r.Peek(want)
		if err != nil && err != io.EOF {
			return lua.LNil, err
		}
		for i := len(s.text); i < len(held) && more; i++ {
			more = s.take(held[i])
		}
		more = more && len(held) == want
	}
	f.r.Discard(len(s.text))
	if n, ok := parseNumber(string(s.text)); ok {
		return lua.LNumber(n), nil
	}
	return lua.LNil, nil
}

// skipSpace takes the white space that comes first. The error says why nothing
// comes behind it.
func (f *file) skipSpace() error {
	for {
		held, err := f.r.Peek(max(1, min(f.r.Buffered(), maxNumeral)))
		if len(held) == 0 {
			return err
		}
		space := 0
		for space < len(held) && isSpace(held[space]) {
			space++
		}
		f.r.Discard(space)
		if space < len(held) {
			return nil
		}
	}
}

// numberPrefix is the beginning of a number.
type numberPrefix struct {
	text          []byte
	hex, dot, exp bool
}

// take adds a byte if a number can go on with it.
func (s *numberPrefix) take(c byte) bool {
	n := len(s.text)
	last := byte(0)
	if n > 0 {
		last = s.text[n-1] | 0x20
	}
	switch {
	case c == '+' || c == '-':
		if n > 0 && !(s.exp && (last == 'e' && !s.hex || last == 'p')) {
			return false
		}
	case c == '.':
		if s.dot || s.exp {
			return false
		}
		s.dot = true
	case c|0x20 == 'x':
		if s.hex || last != '0'|0x20 || len(strings.TrimLeft(string(s.text), "+-")) != 1 {
			return false
		}
		s.hex = true
	case !s.exp && (c|0x20 == 'e' && !s.hex || c|0x20 == 'p' && s.hex):
		s.exp = true
	case isDigit(c) || s.hex && !s.exp && isHex(c):
	default:
		return false
	}
	s.text = append(s.text, c)
	return true
}

package lualib

import "strings"

// reference is PUC Lua's way to match a pattern, which reads the pattern as it
// goes. It is slow and plain; the compiled patterns must agree with it.
type reference struct {
	src, pat string
	level    int
	start    [maxCaptures]int
	length   [maxCaptures]int
	steps    int
}

const unfinished, isPosition = -1, -2

// referenceError is a message that the reference raises.
type referenceError string

const tooManySteps = referenceError("too many steps")

// referenceFind is string.find: the positions and captures, or a message.
func referenceFind(src, pat string) (result []any, message referenceError) {
	defer func() {
		if e, ok := recover().(referenceError); ok {
			result, message = nil, e
		}
	}()
	if !strings.ContainsAny(pat, "^$*+?.([%-") {
		if at := strings.Index(src, pat); at >= 0 {
			return []any{at + 1, at + len(pat)}, ""
		}
		return nil, ""
	}
	r := &reference{src: src, pat: pat}
	first := 0
	if strings.HasPrefix(pat, "^") {
		first = 1
	}
	for s := 0; s <= len(src); s++ {
		r.level = 0
		if e := r.match(s, first); e >= 0 {
			return append([]any{s + 1, e}, r.captures()...), ""
		}
		if first == 1 {
			break
		}
	}
	return nil, ""
}

func (r *reference) captures() []any {
	var all []any
	for i := range r.level {
		switch r.length[i] {
		case unfinished:
			panic(referenceError("unfinished capture"))
		case isPosition:
			all = append(all, r.start[i]+1)
		default:
			all = append(all, r.src[r.start[i]:r.start[i]+r.length[i]])
		}
	}
	return all
}

// at is byte p of the pattern; past its end, a zero that is no byte of it.
func (r *reference) at(p int) (byte, bool) {
	if p < len(r.pat) {
		return r.pat[p], true
	}
	return 0, false
}

func (r *reference) match(s, p int) int {
	if r.steps++; r.steps > 200_000 {
		panic(tooManySteps)
	}
	if p == len(r.pat) {
		return s
	}
	next, more := r.at(p + 1)
	switch c := r.pat[p]; {
	case c == '(' && next == ')':
		return r.open(s, p+2, isPosition)
	case c == '(':
		return r.open(s, p+1, unfinished)
	case c == ')':
		return r.close(s, p+1)
	case c == '$' && !more:
		if s == len(r.src) {
			return s
		}
		return -1
	case c == '%' && next == 'b':
		if s = r.balance(s, p+2); s < 0 {
			return -1
		}
		return r.match(s, p+4)
	case c == '%' && next == 'f':
		return r.frontier(s, p+2)
	case c == '%' && isDigit(next):
		if s = r.back(s, int(next-'1')); s < 0 {
			return -1
		}
		return r.match(s, p+2)
	}
	return r.repeat(s, p)
}

func (r *reference) repeat(s, p int) int {
	end := r.classEnd(p)
	one := func(s int) bool { return s < len(r.src) && r.single(r.src[s], p, end) }
	sign, _ := r.at(end)
	switch sign {
	case '?':
		if one(s) {
			if e := r.match(s+1, end+1); e >= 0 {
				return e
			}
		}
		return r.match(s, end+1)
	case '*', '+':
		low, high := s, s
		if sign == '+' {
			low++
		}
		for one(high) {
			high++
		}
		for ; high >= low; high-- {
			if e := r.match(high, end+1); e >= 0 {
				return e
			}
		}
		return -1
	case '-':
		for {
			if e := r.match(s, end+1); e >= 0 {
				return e
			}
			if !one(s) {
				return -1
			}
			s++
		}
	}
	if !one(s) {
		return -1
	}
	return r.match(s+1, end)
}

func (r *reference) open(s, p, length int) int {
	if r.level >= maxCaptures {
		panic(referenceError("too many captures"))
	}
	r.start[r.level], r.length[r.level] = s, length
	r.level++
	e := r.match(s, p)
	if e < 0 {
		r.level--
	}
	return e
}

func (r *reference) close(s, p int) int {
	i := r.level - 1
	for ; i >= 0 && r.length[i] != unfinished; i-- {
	}
	if i < 0 {
		panic(referenceError("invalid pattern capture"))
	}
	r.length[i] = s - r.start[i]
	e := r.match(s, p)
	if e < 0 {
		r.length[i] = unfinished
	}
	return e
}

func (r *reference) balance(s, p int) int {
	if p+1 >= len(r.pat) {
		panic(referenceError("malformed pattern (missing arguments to '%b')"))
	}
	if s >= len(r.src) || r.src[s] != r.pat[p] {
		return -1
	}
	open := 1
	for i := s + 1; i < len(r.src); i++ {
		switch r.src[i] {
		case r.pat[p+1]:
			if open--; open == 0 {
				return i + 1
			}
		case r.pat[p]:
			open++
		}
	}
	return -1
}

func (r *reference) frontier(s, p int) int {
	if c, _ := r.at(p); c != '[' {
		panic(referenceError("missing '[' after '%f' in pattern"))
	}
	end := r.classEnd(p)
	before, after := byte(0), byte(0)
	if s > 0 {
		before = r.src[s-1]
	}
	if s < len(r.src) {
		after = r.src[s]
	}
	if r.bracket(before, p, end-1) || !r.bracket(after, p, end-1) {
		return -1
	}
	return r.match(s, end)
}

func (r *reference) back(s, i int) int {
	if i < 0 || i >= r.level || r.length[i] == unfinished {
		panic(referenceError("invalid capture index"))
	}
	if r.length[i] == isPosition || !strings.HasPrefix(r.src[s:], r.src[r.start[i]:r.start[i]+r.length[i]]) {
		return -1
	}
	return s + r.length[i]
}

func (r *reference) classEnd(p int) int {
	c := r.pat[p]
	p++
	switch c {
	case '%':
		if p == len(r.pat) {
			panic(referenceError("malformed pattern (ends with '%')"))
		}
		return p + 1
	case '[':
		if b, _ := r.at(p); b == '^' {
			p++
		}
		for first := true; first || r.pat[p] != ']'; first = false {
			b, more := r.at(p)
			if p++; b == '%' && more {
				p++
			}
			if p >= len(r.pat) {
				panic(referenceError("malformed pattern (missing ']')"))
			}
		}
		return p + 1
	}
	return p
}

func (r *reference) single(b byte, p, end int) bool {
	switch c := r.pat[p]; c {
	case '.':
		return true
	case '%':
		return class(b, r.pat[p+1])
	case '[':
		return r.bracket(b, p, end-1)
	default:
		return c == b
	}
}

func (r *reference) bracket(b byte, p, end int) bool {
	found := true
	if r.pat[p+1] == '^' {
		found = false
		p++
	}
	for p++; p < end; p++ {
		switch {
		case r.pat[p] == '%':
			p++
			if class(b, r.pat[p]) {
				return found
			}
		case r.pat[p+1] == '-' && p+2 < end:
			p += 2
			if r.pat[p-2] <= b && b <= r.pat[p] {
				return found
			}
		case r.pat[p] == b:
			return found
		}
	}
	return !found
}

func class(b, letter byte) bool {
	var in bool
	switch lower := letter | 0x20; {
	case !isAlpha(letter):
		return letter == b
	case lower == 'a':
		in = isAlpha(b)
	case lower == 'c':
		in = b < 32 || b == 127
	case lower == 'd':
		in = isDigit(b)
	case lower == 'g':
		in = 33 <= b && b <= 126
	case lower == 'l':
		in = isAlpha(b) && b&0x20 != 0
	case lower == 'p':
		in = 33 <= b && b <= 126 && !isAlpha(b) && !isDigit(b)
	case lower == 's':
		in = strings.IndexByte(" \t\n\v\f\r", b) >= 0
	case lower == 'u':
		in = isAlpha(b) && b&0x20 == 0
	case lower == 'w':
		in = isAlpha(b) || isDigit(b)
	case lower == 'x':
		in = isDigit(b) || strings.IndexByte("abcdefABCDEF", b) >= 0
	case lower == 'z':
		in = b == 0
	default:
		return letter == b
	}
	return in == (letter&0x20 != 0)
}

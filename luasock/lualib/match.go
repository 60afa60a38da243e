package lualib

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

const (
	// maxDepth bounds how deep attempts at a pattern nest. Only a pattern of so
	// many repetitions gets there; the length of the subject has no part in it.
	maxDepth = 10_000
	// pollEvery is how many bytes and attempts pass between two looks at what
	// may interrupt.
	pollEvery = 20_000
)

// matcher matches one pattern against one subject.
type matcher struct {
	L     *lua.LState
	m     *machine
	prog  *program
	src   string
	depth int
	fuel  int // steps until the next look
	start [maxCaptures]int
	end   [maxCaptures]int
}

func (lib *stringLib) matcher(L *lua.LState, p *program, src string) matcher {
	return matcher{L: L, m: lib.m, prog: p, src: src, fuel: pollEvery}
}

// search finds the first match at or after i. It gives its first byte and the
// byte after its last, or -1.
func (m *matcher) search(i int) (int, int) {
	p := m.prog
	if p.anchored {
		return i, m.match(i, 0)
	}
	for i <= len(m.src) {
		at := m.candidate(i)
		if at < 0 {
			break
		}
		m.spend(at - i + 1)
		if e := m.match(at, 0); e >= 0 {
			return at, e
		}
		i = at + 1
	}
	return -1, -1
}

// candidate is the next place at or after i where a match may begin, or -1.
func (m *matcher) candidate(i int) int {
	p := m.prog
	switch {
	case p.prefix != "":
		at := strings.Index(m.src[i:], p.prefix)
		if at < 0 {
			return -1
		}
		return i + at
	case p.first != nil:
		for ; i < len(m.src); i++ {
			if p.first.has(m.src[i]) {
				return i
			}
		}
		return -1
	}
	return i
}

// match matches the nodes from pc on at byte i. It gives the byte after the
// match, or -1.
func (m *matcher) match(i, pc int) int {
	for ; ; pc++ {
		n := &m.prog.nodes[pc]
		switch n.op {
		case opDone:
			return i
		case opText:
			if !strings.HasPrefix(m.src[i:], n.text) {
				return -1
			}
			i += len(n.text)
		case opSet:
			if i >= len(m.src) || !n.set.has(m.src[i]) {
				return -1
			}
			i++
		case opGreedy:
			e := m.run(i, n.set)
			if !n.sure {
				return m.giveBack(i+int(n.min), e, pc)
			}
			if e < i+int(n.min) {
				return -1
			}
			i = e
		case opLazy:
			return m.takeMore(i, pc)
		case opMaybe:
			if i >= len(m.src) || !n.set.has(m.src[i]) {
				continue
			}
			if n.sure {
				i++
			} else if e := m.attempt(i+1, pc); e >= 0 {
				return e
			}
		case opOpen, opMark:
			m.start[n.arg] = i
		case opClose:
			m.end[n.arg] = i
		default:
			if i = m.special(n, i); i < 0 {
				return -1
			}
		}
	}
}

// special is the nodes that are rare.
func (m *matcher) special(n *node, i int) int {
	switch n.op {
	case opBackref:
		return m.backref(n, i)
	case opBalance:
		return m.balance(n, i)
	case opFrontier:
		before, after := byte(0), byte(0)
		if i > 0 {
			before = m.src[i-1]
		}
		if i < len(m.src) {
			after = m.src[i]
		}
		if !n.set.has(before) && n.set.has(after) {
			return i
		}
	case opEnd:
		if i == len(m.src) {
			return i
		}
	case opBad:
		m.raise(n.text)
	}
	return -1
}

// run is the end of the bytes of set that begin at i.
func (m *matcher) run(i int, set *byteSet) int {
	e := len(m.src)
	if set != &anyByte {
		for e = i; e < len(m.src) && set.has(m.src[e]); e++ {
		}
	}
	m.spend(e - i)
	return e
}

// giveBack tries what follows a greedy repetition after as many bytes as
// possible: from e down to low.
func (m *matcher) giveBack(low, e, pc int) int {
	n := &m.prog.nodes[pc]
	for ; e >= low; e-- {
		if !n.mayFollow(m.src, e) {
			continue
		}
		if end := m.attempt(e, pc); end >= 0 {
			return end
		}
	}
	return -1
}

// takeMore tries what follows a lazy repetition after as few bytes as possible.
func (m *matcher) takeMore(i, pc int) int {
	n := &m.prog.nodes[pc]
	for begin := i; ; i++ {
		if n.mayFollow(m.src, i) {
			m.spend(i - begin)
			begin = i
			if end := m.attempt(i, pc); end >= 0 {
				return end
			}
		}
		if i >= len(m.src) || !n.set.has(m.src[i]) {
			m.spend(i - begin)
			return -1
		}
	}
}

// mayFollow tells whether what follows a repetition can begin at i at all.
func (n *node) mayFollow(src string, i int) bool {
	if i < len(src) {
		return n.open || n.next.has(src[i])
	}
	return n.open || n.atEnd
}

// attempt matches what follows the repetition pc at i.
func (m *matcher) attempt(i, pc int) int {
	if m.depth++; m.depth > maxDepth {
		m.raise("pattern too complex")
	}
	m.spend(1)
	e := m.match(i, pc+1)
	m.depth--
	return e
}

func (m *matcher) backref(n *node, i int) int {
	if m.prog.captures[n.arg] == capturePosition {
		// PUC Lua's length of a position is -2, of which nothing is so long.
		return -1
	}
	text := m.src[m.start[n.arg]:m.end[n.arg]]
	m.spend(len(text))
	if !strings.HasPrefix(m.src[i:], text) {
		return -1
	}
	return i + len(text)
}

func (m *matcher) balance(n *node, i int) int {
	if i >= len(m.src) || m.src[i] != n.arg {
		return -1
	}
	open := 1
	for e := i + 1; e < len(m.src); e++ {
		switch m.src[e] {
		case n.until:
			if open--; open == 0 {
				m.spend(e - i)
				return e + 1
			}
		case n.arg:
			open++
		}
	}
	m.spend(len(m.src) - i)
	return -1
}

// spend counts steps, and raises when it is time to look and the state is
// interrupted or its context has ended.
func (m *matcher) spend(steps int) {
	if m.fuel -= steps; m.fuel < 0 {
		m.fuel = pollEvery
		m.m.poll(m.L)
	}
}

func (m *matcher) raise(message string) { bind.Raise(m.L, message) }

// count is how many values the match has: its captures, or itself.
func (m *matcher) count() int { return max(1, len(m.prog.captures)) }

// value is capture i of the match from s to e. Without captures, the first is
// the match itself.
func (m *matcher) value(i, s, e int) lua.LValue {
	if i < len(m.prog.captures) && m.prog.captures[i] == capturePosition {
		return bind.Int(m.start[i] + 1)
	}
	return pieceOf(m.src, m.text(i, s, e))
}

// text is capture i, which is not a position, as a piece of the subject.
func (m *matcher) text(i, s, e int) string {
	if i >= len(m.prog.captures) {
		if i > 0 {
			m.raise("invalid capture index")
		}
		return m.src[s:e]
	}
	if m.prog.captures[i] == captureOpen {
		m.raise("unfinished capture")
	}
	return m.src[m.start[i]:m.end[i]]
}

// push pushes all captures of the match and returns their number.
func (m *matcher) push(s, e int) int {
	n := m.count()
	for i := range n {
		m.L.Push(m.value(i, s, e))
	}
	return n
}

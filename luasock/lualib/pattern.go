package lualib

import (
	"strings"
)

// maxCaptures is the number of captures that a pattern may have, as in PUC Lua.
const maxCaptures = 32

// byteSet is a set of bytes: a character class, or what a match begins with.
type byteSet [4]uint64

func (s *byteSet) has(b byte) bool { return s[b>>6]>>(b&63)&1 != 0 }

func (s *byteSet) add(b byte) { s[b>>6] |= 1 << (b & 63) }

// op is what one node of a compiled pattern does.
type op uint8

const (
	opDone     op = iota // the match ends here
	opText               // text as it stands
	opSet                // one byte of set
	opGreedy             // as many bytes of set as possible, at least min
	opLazy               // as few bytes of set as possible
	opMaybe              // a byte of set, or none
	opOpen               // capture number arg begins
	opMark               // capture number arg is this position
	opClose              // capture number arg ends
	opBackref            // the text of capture number arg
	opBalance            // from the byte arg to its counterpart until
	opFrontier           // between a byte outside set and one inside
	opEnd                // the end of the subject
	opBad                // the pattern is wrong from here on: raises text
)

// node is one step of a compiled pattern. What follows is known when the node is
// made, and spares attempts that cannot succeed.
type node struct {
	op    op
	min   uint8
	arg   uint8
	until uint8
	text  string
	set   *byteSet
	// Of a repetition: what follows begins with a byte of next, or at the end of
	// the subject if atEnd, unless it is open to anything.
	next  byteSet
	atEnd bool
	open  bool
	// sure tells that giving back what a repetition has taken cannot help.
	sure bool
}

// captureKind is what a capture is when the pattern has matched.
type captureKind uint8

const (
	captureOpen     captureKind = iota // no ")" came
	captureText                        // a piece of the subject
	capturePosition                    // "()"
)

// program is a compiled pattern. The syntax has no alternatives and repeats
// only single bytes, so a pattern is a list of nodes, and which captures there
// are at each of them is known beforehand. As in PUC Lua, a mistake in the
// pattern is an error only when a match gets that far.
type program struct {
	nodes    []node
	captures []captureKind
	anchored bool
	plain    bool     // no byte of the pattern is special: find may search for it
	prefix   string   // every match begins with it
	first    *byteSet // if there is no prefix: what every match begins with, or nil
}

// compile makes a pattern a program. A "^" at the start is an anchor only if
// anchors is set; gmatch has none.
func compile(pattern string, anchors bool) *program {
	p := &program{plain: !strings.ContainsAny(pattern, "^$*+?.([%-")}
	if anchors && strings.HasPrefix(pattern, "^") {
		p.anchored = true
		pattern = pattern[1:]
	}
	c := compiler{rest: pattern, program: p}
	for c.rest != "" && !c.bad {
		c.item()
	}
	c.flush()
	p.nodes = append(p.nodes, node{op: opDone})
	p.look()
	return p
}

// compiler is a pattern on its way to a program.
type compiler struct {
	*program
	rest string // of the pattern
	text []byte // plain bytes that are not yet a node
	open []int  // the captures that have no end yet
	bad  bool
}

// add appends a node, after the plain bytes that came before it.
func (c *compiler) add(n node) {
	c.flush()
	c.nodes = append(c.nodes, n)
}

func (c *compiler) flush() {
	if len(c.text) > 0 {
		c.nodes = append(c.nodes, node{op: opText, text: string(c.text)})
		c.text = c.text[:0]
	}
}

// fail makes the rest of the pattern an error.
func (c *compiler) fail(message string) {
	c.add(node{op: opBad, text: message})
	c.bad = true
}

// item reads one item of the pattern.
func (c *compiler) item() {
	switch {
	case c.rest[0] == '(':
		c.begin()
	case c.rest[0] == ')':
		c.end()
	case c.rest == "$":
		c.rest = ""
		c.add(node{op: opEnd})
	case c.rest[0] == '%' && len(c.rest) > 1 && c.escape():
	default:
		c.single()
	}
}

func (c *compiler) begin() {
	kind, o, size := captureOpen, opOpen, 1
	if strings.HasPrefix(c.rest, "()") {
		kind, o, size = capturePosition, opMark, 2
	}
	if len(c.captures) == maxCaptures {
		c.fail("too many captures")
		return
	}
	c.rest = c.rest[size:]
	n := len(c.captures)
	if kind == captureOpen {
		c.open = append(c.open, n)
	}
	c.captures = append(c.captures, kind)
	c.add(node{op: o, arg: uint8(n)})
}

func (c *compiler) end() {
	last := len(c.open) - 1
	if last < 0 {
		c.fail("invalid pattern capture")
		return
	}
	c.rest = c.rest[1:]
	n := c.open[last]
	c.open = c.open[:last]
	c.captures[n] = captureText
	c.add(node{op: opClose, arg: uint8(n)})
}

// escape reads %b, %f and %1 to %9, and tells whether it was one of them.
func (c *compiler) escape() bool {
	switch b := c.rest[1]; {
	case b == 'b':
		if len(c.rest) < 4 {
			c.fail("malformed pattern (missing arguments to '%b')")
			return true
		}
		c.add(node{op: opBalance, arg: c.rest[2], until: c.rest[3]})
		c.rest = c.rest[4:]
	case b == 'f':
		c.rest = c.rest[2:]
		if !strings.HasPrefix(c.rest, "[") {
			c.fail("missing '[' after '%f' in pattern")
		} else if set := c.class(); set != nil {
			c.add(node{op: opFrontier, set: set})
		}
	case '0' <= b && b <= '9':
		n := int(b) - '1'
		if n < 0 || n >= len(c.captures) || c.captures[n] == captureOpen {
			c.fail("invalid capture index")
			return true
		}
		c.add(node{op: opBackref, arg: uint8(n)})
		c.rest = c.rest[2:]
	default:
		return false
	}
	return true
}

// single reads what matches one byte, and how often it may.
func (c *compiler) single() {
	first, literal := c.rest[0], true
	var set *byteSet
	switch first {
	case '.':
		c.rest, set, literal = c.rest[1:], &anyByte, false
	case '[':
		set, literal = c.class(), false
	case '%':
		first, set = c.escaped()
		literal = set == nil
	default:
		c.rest = c.rest[1:]
	}
	if c.bad {
		return
	}
	repeat := byte(0)
	if c.rest != "" {
		repeat = c.rest[0]
	}
	c.repeated(repeat, first, literal, set)
}

// repeated adds a byte or set with the sign that follows it.
func (c *compiler) repeated(sign, b byte, literal bool, set *byteSet) {
	n := node{op: opSet, set: set}
	switch sign {
	case '*':
		n.op = opGreedy
	case '+':
		n.op, n.min = opGreedy, 1
	case '-':
		n.op = opLazy
	case '?':
		n.op = opMaybe
	default:
		if literal {
			c.text = append(c.text, b)
			return
		}
		c.add(n)
		return
	}
	c.rest = c.rest[1:]
	if literal {
		n.set = new(byteSet)
		n.set.add(b)
	}
	c.add(n)
}

// escaped reads "%x": a class, or a byte that stands for itself.
func (c *compiler) escaped() (byte, *byteSet) {
	if len(c.rest) < 2 {
		c.fail("malformed pattern (ends with '%')")
		return 0, nil
	}
	b := c.rest[1]
	c.rest = c.rest[2:]
	return b, classes[b]
}

// class reads "[...]"; nil if it has no end.
func (c *compiler) class() *byteSet {
	body, ok := c.brackets()
	if !ok {
		c.fail("malformed pattern (missing ']')")
		return nil
	}
	set, negated := new(byteSet), strings.HasPrefix(body, "^")
	if negated {
		body = body[1:]
	}
	for body != "" {
		body = body[set.member(body):]
	}
	if negated {
		set.complement()
	}
	return set
}

// brackets cuts "[...]" from the pattern and gives what is between. A "]" that
// comes first, or after "%", is a member.
func (c *compiler) brackets() (string, bool) {
	i := 1
	if strings.HasPrefix(c.rest[i:], "^") {
		i++
	}
	for first := i; i < len(c.rest); i++ {
		switch {
		case c.rest[i] == '%':
			i++
		case c.rest[i] == ']' && i > first:
			body := c.rest[1:i]
			c.rest = c.rest[i+1:]
			return body, true
		}
	}
	return "", false
}

// member adds the first member of a bracket's body to the set: a class, a range
// or a byte. It returns its length.
func (s *byteSet) member(body string) int {
	switch {
	case body == "%":
		// Only after a range that ends with "%". PUC Lua then reads one byte
		// further, which is the closing bracket.
		s.add(']')
		return 1
	case body[0] == '%':
		if class := classes[body[1]]; class != nil {
			s.union(class)
		} else {
			s.add(body[1])
		}
		return 2
	case len(body) > 2 && body[1] == '-':
		for b := int(body[0]); b <= int(body[2]); b++ {
			s.add(byte(b))
		}
		return 3
	}
	s.add(body[0])
	return 1
}

func (s *byteSet) union(other *byteSet) {
	for i := range s {
		s[i] |= other[i]
	}
}

func (s *byteSet) complement() {
	for i := range s {
		s[i] = ^s[i]
	}
}

func (s *byteSet) disjoint(other *byteSet) bool {
	for i := range s {
		if s[i]&other[i] != 0 {
			return false
		}
	}
	return true
}

var anyByte = byteSet{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// classes are the sets of %a, %A and so on, in the C locale; nil where the
// letter stands for itself.
var classes = func() (table [256]*byteSet) {
	for letter, is := range map[byte]func(b byte) bool{
		'a': isAlpha,
		'c': func(b byte) bool { return b < ' ' || b == 127 },
		'd': isDigit,
		'g': func(b byte) bool { return b > ' ' && b < 127 },
		'l': func(b byte) bool { return 'a' <= b && b <= 'z' },
		'p': func(b byte) bool { return b > ' ' && b < 127 && !isAlpha(b) && !isDigit(b) },
		's': isSpace,
		'u': func(b byte) bool { return 'A' <= b && b <= 'Z' },
		'w': func(b byte) bool { return isAlpha(b) || isDigit(b) },
		'x': isHex,
		'z': func(b byte) bool { return b == 0 },
	} {
		in, out := new(byteSet), new(byteSet)
		for b := range 256 {
			if is(byte(b)) {
				in.add(byte(b))
			}
		}
		*out = *in
		out.complement()
		table[letter], table[letter-'a'+'A'] = in, out
	}
	return table
}()

// outlook is what a tail of a program begins with.
type outlook struct {
	set    byteSet
	atEnd  bool // it may match at the end of the subject
	open   bool // it may begin with anything
	always bool // it matches anywhere
}

// look goes through the program from its end and tells each repetition what
// follows it, and the program what every match begins with.
func (p *program) look() {
	o := outlook{open: true, always: true}
	for i := len(p.nodes) - 1; i >= 0; i-- {
		p.nodes[i].look(&o)
	}
	if p.nodes[0].op == opText {
		p.prefix = p.nodes[0].text
	} else if !o.open && !o.atEnd {
		p.first = new(byteSet)
		*p.first = o.set
	}
}

// look tells a repetition what follows, and makes o what the node begins with.
func (n *node) look(o *outlook) {
	switch n.op {
	case opText:
		*o = outlook{}
		o.set.add(n.text[0])
	case opSet:
		*o = outlook{set: *n.set}
	case opGreedy, opLazy, opMaybe:
		n.sure = o.always || !o.open && n.set.disjoint(&o.set)
		n.next, n.atEnd, n.open = o.set, o.atEnd, o.open
		if n.min > 0 {
			*o = outlook{set: *n.set}
		} else {
			o.set.union(n.set)
		}
	case opBalance:
		*o = outlook{}
		o.set.add(n.arg)
	case opFrontier:
		*o = outlook{set: *n.set, atEnd: n.set.has(0)}
	case opEnd:
		*o = outlook{atEnd: true}
	case opBackref, opBad:
		*o = outlook{open: true}
	}
}

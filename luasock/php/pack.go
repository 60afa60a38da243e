package php

import (
	"encoding/binary"
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var packRows = []bind.Row{
	differs(row("pack(string $format, mixed ...$values): string", "Packs values by PHP's codes: a A Z h H c C s S n v i I l L N V q Q J P f g G d e E x X @.", pack),
		"integers beyond 2^53 lose their last bits, because numbers are floats"),
	differs(row("unpack(string $format, string $string, int $offset = 0): array|false", "Unpacks a string by PHP's codes with names: \"nport/a4tag\". With a table for format it is Lua's unpack.", unpack),
		"integers beyond 2^53 lose their last bits, because numbers are floats"),
}

// packCode is one code of a format with its count.
type packCode struct {
	code  byte
	count int  // how often; 1 when nothing stands there
	all   bool // *
	given bool // a count or * stands there
	name  string
}

// integerCodes are the codes of integers: their size in bytes and byte order.
var integerCodes = map[byte]struct {
	size   int
	order  binary.ByteOrder
	signed bool
}{
	'c': {1, binary.LittleEndian, true}, 'C': {1, binary.LittleEndian, false},
	's': {2, binary.NativeEndian, true}, 'S': {2, binary.NativeEndian, false},
	'n': {2, binary.BigEndian, false}, 'v': {2, binary.LittleEndian, false},
	'i': {4, binary.NativeEndian, true}, 'I': {4, binary.NativeEndian, false},
	'l': {4, binary.NativeEndian, true}, 'L': {4, binary.NativeEndian, false},
	'N': {4, binary.BigEndian, false}, 'V': {4, binary.LittleEndian, false},
	// PHP has no unsigned 64 bits.
	'q': {8, binary.NativeEndian, true}, 'Q': {8, binary.NativeEndian, true},
	'J': {8, binary.BigEndian, true}, 'P': {8, binary.LittleEndian, true},
}

var floatCodes = map[byte]struct {
	size  int
	order binary.ByteOrder
}{
	'f': {4, binary.NativeEndian}, 'g': {4, binary.LittleEndian}, 'G': {4, binary.BigEndian},
	'd': {8, binary.NativeEndian}, 'e': {8, binary.LittleEndian}, 'E': {8, binary.BigEndian},
}

// packer is one run of pack.
type packer struct {
	call
	next int // the argument that comes next
	out  []byte
}

func pack(k call) int {
	p := packer{call: k, next: 2}
	codes := p.resolve(packCodes(k.text(1)))
	p.measure(codes)
	for _, c := range codes {
		p.code(c)
	}
	return k.Text(string(p.out))
}

// packCodes splits a format.
func packCodes(format string) (codes []packCode) {
	for i := 0; i < len(format); {
		c := packCode{code: format[i], count: 1}
		i++
		digits := i
		for digits < len(format) && isDigit(format[digits]) {
			digits++
		}
		switch {
		case i < len(format) && format[i] == '*':
			c.all, c.given = true, true
			i++
		case digits > i:
			c.count, c.given = repetitions(format[i:digits]), true
			i = digits
		}
		codes = append(codes, c)
	}
	return codes
}

// repetitions reads a count as C's atoi does, but for what is too much.
func repetitions(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n > math.MaxInt32 {
		return math.MaxInt32
	}
	return n
}

// resolve turns each * into a number, and looks whether there are values for
// all codes before the first is packed.
func (p *packer) resolve(codes []packCode) []packCode {
	left := p.N() - 1
	for i := range codes {
		c := &codes[i]
		switch c.code {
		case 'x', 'X', '@':
			if c.all {
				p.warn("Type %c: '*' ignored", c.code)
				c.count = 1
			}
		case 'a', 'A', 'Z', 'h', 'H':
			if left == 0 {
				p.throw("ValueError", "Type "+string(c.code)+": not enough arguments")
			}
			if c.all {
				at := p.N() - left + 1
				text := p.stringOf(p.Arg(at))
				p.L.Replace(at, lua.LString(text))
				c.count = len(text)
				if c.code == 'Z' {
					c.count++
				}
			}
			left--
		default:
			if !isPackNumber(c.code) {
				p.throw("ValueError", "Type "+string([]byte{c.code})+": unknown format code")
			}
			if c.all {
				c.count, c.all = left, false
			}
			if c.count > left {
				p.throw("ValueError", "Type "+string(c.code)+": too few arguments")
			}
			left -= c.count
		}
	}
	if left > 0 {
		p.warn("%d arguments unused", left)
	}
	return codes
}

// measure looks for an X that goes back too far, and for too long a result.
func (p *packer) measure(codes []packCode) {
	n, longest := 0, 0
	for _, c := range codes {
		switch c.code {
		case 'X':
			if n -= c.count; n < 0 {
				p.warn("Type X: outside of string")
				n = 0
			}
		case '@':
			n = c.count
		case 'h', 'H':
			n += (c.count + 1) / 2
		case 'a', 'A', 'Z', 'x':
			n += c.count
		default:
			n += c.count * max(integerCodes[c.code].size, floatCodes[c.code].size)
		}
		if longest = max(longest, n); longest > maxResult {
			p.throw("ValueError", "Type "+string(c.code)+": integer overflow in format string")
		}
	}
}

func isPackNumber(code byte) bool {
	_, isInteger := integerCodes[code]
	_, isFloat := floatCodes[code]
	return isInteger || isFloat
}

// take gives the next argument.
func (p *packer) take() lua.LValue {
	p.next++
	return p.Arg(p.next - 1)
}

func (p *packer) code(c packCode) {
	switch c.code {
	case 'a', 'A', 'Z':
		p.text(c)
	case 'h', 'H':
		p.hex(c)
	case 'x':
		p.zeros(c.count)
	case 'X':
		p.out = p.out[:max(len(p.out)-c.count, 0)]
	case '@':
		if c.count <= len(p.out) {
			p.out = p.out[:c.count]
		} else {
			p.zeros(c.count - len(p.out))
		}
	default:
		for range c.count {
			p.number(c.code, p.take())
		}
	}
}

// zeros appends n zero bytes.
func (p *packer) zeros(n int) { p.out = append(p.out, make([]byte, n)...) }

func (p *packer) text(c packCode) {
	s := p.stringOf(p.take())
	n := c.count
	fill := byte(0)
	if c.code == 'A' {
		fill = ' '
	}
	most := n
	if c.code == 'Z' {
		most = max(n-1, 0)
	}
	s = s[:min(len(s), most)]
	p.out = append(p.out, s...)
	for range n - len(s) {
		p.out = append(p.out, fill)
	}
}

// hex packs hexadecimal digits: h the low nibble first, H the high one.
func (p *packer) hex(c packCode) {
	s := p.stringOf(p.take())
	n := c.count
	if n > len(s) {
		p.warn("Type %c: not enough characters in string", c.code)
		n = len(s)
	}
	data := make([]byte, (n+1)/2)
	for i := range n {
		nibble, ok := hexDigit(s[i])
		if !ok {
			p.warn("Type %c: illegal hex digit %s", c.code, []byte{s[i]})
		}
		high := i%2 == 0
		if c.code == 'h' {
			high = !high
		}
		if high {
			nibble <<= 4
		}
		data[i/2] |= nibble
	}
	p.out = append(p.out, data...)
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case isDigit(c):
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func (p *packer) number(code byte, v lua.LValue) {
	if f, ok := floatCodes[code]; ok {
		bits := math.Float64bits(toDouble(v))
		if f.size == 4 {
			bits = uint64(math.Float32bits(float32(toDouble(v))))
		}
		p.out = appendBits(p.out, f.order, f.size, bits)
		return
	}
	i := integerCodes[code]
	p.out = appendBits(p.out, i.order, i.size, uint64(toLong(v)))
}

// appendBits appends the low bytes of a number in a byte order.
func appendBits(to []byte, order binary.ByteOrder, size int, bits uint64) []byte {
	var b [8]byte
	switch size {
	case 1:
		b[0] = byte(bits)
	case 2:
		order.PutUint16(b[:], uint16(bits))
	case 4:
		order.PutUint32(b[:], uint32(bits))
	default:
		order.PutUint64(b[:], bits)
	}
	return append(to, b[:size]...)
}

// bitsOf is a number of 1, 2, 4 or 8 bytes.
func bitsOf(data string, order binary.ByteOrder) uint64 {
	b := []byte(data)
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

// unpacker is one run of unpack.
type unpacker struct {
	call
	data string
	at   int
	out  *lua.LTable
}

func unpack(k call) int {
	data := k.text(2)
	from := k.optInt(3, 0)
	if from < 0 || from > len(data) {
		k.valueError(3, "must be contained in argument #2 ($data)")
	}
	u := unpacker{call: k, data: data[from:], out: k.L.NewTable()}
	format := k.text(1)
	for format != "" {
		element, rest, _ := strings.Cut(format, "/")
		format = rest
		if !u.element(unpackCode(element)) {
			return k.no()
		}
	}
	return k.Return(u.out)
}

// unpackCode reads a code with its count and its name.
func unpackCode(element string) packCode {
	c := packCode{count: 1}
	if element == "" {
		return c
	}
	c.code, element = element[0], element[1:]
	digits := len(element) - len(strings.TrimLeft(element, "0123456789"))
	switch {
	case strings.HasPrefix(element, "*"):
		c.all, c.given, element = true, true, element[1:]
	case digits > 0:
		c.count, c.given, element = repetitions(element[:digits]), true, element[digits:]
	}
	c.name = element[:min(len(element), 200)]
	return c
}

// element unpacks what one code says; false after a warning.
func (u *unpacker) element(c packCode) bool {
	if c.code == 'X' || c.code == '@' {
		if c.count > 0 {
			u.move(c)
		}
		return true
	}
	size, times := u.extent(c)
	for i := 0; times < 0 || i < times; i++ {
		left := len(u.data) - u.at
		if times < 0 && size > left {
			break
		}
		if size > left {
			u.warn("Type %c: not enough input, need %d, have %d", c.code, size, left)
			return false
		}
		if c.code != 'x' {
			u.value(c, i, times, u.data[u.at:u.at+size])
		}
		u.at += size
	}
	if c.all && (c.code == 'h' || c.code == 'H') { // as PHP, which goes back by one
		u.at = max(u.at-size-1, 0)
	}
	return true
}

// extent is how many bytes a value of a code takes, and how many there are; -1
// as many as come.
func (u *unpacker) extent(c packCode) (size, times int) {
	switch c.code {
	case 'a', 'A', 'Z':
		if c.all {
			return len(u.data) - u.at, 1
		}
		return c.count, 1
	case 'h', 'H':
		if c.all {
			return len(u.data) - u.at, 1
		}
		return (c.count + 1) / 2, 1
	case 'x':
		size = 1
	default:
		size = max(integerCodes[c.code].size, floatCodes[c.code].size)
	}
	if size == 0 {
		u.throw("ValueError", "Invalid format type "+string([]byte{c.code}))
	}
	if c.all {
		return size, -1
	}
	return size, c.count
}

// move goes to another place.
func (u *unpacker) move(c packCode) {
	if c.code == 'X' {
		if c.all {
			u.warn("Type X: '*' ignored")
		}
		u.at = max(u.at-c.count, 0)
		return
	}
	if c.all || c.count > len(u.data) {
		u.warn("Type @: outside of string")
		return
	}
	u.at = c.count
}

// value keeps one value under its key.
func (u *unpacker) value(c packCode, i, times int, data string) {
	key := lua.LValue(lua.LString(c.name))
	switch {
	case c.name == "":
		key = lua.LNumber(i + 1)
	case times != 1:
		key = lua.LString(c.name + strconv.Itoa(i+1))
	}
	if n, err := strconv.Atoi(lua.LVAsString(key)); err == nil && strconv.Itoa(n) == lua.LVAsString(key) {
		key = lua.LNumber(n)
	}
	u.out.RawSet(key, unpackValue(c, data))
}

func unpackValue(c packCode, data string) lua.LValue {
	switch c.code {
	case 'a':
		return lua.LString(data)
	case 'A':
		return lua.LString(strings.TrimRight(data, " \t\r\n\x00"))
	case 'Z':
		text, _, _ := strings.Cut(data, "\x00")
		return lua.LString(text)
	case 'h', 'H':
		return lua.LString(hexText(c, data))
	}
	if f, ok := floatCodes[c.code]; ok {
		if f.size == 4 {
			return lua.LNumber(math.Float32frombits(uint32(bitsOf(data, f.order))))
		}
		return lua.LNumber(math.Float64frombits(bitsOf(data, f.order)))
	}
	code := integerCodes[c.code]
	bits := bitsOf(data, code.order)
	if !code.signed {
		return lua.LNumber(bits)
	}
	shift := 64 - 8*code.size
	return lua.LNumber(int64(bits<<shift) >> shift)
}

func hexText(c packCode, data string) string {
	const digits = "0123456789abcdef"
	n := c.count
	if c.all {
		n = 2 * len(data)
	}
	text := make([]byte, 0, n)
	for i := range min(n, 2*len(data)) {
		b := data[i/2]
		if (i%2 == 0) == (c.code == 'H') {
			b >>= 4
		}
		text = append(text, digits[b&15])
	}
	return string(text)
}

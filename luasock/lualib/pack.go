package lualib

import (
	"math"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// The sizes in bytes that a C compiler gives Lua's types on 64-bit systems, and
// the alignment that "!" asks for.
const (
	sizeChar, sizeShort, sizeInt, sizeLong = 1, 2, 4, 8
	sizeFloat, sizeDouble                  = 4, 8
	nativeAlign                            = 8
	maxIntSize                             = 16
	// maxPacked is the greatest number in a format, and result of packsize.
	maxPacked = math.MaxInt32
	// maxExact is the greatest number up to which all whole numbers are exact.
	maxExact = 1 << 53
)

// packKind is what an item of a pack format stands for.
type packKind uint8

const (
	packNothing  packKind = iota // an option of the format itself, such as "<"
	packInt                      // a signed integer that is a number in Lua
	packUint                     // an unsigned one
	packInt64                    // j: a signed integer that is a decimal string
	packUint64                   // J: an unsigned one
	packFloat                    // a floating-point number
	packChars                    // a string of fixed length
	packString                   // a string after its length
	packZero                     // a string before a zero
	packPadding                  // one byte that has no meaning
	packAligning                 // as many bytes as align the next item
)

// packItem is one item of a pack format.
type packItem struct {
	kind packKind
	size int // in bytes; of packString that of its length
	pad  int // bytes before it, for its alignment
}

// packFormat reads a format of pack and unpack.
type packFormat struct {
	c        bind.Call
	rest     string
	big      bool
	maxAlign int
}

func newPackFormat(c bind.Call) packFormat {
	return packFormat{c: c, rest: checkString(c, 1), maxAlign: 1}
}

// next reads an item that is to stand after at bytes.
func (p *packFormat) next(at int) packItem {
	item := p.option()
	align := item.size
	if item.kind == packAligning {
		align = p.alignOf()
	}
	if align <= 1 || item.kind == packChars {
		return item
	}
	align = min(align, p.maxAlign)
	if align&(align-1) != 0 {
		p.c.Bad(1, "format asks for alignment not power of 2")
	}
	item.pad = -at & (align - 1)
	return item
}

// alignOf reads the option after "X", of which only the size counts.
func (p *packFormat) alignOf() int {
	if p.rest != "" {
		if item := p.option(); item.kind != packChars && item.size > 0 {
			return item.size
		}
	}
	p.c.Bad(1, "invalid next option for option 'X'")
	return 0
}

// option reads one option; those of the format itself take effect.
func (p *packFormat) option() packItem {
	letter := p.rest[0]
	p.rest = p.rest[1:]
	switch letter {
	case 'b':
		return packItem{kind: packInt, size: sizeChar}
	case 'B':
		return packItem{kind: packUint, size: sizeChar}
	case 'h':
		return packItem{kind: packInt, size: sizeShort}
	case 'H':
		return packItem{kind: packUint, size: sizeShort}
	case 'i':
		return packItem{kind: packInt, size: p.intSize(sizeInt)}
	case 'I':
		return packItem{kind: packUint, size: p.intSize(sizeInt)}
	case 'l':
		return packItem{kind: packInt, size: sizeLong}
	case 'L', 'T':
		return packItem{kind: packUint, size: sizeLong}
	case 'j':
		return packItem{kind: packInt64, size: sizeLong}
	case 'J':
		return packItem{kind: packUint64, size: sizeLong}
	case 'f':
		return packItem{kind: packFloat, size: sizeFloat}
	case 'd', 'n':
		return packItem{kind: packFloat, size: sizeDouble}
	case 's':
		return packItem{kind: packString, size: p.intSize(sizeLong)}
	case 'c':
		size := p.number(-1)
		if size < 0 {
			p.c.Raise("missing size for format option 'c'")
		}
		return packItem{kind: packChars, size: size}
	case 'z':
		return packItem{kind: packZero}
	case 'x':
		return packItem{kind: packPadding, size: 1}
	case 'X':
		return packItem{kind: packAligning}
	}
	p.setting(letter)
	return packItem{}
}

// setting is an option of the format itself.
func (p *packFormat) setting(letter byte) {
	switch letter {
	case ' ':
	case '<', '=':
		p.big = false
	case '>':
		p.big = true
	case '!':
		p.maxAlign = p.intSize(nativeAlign)
	default:
		p.c.Raise("invalid format option '%s'", []byte{letter})
	}
}

// number reads the number after an option, if there is one.
func (p *packFormat) number(def int) int {
	if p.rest == "" || !isDigit(p.rest[0]) {
		return def
	}
	n := 0
	for p.rest != "" && isDigit(p.rest[0]) && n <= (maxPacked-9)/10 {
		n = n*10 + int(p.rest[0]-'0')
		p.rest = p.rest[1:]
	}
	return n
}

func (p *packFormat) intSize(def int) int {
	n := p.number(def)
	if n < 1 || n > maxIntSize {
		p.c.Raise("integral size (%d) out of limits [1,%d]", n, maxIntSize)
	}
	return n
}

func stringPackSize(c bind.Call) int {
	total := 0
	for p := newPackFormat(c); p.rest != ""; {
		item := p.next(total)
		if item.kind == packString || item.kind == packZero {
			c.Bad(1, "variable-length format")
		}
		size := item.pad + item.size
		if total > maxPacked-size {
			c.Bad(1, "format result too large")
		}
		total += size
	}
	return c.Integer(total)
}

func stringPack(c bind.Call) int {
	var small [128]byte
	out, arg := small[:0], 1
	for p := newPackFormat(c); p.rest != ""; {
		item := p.next(len(out))
		out = zeros(out, item.pad)
		switch item.kind {
		case packNothing, packAligning:
			continue
		case packPadding:
			out = append(out, 0)
			continue
		}
		arg++
		out = p.append(out, item, arg)
	}
	return c.Return(piece(string(out)))
}

// append appends argument i as the item says.
func (p *packFormat) append(out []byte, item packItem, i int) []byte {
	c := p.c
	switch item.kind {
	case packInt:
		return p.appendSigned(out, item.size, i, checkExact(c, i))
	case packUint:
		return p.appendUnsigned(out, item.size, i, uint64(checkExact(c, i)))
	case packInt64:
		return p.appendSigned(out, item.size, i, checkInt64(c, i))
	case packUint64:
		return p.appendUnsigned(out, item.size, i, checkUint64(c, i))
	case packFloat:
		n := checkNumber(c, i)
		if item.size == sizeFloat {
			return p.appendInt(out, uint64(math.Float32bits(float32(n))), item.size, 0)
		}
		return p.appendInt(out, math.Float64bits(n), item.size, 0)
	}
	return p.appendString(out, item, i)
}

func (p *packFormat) appendString(out []byte, item packItem, i int) []byte {
	s := checkString(p.c, i)
	switch item.kind {
	case packChars:
		if len(s) > item.size {
			p.c.Bad(i, "string longer than given size")
		}
		if item.size > maxText-len(out) {
			p.c.Raise("resulting string too large")
		}
		out = append(out, s...)
		return zeros(out, item.size-len(s))
	case packString:
		if item.size < 8 && uint64(len(s)) >= 1<<(8*item.size) {
			p.c.Bad(i, "string length does not fit in given size")
		}
		out = p.appendInt(out, uint64(len(s)), item.size, 0)
		return append(out, s...)
	}
	if strings.IndexByte(s, 0) >= 0 {
		p.c.Bad(i, "string contains zeros")
	}
	out = append(out, s...)
	return append(out, 0)
}

func (p *packFormat) appendSigned(out []byte, size, i int, n int64) []byte {
	if size < 8 {
		limit := int64(1) << (8*size - 1)
		if n < -limit || n >= limit {
			p.c.Bad(i, "integer overflow")
		}
	}
	return p.appendInt(out, uint64(n), size, byte(n>>63))
}

// appendUnsigned takes a negative number of 8 bytes or more as its two's
// complement, as Lua 5.3 does.
func (p *packFormat) appendUnsigned(out []byte, size, i int, u uint64) []byte {
	if size < 8 && u >= 1<<(8*size) {
		p.c.Bad(i, "unsigned overflow")
	}
	return p.appendInt(out, u, size, 0)
}

// appendInt writes an integer of size bytes. What u does not hold is filled with
// the byte fill.
func (p *packFormat) appendInt(out []byte, u uint64, size int, fill byte) []byte {
	from := len(out)
	for k := range size {
		if k < 8 {
			out = append(out, byte(u>>(8*k)))
		} else {
			out = append(out, fill)
		}
	}
	if p.big {
		slices.Reverse(out[from:])
	}
	return out
}

// zeros appends n zeros.
func zeros(out []byte, n int) []byte {
	end := len(out) + n
	out = slices.Grow(out, n)[:end]
	clear(out[end-n:])
	return out
}

// checkExact reads a whole number of at most 2^53 either way.
func checkExact(c bind.Call, i int) int64 {
	if s, ok := c.Arg(i).(lua.LString); ok {
		// By way of a float the text would be rounded before it is judged.
		if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
			if n > maxExact || n < -maxExact {
				inexact(c, i, string(s))
			}
			return n
		}
	}
	f := checkNumber(c, i)
	if f != math.Trunc(f) {
		c.Bad(i, "number has no integer representation")
	}
	if math.Abs(f) > maxExact {
		inexact(c, i, bind.NumberText(lua.LNumber(f)))
	}
	return int64(f)
}

func inexact(c bind.Call, i int, what string) {
	c.Bad(i, "%s is beyond 2^53, where numbers are not exact; j and J take and give decimal strings", what)
}

// checkInt64 reads a decimal string, or an exact number.
func checkInt64(c bind.Call, i int) int64 {
	s, ok := c.Arg(i).(lua.LString)
	if !ok {
		return checkExact(c, i)
	}
	n, err := strconv.ParseInt(string(s), 10, 64)
	checkDecimal(c, i, err, "integer overflow")
	return n
}

// checkUint64 is checkInt64 for unsigned integers. Negative ones wrap.
func checkUint64(c bind.Call, i int) uint64 {
	s, ok := c.Arg(i).(lua.LString)
	if !ok || strings.HasPrefix(string(s), "-") {
		return uint64(checkInt64(c, i))
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(string(s), "+"), 10, 64)
	checkDecimal(c, i, err, "unsigned overflow")
	return n
}

// checkDecimal raises what is wrong with the text of an integer.
func checkDecimal(c bind.Call, i int, err error, overflow string) {
	switch {
	case err == nil:
	case err.(*strconv.NumError).Err == strconv.ErrRange:
		c.Bad(i, "%s", overflow)
	default:
		c.Bad(i, "integer in decimal expected, got %s", bind.Describe(c.Arg(i)))
	}
}

package lualib

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func stringUnpack(c bind.Call) int {
	p := newPackFormat(c)
	data := checkString(c, 2)
	pos := position(optInt(c, 3, 1), len(data)) - 1
	if pos < 0 || pos > len(data) {
		c.Bad(3, "initial position out of string")
	}
	room(c.L, len(p.rest)+1)
	results := 0
	for p.rest != "" {
		item := p.next(pos)
		if item.pad+item.size > len(data)-pos {
			c.Bad(2, "data string too short")
		}
		pos += item.pad
		v, size := p.value(item, data[pos:], pos)
		pos += size
		if v != nil {
			c.L.Push(v)
			results++
		}
	}
	return results + c.Integer(pos+1)
}

// value reads the item at the start of data, which is pos bytes from the start
// of all. It gives the value, nil for an item without one, and its length.
func (p *packFormat) value(item packItem, data string, pos int) (lua.LValue, int) {
	field := data[:item.size]
	switch item.kind {
	case packInt:
		return p.exact(pos, p.signed(field)), item.size
	case packUint:
		return p.exactUnsigned(pos, p.unsigned(field)), item.size
	case packInt64:
		return lua.LString(strconv.FormatInt(p.signed(field), 10)), item.size
	case packUint64:
		return lua.LString(strconv.FormatUint(p.unsigned(field), 10)), item.size
	case packFloat:
		return lua.LNumber(p.float(field)), item.size
	case packChars:
		return pieceOf(data, field), item.size
	case packString:
		n := p.unsigned(field)
		if n > uint64(len(data)-item.size) {
			p.c.Bad(2, "data string too short")
		}
		end := item.size + int(n)
		return pieceOf(data, data[item.size:end]), end
	case packZero:
		n := strings.IndexByte(data, 0)
		if n < 0 {
			p.c.Bad(2, "unfinished string for format 'z'")
		}
		return pieceOf(data, data[:n]), n + 1
	}
	return nil, item.size
}

// unsigned reads an integer. Bytes beyond the eighth must be zero.
func (p *packFormat) unsigned(field string) uint64 {
	u, more := p.integer(field)
	p.fits(field, more, 0)
	return u
}

// signed reads an integer. Bytes beyond the eighth must repeat its sign.
func (p *packFormat) signed(field string) int64 {
	u, more := p.integer(field)
	if size := len(field); size < 8 {
		shift := 64 - 8*size
		return int64(u<<shift) >> shift
	}
	p.fits(field, more, byte(int64(u)>>63))
	return int64(u)
}

// integer reads the lowest eight bytes, and gives those above them too.
func (p *packFormat) integer(field string) (u uint64, more string) {
	low := field
	if p.big {
		if len(field) > 8 {
			more, low = field[:len(field)-8], field[len(field)-8:]
		}
		for i := range len(low) {
			u = u<<8 | uint64(low[i])
		}
		return u, more
	}
	if len(field) > 8 {
		low, more = field[:8], field[8:]
	}
	for i := range len(low) {
		u |= uint64(low[i]) << (8 * i)
	}
	return u, more
}

func (p *packFormat) fits(field, more string, fill byte) {
	for i := range len(more) {
		if more[i] != fill {
			p.c.Raise("%d-byte integer does not fit into Lua Integer", len(field))
		}
	}
}

func (p *packFormat) exact(pos int, n int64) lua.LValue {
	if n > maxExact || n < -maxExact {
		inexactAt(p.c, pos, strconv.FormatInt(n, 10))
	}
	return bind.Int(n)
}

func (p *packFormat) exactUnsigned(pos int, u uint64) lua.LValue {
	if u > maxExact {
		inexactAt(p.c, pos, strconv.FormatUint(u, 10))
	}
	return bind.Int(u)
}

func inexactAt(c bind.Call, pos int, what string) {
	inexact(c, 2, what+" at position "+strconv.Itoa(pos+1))
}

func (p *packFormat) float(field string) float64 {
	u, _ := p.integer(field)
	if len(field) == sizeFloat {
		return float64(math.Float32frombits(uint32(u)))
	}
	return math.Float64frombits(u)
}

package lualib

import (
	lua "github.com/yuin/gopher-lua"
)

// instruction is one instruction of gopher-lua's code; see its opcode.go.
type instruction uint32

func (i instruction) op() int  { return int(i >> 26) }
func (i instruction) a() int   { return int(i>>18) & 0xff }
func (i instruction) b() int   { return int(i & 0x1ff) }
func (i instruction) c() int   { return int(i>>9) & 0x1ff }
func (i instruction) bx() int  { return int(i & 0x3ffff) }
func (i instruction) sbx() int { return i.bx() - 0x3ffff>>1 }

// constantBit marks an operand that is a constant, not a register.
const constantBit = 1 << 8

// constant gives the string constant that an operand is.
func constant(p *lua.FunctionProto, operand int) string {
	if operand&constantBit == 0 {
		return "?"
	}
	return text(p, operand&^constantBit)
}

func text(p *lua.FunctionProto, n int) string {
	if s, ok := p.Constants[n].(lua.LString); ok {
		return string(s)
	}
	return "?"
}

// nameOf says what the value in a register is to the source at an instruction:
// "local", "global", "field", "method" or "upvalue", and its name. Empty when it
// is none of these, but a result of a call or of an operator.
func nameOf(p *lua.FunctionProto, pc, reg int) (what, name string) {
	// A name with a bracket is of what a for statement keeps to itself.
	if name := localName(p, pc, reg); name != "" && name[0] != '(' {
		return "local", name
	}
	at := setter(p, pc, reg)
	if at < 0 {
		return "", ""
	}
	switch i := instruction(p.Code[at]); i.op() {
	case lua.OP_MOVE, lua.OP_MOVEN:
		if i.b() < i.a() {
			return nameOf(p, at, i.b())
		}
	case lua.OP_GETGLOBAL:
		return "global", text(p, i.bx())
	case lua.OP_GETTABLE, lua.OP_GETTABLEKS:
		return "field", constant(p, i.c())
	case lua.OP_GETUPVAL:
		if i.b() < len(p.DbgUpvalues) {
			return "upvalue", p.DbgUpvalues[i.b()]
		}
	case lua.OP_SELF:
		if reg == i.a() {
			return "method", constant(p, i.c())
		}
	}
	return "", ""
}

// localName is the name of the local variable in a register, "" for a temporary.
func localName(p *lua.FunctionProto, pc, reg int) string {
	for _, l := range p.DbgLocals {
		if l.StartPc < pc && pc < l.EndPc {
			if reg == 0 {
				return l.Name
			}
			reg--
		}
	}
	return ""
}

// setter finds the instruction before last that gave the register its value; -1
// if there is none, or more than one way leads to last.
func setter(p *lua.FunctionProto, last, reg int) int {
	set, target := -1, 0
	for pc := 0; pc < last; pc++ {
		i := instruction(p.Code[pc])
		if i.op() == lua.OP_JMP {
			if to := pc + 1 + i.sbx(); pc < to && to <= last {
				target = max(target, to)
			}
		}
		if i.sets(reg) {
			if set = pc; pc < target {
				set = -1
			}
		}
		pc += data(p, i, pc)
	}
	return set
}

// data is how many words of data, which are no instructions, follow.
func data(p *lua.FunctionProto, i instruction, pc int) int {
	switch i.op() {
	case lua.OP_CLOSURE:
		return int(p.FunctionPrototypes[i.bx()].NumUpvalues)
	case lua.OP_SETLIST:
		if i.c() == 0 {
			return 1
		}
	}
	return 0
}

// sets tells whether the instruction changes the register. The words after a
// MOVEN look like MOVEs, and are counted as such.
func (i instruction) sets(reg int) bool {
	a := i.a()
	switch i.op() {
	case lua.OP_LOADNIL:
		return a <= reg && reg <= i.b()
	case lua.OP_CALL, lua.OP_TAILCALL:
		return reg >= a
	case lua.OP_TFORLOOP:
		return reg >= a+2
	case lua.OP_SELF:
		return reg == a || reg == a+1
	case lua.OP_VARARG:
		return reg >= a && (i.b() == 0 || reg <= a+i.b()-2)
	case lua.OP_FORLOOP:
		return a <= reg && reg <= a+3
	case lua.OP_SETGLOBAL, lua.OP_SETUPVAL, lua.OP_SETTABLE, lua.OP_SETTABLEKS, lua.OP_JMP, lua.OP_EQ, lua.OP_LT,
		lua.OP_LE, lua.OP_TEST, lua.OP_RETURN, lua.OP_SETLIST, lua.OP_CLOSE, lua.OP_NOP:
		return false
	}
	return reg == a
}

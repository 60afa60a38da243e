package php

import (
	"strings"

	"sockscript/luasock/bind"
)

// param is one parameter of a PHP function.
type param struct {
	name     string
	kind     kind
	nullable bool
	optional bool
	def      string // as it is declared; for the reference
	ref      bool   // by reference: its value is a further result
	out      bool   // by reference and not read: not among the Lua parameters
	at       int    // its place among the Lua parameters; an output's: the place before
	typ      string // the declared type, "?int"
}

// kind is what a parameter takes.
type kind uint8

const (
	anything kind = iota // mixed, or a mixture that the function checks itself
	integer
	float
	text
	boolean
	array
	callable
	socketKind
	addressKind
	resource
	curlKindOf
)

var kinds = map[string]kind{
	"": anything, "mixed": anything, "int": integer, "float": float, "string": text, "bool": boolean, "array": array,
	"callable": callable, "Socket": socketKind, "AddressInfo": addressKind, "resource": resource, "CurlHandle": curlKindOf,
}

// prototype is a PHP function's declaration.
type prototype struct {
	name     string
	params   []param
	least    int // how many arguments PHP wants, outputs counted
	most     int // -1: any number
	leastLua int
	mostLua  int
	returns  string
	quiet    bool // errors of the system are not kept for socket_last_error
}

// row makes a bind.Row of a PHP declaration, as PHP's manual has it:
//
//	socket_recv(Socket $socket, &$data, int $length, int $flags): int|false
//
// A parameter with & alone is an output: it leaves the list, and fn returns its
// value behind the function's own result. One with a type before the & is read
// and written: it stays.
func row(declaration, doc string, fn func(call) int) bind.Row {
	p := parse(declaration)
	return bind.Row{
		Name: p.name, Sig: p.signature(), PHP: p.name, Doc: doc + p.results(),
		Fn: func(c bind.Call) int { return p.call(c, fn) },
	}
}

// differs says in the reference how a row is not as PHP's function.
func differs(r bind.Row, how string) bind.Row {
	r.Differs = how
	return r
}

// own says that a row is no function of PHP's.
func own(r bind.Row) bind.Row {
	r.PHP = ""
	return r
}

// parse reads a declaration; a fault in one is this package's, and panics.
func parse(declaration string) *prototype {
	head, rest, ok := strings.Cut(declaration, "(")
	list, returns, ok2 := strings.Cut(rest, "): ")
	if !ok || !ok2 {
		panic("php: no declaration: " + declaration)
	}
	p := &prototype{name: head, returns: returns, quiet: isQuiet(head)}
	for _, text := range splitParams(list) {
		p.add(text)
	}
	return p
}

// isQuiet tells whether a function's errors of the system are none of
// ext/sockets'.
func isQuiet(name string) bool {
	for _, prefix := range []string{"f", "pf", "stream_", "gethost"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// splitParams splits at the commas outside brackets.
func splitParams(list string) (parts []string) {
	depth, from := 0, 0
	for i, r := range list {
		switch r {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(list[from:i]))
				from = i + 1
			}
		}
	}
	if last := strings.TrimSpace(list[from:]); last != "" {
		parts = append(parts, last)
	}
	return parts
}

// add reads one parameter.
func (p *prototype) add(text string) {
	head, def, optional := strings.Cut(text, " = ")
	typ, name, ok := strings.Cut(head, "$")
	if !ok {
		panic("php: no parameter: " + text)
	}
	if _, variadic := strings.CutSuffix(typ, "..."); variadic {
		p.most, p.mostLua = -1, -1
		return
	}
	typ, ref := strings.CutSuffix(typ, "&")
	q := param{name: name, optional: optional, def: def, typ: strings.TrimSpace(typ), ref: ref}
	q.out = ref && q.typ == ""
	plain := strings.TrimPrefix(q.typ, "?")
	q.nullable = plain != q.typ || def == "null"
	q.kind = kinds[plain]
	if !q.out {
		p.mostLua++
	}
	q.at = p.mostLua
	p.params = append(p.params, q)
	p.most++
	if !optional {
		p.least, p.leastLua = p.most, q.at
	}
}

// signature is how Lua calls it: "socket_recv(socket, length, flags)".
func (p *prototype) signature() string {
	var b strings.Builder
	separate, brackets := "", 0
	for _, q := range p.params {
		if q.out {
			continue
		}
		if q.optional {
			b.WriteString(strings.Repeat(" ", len(separate)/2) + "[")
			brackets++
		}
		b.WriteString(separate + q.name)
		if q.def != "" && q.def != "null" {
			b.WriteString("=" + q.def)
		}
		separate = ", "
	}
	if p.most < 0 {
		b.WriteString(separate + "...")
	}
	return p.name + "(" + b.String() + strings.Repeat("]", brackets) + ")"
}

// results tells what it returns: " Returns int|false, data."
func (p *prototype) results() string {
	list := []string{p.returns}
	for _, q := range p.params {
		if q.ref {
			list = append(list, q.name)
		}
	}
	return " Returns " + strings.Join(list, ", ") + "."
}

package php

import (
	"encoding/hex"
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var stringRows = []bind.Row{
	row("strlen(string $string): int", "Gives the number of bytes.", strlen),
	row("substr(string $string, int $offset, ?int $length = null): string", "Gives length bytes from offset on, which counts from 0, or from the end when it is negative.", substr),
	row("strpos(string $haystack, string $needle, int $offset = 0): int|false", "Finds needle, counted from 0.", strpos),
	row("trim(string $string, string $characters = \" \\n\\r\\t\\v\\0\"): string", "Strips characters (\"a..z\" is a range) from both ends.", trim),
	row("ltrim(string $string, string $characters = \" \\n\\r\\t\\v\\0\"): string", "Strips characters from the start.", ltrim),
	row("rtrim(string $string, string $characters = \" \\n\\r\\t\\v\\0\"): string", "Strips characters from the end.", rtrim),
	row("explode(string $separator, string $string, int $limit = PHP_INT_MAX): array", "Splits at each separator.", explode),
	row("implode(string|array $separator, ?array $array = null): string", "Joins the elements.", implode),
	row("str_repeat(string $string, int $times): string", "Repeats a string.", strRepeat),
	row("str_replace(array|string $search, array|string $replace, array|string $subject, &$count = null): string|array", "Replaces each search in subject; the elements of lists pair up.", strReplace),
	row("ord(string $character): int", "Gives the first byte as a number.", ord),
	row("chr(int $codepoint): string", "Gives the byte that a number is modulo 256.", chr),
	row("bin2hex(string $string): string", "Gives the bytes as hexadecimal digits.", bin2hex),
	row("hex2bin(string $string): string|false", "Gives the bytes of hexadecimal digits.", hex2bin),
}

// maxResult is how long a string may become, in bytes.
const maxResult = math.MaxInt32

func strlen(k call) int { return k.Integer(len(k.text(1))) }

func substr(k call) int {
	s := k.text(1)
	from := offset(k.int(2), len(s))
	length := k.optInt(3, len(s))
	to := len(s)
	if length < 0 {
		to = max(len(s)+length, from)
	} else if length < len(s)-from {
		to = from + length
	}
	return k.Text(s[from:to])
}

// offset is a place in n bytes; a negative one counts from the end.
func offset(at, n int) int {
	if at < 0 {
		return max(at+n, 0)
	}
	return min(at, n)
}

func strpos(k call) int {
	s, needle, from := k.text(1), k.text(2), k.optInt(3, 0)
	if from < 0 {
		from += len(s)
	}
	if from < 0 || from > len(s) {
		k.valueError(3, "must be contained in argument #1 ($haystack)")
	}
	at := strings.Index(s[from:], needle)
	if at < 0 {
		return k.no()
	}
	return k.Integer(from + at)
}

func trim(k call) int {
	set := k.mask()
	return k.Text(trimStart(trimEnd(k.text(1), set), set))
}

func ltrim(k call) int { return k.Text(trimStart(k.text(1), k.mask())) }

func rtrim(k call) int { return k.Text(trimEnd(k.text(1), k.mask())) }

func trimStart(s string, set *[256]bool) string {
	for s != "" && set[s[0]] {
		s = s[1:]
	}
	return s
}

func trimEnd(s string, set *[256]bool) string {
	for s != "" && set[s[len(s)-1]] {
		s = s[:len(s)-1]
	}
	return s
}

// mask reads argument 2, the characters to strip.
func (k call) mask() *[256]bool {
	set, chars := &[256]bool{}, " \n\r\t\v\x00"
	if k.has(2) {
		chars = k.text(2)
	}
	for i := 0; i < len(chars); i++ {
		c := chars[i]
		rest := chars[i+1:]
		switch {
		case len(rest) > 2 && rest[:2] == ".." && rest[2] >= c:
			for b := int(c); b <= int(rest[2]); b++ {
				set[b] = true
			}
			i += 3
		case c == '.' && rest != "" && rest[0] == '.':
			k.warn("Invalid '..'-range%s", rangeFault(chars, i))
		default:
			set[c] = true
		}
	}
	return set
}

// rangeFault says what is wrong with the range whose dots begin at i.
func rangeFault(chars string, i int) string {
	switch {
	case i == 0:
		return ", no character to the left of '..'"
	case i+2 >= len(chars):
		return ", no character to the right of '..'"
	case chars[i-1] > chars[i+2]:
		return ", '..'-range needs to be incrementing"
	}
	return ""
}

func explode(k call) int {
	separator, s, limit := k.text(1), k.text(2), k.optInt(3, math.MaxInt)
	if separator == "" {
		k.valueError(1, "cannot be empty")
	}
	var parts []string
	if limit >= 0 {
		parts = strings.SplitN(s, separator, max(min(limit, math.MaxInt32), 1))
	} else {
		parts = strings.Split(s, separator)
		parts = parts[:max(len(parts)+limit, 0)]
	}
	t := k.L.CreateTable(len(parts), 0)
	for _, part := range parts {
		t.Append(lua.LString(part))
	}
	return k.Return(t)
}

func implode(k call) int {
	glue, list := k.arg(1), k.table(2)
	t, first := glue.(*lua.LTable)
	switch {
	case list == nil && !first:
		k.scalar(1)
		k.throw("TypeError", "implode(): Argument #1 ($array) must be of type array, string given")
	case list == nil:
		return k.Text(k.join(t, ""))
	case first:
		k.typeError(1, "must be of type string, array given")
	}
	return k.Text(k.join(list, k.scalar(1)))
}

// scalar is argument i, declared array|string, as a string.
func (k call) scalar(i int) string {
	const declared = "array|string"
	if !k.has(i) {
		k.report(eDeprecated, fmt.Sprintf("%s(): Passing null to parameter #%d ($%s) of type %s is deprecated", k.p.name, i, k.p.params[i-1].name, declared))
		return ""
	}
	v, ok := scalarText(k.arg(i))
	if !ok {
		k.typeError(i, "must be of type %s, %s given", declared, typeName(k.arg(i)))
	}
	return string(v.(lua.LString))
}

func (k call) join(t *lua.LTable, glue string) string {
	var b strings.Builder
	for i, e := range elements(t) {
		if i > 0 {
			b.WriteString(glue)
		}
		b.WriteString(k.stringOf(e.value))
	}
	return b.String()
}

func strRepeat(k call) int {
	s, n := k.text(1), k.int(2)
	if n < 0 {
		k.valueError(2, "must be greater than or equal to 0")
	}
	if s != "" && n > maxResult/len(s) {
		k.throw("Error", fmt.Sprintf("str_repeat(): the result would be longer than %d bytes", maxResult))
	}
	return k.Text(strings.Repeat(s, n))
}

func strReplace(k call) int {
	r := k.replacer()
	t, many := k.arg(3).(*lua.LTable)
	if !many {
		s := r.in(k.scalar(3))
		return k.Return(lua.LString(s), bind.Int(r.count))
	}
	result := k.L.NewTable()
	t.ForEach(func(key, v lua.LValue) {
		result.RawSet(key, lua.LString(r.in(k.stringOf(v))))
	})
	return k.Return(result, bind.Int(r.count))
}

// replacer is one run of str_replace. The elements of lists become strings when
// they are needed, so that PHP's warnings come where PHP has them.
type replacer struct {
	call
	searches []element
	replaces []element
	replace  string // for all searches, when there is no list of them
	paired   bool
	count    int
}

// replacer reads arguments 1 and 2.
func (k call) replacer() *replacer {
	r := &replacer{call: k}
	searches, many := k.arg(1).(*lua.LTable)
	replaces, paired := k.arg(2).(*lua.LTable)
	if !many {
		r.searches = []element{{value: lua.LString(k.scalar(1))}}
		if paired {
			k.typeError(2, "must be of type string when argument #1 ($search) is a string")
		}
	} else {
		r.searches = elements(searches)
	}
	if r.paired = paired; paired {
		r.replaces = elements(replaces)
	} else {
		r.replace = k.scalar(2)
	}
	return r
}

// in replaces in one subject.
func (r *replacer) in(s string) string {
	for i, e := range r.searches {
		if s == "" {
			break
		}
		search := r.stringOf(e.value)
		if search == "" {
			continue
		}
		with := r.replace
		if r.paired && i < len(r.replaces) {
			with = r.stringOf(r.replaces[i].value)
		}
		n := strings.Count(s, search)
		if len(s)+n*(len(with)-len(search)) > maxResult {
			r.throw("Error", fmt.Sprintf("str_replace(): the result would be longer than %d bytes", maxResult))
		}
		s = strings.ReplaceAll(s, search, with)
		r.count += n
	}
	return s
}

func ord(k call) int {
	if s := k.text(1); s != "" {
		return k.Integer(int(s[0]))
	}
	return k.Integer(0)
}

func chr(k call) int { return k.Text(string([]byte{byte(k.int(1))})) }

func bin2hex(k call) int { return k.Text(hex.EncodeToString(k.bytes(1))) }

func hex2bin(k call) int {
	s := k.text(1)
	if len(s)%2 != 0 {
		k.warn("Hexadecimal input string must have an even length")
		return k.no()
	}
	data, err := hex.DecodeString(s)
	if err != nil {
		k.warn("Input string must be hexadecimal string")
		return k.no()
	}
	return k.Text(string(data))
}

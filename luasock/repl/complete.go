package repl

import (
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// names looks into the values of a VM without running any Lua.
type names struct {
	L      *lua.LState
	env    *bind.Env
	topics iter.Seq[string] // on which there is help
}

// complete gives the words that can stand at the end of text, sorted, and where
// the last word of text begins.
func (n names) complete(text string) (from int, words []string) {
	s := scanned(text)
	switch {
	case s.inert:
		return len(text), nil
	case s.quote >= 0:
		return n.completeText(text, s.quote)
	}
	p := pathBefore(text)
	if p.bad {
		return len(text), nil
	}
	for name := range n.members(p) {
		if strings.HasPrefix(name, p.word) && (p.word != "" || name[0] != '_') {
			words = append(words, name)
		}
	}
	slices.Sort(words)
	return p.at, words
}

// completeText completes in a string that begins at an index: a module for require,
// a topic for help, else a file.
func (n names) completeText(text string, start int) (from int, words []string) {
	before := strings.TrimRight(text[:start-1], " ")
	before = strings.TrimRight(strings.TrimSuffix(before, "("), " ")
	var all iter.Seq[string]
	switch before[nameStart(before, len(before)):] {
	case "require":
		all = n.modules()
	case "help":
		all = n.topics
	default:
		return completeFile(text, start)
	}
	for name := range all {
		if strings.HasPrefix(name, text[start:]) {
			words = append(words, name)
		}
	}
	slices.Sort(words)
	return start, slices.Compact(words)
}

// modules yields what require finds without a file, and the files beside it.
func (n names) modules() iter.Seq[string] {
	return func(yield func(string) bool) {
		lib, _ := n.L.G.Global.RawGetString("package").(*lua.LTable)
		if lib == nil {
			return
		}
		var found []string
		for _, list := range []string{"loaded", "preload"} {
			if t, ok := lib.RawGetString(list).(*lua.LTable); ok {
				t.ForEach(func(k, _ lua.LValue) { found = append(found, k.String()) })
			}
		}
		for template := range strings.SplitSeq(lua.LVAsString(lib.RawGetString("path")), ";") {
			before, after, _ := strings.Cut(template, "?")
			files, _ := filepath.Glob(template[:len(before)] + "*" + after)
			for _, file := range files {
				found = append(found, strings.TrimSuffix(strings.TrimPrefix(file, strings.TrimPrefix(before, "./")), after))
			}
		}
		slices.Values(found)(yield)
	}
}

// members are the names that can follow the path, and their values; those of
// keywords have none.
func (n names) members(p path) map[string]lua.LValue {
	found := map[string]lua.LValue{}
	if len(p.steps) == 0 {
		n.add(found, n.L.G.Global, 0)
		for word := range keywords {
			if p.word != "" {
				found[word] = nil
			}
		}
		return found
	}
	if v := n.value(p.steps); v != nil {
		n.addMembers(found, v, p.mark)
	}
	return found
}

// value finds what a chain of names stands for; nil when that cannot be known
// without running Lua.
func (n names) value(steps []string) lua.LValue {
	var v lua.LValue = n.L.G.Global
	for _, step := range steps {
		var key lua.LValue = lua.LString(step)
		if inner, ok := strings.CutPrefix(step, "["); ok {
			if key = literal(strings.TrimSuffix(inner, "]")); key == nil {
				return nil
			}
		}
		if v = n.index(v, key); v == lua.LNil {
			return nil
		}
	}
	return v
}

// literal is the value of a number or of a plain string as it is written.
func literal(text string) lua.LValue {
	text = strings.TrimSpace(text)
	if i, err := strconv.Atoi(text); err == nil {
		return lua.LNumber(i)
	}
	if len(text) >= 2 && (text[0] == '"' || text[0] == '\'') && text[len(text)-1] == text[0] && !strings.Contains(text, `\`) {
		return lua.LString(text[1 : len(text)-1])
	}
	return nil
}

// index is v[key] as far as tables alone decide it.
func (n names) index(v, key lua.LValue) lua.LValue {
	const deepest = 16 // of tables behind tables
	for range deepest {
		if t, ok := v.(*lua.LTable); ok {
			if member := t.RawGet(key); member != lua.LNil {
				return member
			}
		}
		if methods := n.methods(v); methods != nil {
			return methods.RawGet(key)
		}
		next, ok := n.meta(v).(*lua.LTable)
		if !ok {
			break
		}
		v = next
	}
	return lua.LNil
}

// meta is the field __index of the metatable of v.
func (n names) meta(v lua.LValue) lua.LValue { return n.L.GetMetaField(v, "__index") }

// methods is the table of the methods of an object of a class of ours; nil for
// another value.
func (n names) methods(v lua.LValue) *lua.LTable {
	if class := n.class(v); class != nil {
		return n.env.Methods(class.Class)
	}
	return nil
}

func (n names) class(v lua.LValue) *bind.Methods {
	_, class := n.env.ClassOf(v)
	return class
}

// add adds the names in a table; behind a colon only functions count.
func (n names) add(to map[string]lua.LValue, t *lua.LTable, mark byte) {
	t.ForEach(func(k, v lua.LValue) {
		name, ok := k.(lua.LString)
		if ok && isName(string(name)) && (mark != ':' || v.Type() == lua.LTFunction) {
			to[string(name)] = v
		}
	})
}

func (n names) addMembers(to map[string]lua.LValue, v lua.LValue, mark byte) {
	const deepest = 16
	for range deepest {
		if t, ok := v.(*lua.LTable); ok {
			n.add(to, t, mark)
		}
		if methods := n.methods(v); methods != nil {
			n.add(to, methods, mark)
			if mark == '.' {
				for _, field := range n.class(v).Fields {
					to[field.Name] = nil
				}
			}
			return
		}
		next, ok := n.meta(v).(*lua.LTable)
		if !ok {
			return
		}
		v = next
	}
}

// signature describes the function that a call names, for one line; "" when
// nothing is known of it.
func (n names) signature(call string) string {
	p := pathBefore(call)
	fn, ok := n.value(append(p.steps, p.word)).(*lua.LFunction)
	if p.bad || !ok {
		return ""
	}
	entry, ok := n.env.Entry(fn)
	if !ok {
		return ""
	}
	return signatureOf(entry, p.mark == ':')
}

// signatureOf is a row's signature and the first sentence of what it does. As a
// method, it does not have its first argument in the brackets.
func signatureOf(e *bind.Entry, method bool) string {
	name, args, _ := strings.Cut(e.Sig, "(")
	switch {
	case strings.Contains(name, ":"):
	case method:
		self, rest := cutReceiver(args)
		name, args = self+":"+name, rest
	case e.Module != "base" && e.Module != "_G":
		name = e.Module + "." + name
	}
	doc, _, _ := strings.Cut(e.Doc, ". ")
	return name + "(" + args + "  " + strings.TrimSuffix(doc, ".")
}

// cutReceiver takes the first argument, which may be optional, out of what stands
// in the brackets of a signature: "s" and "[backlog=0])" of "s [, backlog=0])".
func cutReceiver(args string) (self, rest string) {
	inner, optional := strings.CutPrefix(args, "[")
	end := strings.IndexAny(inner, " ,[])")
	if end < 0 {
		return args, ""
	}
	self, rest = inner[:end], inner[end:]
	if optional {
		rest = strings.Replace(rest, "]", "", 1)
	}
	rest = strings.TrimLeft(rest, ", ")
	if more, ok := strings.CutPrefix(rest, "["); ok {
		rest = "[" + strings.TrimLeft(more, ", ")
	}
	return self, rest
}

// completeFile completes a file's name that begins at an index of text.
func completeFile(text string, start int) (from int, words []string) {
	dir, base := filepath.Split(text[start:])
	folder := dir
	if folder == "" {
		folder = "."
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		return len(text), nil
	}
	for _, f := range files {
		name := f.Name()
		if !strings.HasPrefix(name, base) || base == "" && name[0] == '.' {
			continue
		}
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.IsDir() {
			name += "/"
		}
		words = append(words, name)
	}
	return len(text) - len(base), words
}

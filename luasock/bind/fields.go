package bind

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/spell"
)

// Fields reads a table argument by keys, with messages that name the key.
type Fields struct {
	c    Call
	i    int
	path string // of the table inside the argument: "name." or ""
	t    *lua.LTable
}

// Fields reads argument i, which must be a table.
func (c Call) Fields(i int) Fields { return Fields{c: c, i: i, t: c.Table(i)} }

// Table is the table that is read.
func (f Fields) Table() *lua.LTable { return f.t }

// Get is the value of a key, nil when absent.
func (f Fields) Get(key string) lua.LValue { return f.t.RawGetString(key) }

// Has tells whether the key is there.
func (f Fields) Has(key string) bool { return f.Get(key) != lua.LNil }

// Only raises when the table has a key that is not among the names.
func (f Fields) Only(names ...string) {
	var unknown []string
	f.t.ForEach(func(k, _ lua.LValue) {
		if s, ok := k.(lua.LString); !ok || !slices.Contains(names, string(s)) {
			unknown = append(unknown, Describe(k))
		}
	})
	if unknown != nil {
		sort.Strings(unknown)
		meant := ""
		if name, err := strconv.Unquote(unknown[0]); err == nil && len(name) > 1 {
			meant = spell.Nearest(name, slices.Values(names))
		}
		if meant != "" {
			meant = fmt.Sprintf("did you mean %q? ", meant)
		}
		f.c.Bad(f.i, "%s has an unknown key %s; %svalid are %s", f.where(""), unknown[0], meant, strings.Join(names, ", "))
	}
}

// Int reads a whole number from min to max.
func (f Fields) Int(key string, min, max int) int {
	n, ok := f.Get(key).(lua.LNumber)
	v, whole := Whole(n)
	if !ok || !whole {
		f.Wrong(key, "an integer")
	}
	if v < min || v > max {
		f.Wrong(key, fmt.Sprintf("%d to %d", min, max))
	}
	return v
}

// OptInt is Int with a default for an absent key.
func (f Fields) OptInt(key string, def, min, max int) int {
	if !f.Has(key) {
		return def
	}
	return f.Int(key, min, max)
}

// Bytes reads a string.
func (f Fields) Bytes(key string) string {
	s, ok := f.Get(key).(lua.LString)
	if !ok {
		f.Wrong(key, "a string")
	}
	return string(s)
}

// OptBytes is Bytes with a default for an absent key.
func (f Fields) OptBytes(key, def string) string {
	if !f.Has(key) {
		return def
	}
	return f.Bytes(key)
}

// OptBool reads a boolean, with a default for an absent key.
func (f Fields) OptBool(key string, def bool) bool {
	if !f.Has(key) {
		return def
	}
	b, ok := f.Get(key).(lua.LBool)
	if !ok {
		f.Wrong(key, "a boolean")
	}
	return bool(b)
}

// Sub reads a table inside the table.
func (f Fields) Sub(key string) Fields {
	t, ok := f.Get(key).(*lua.LTable)
	if !ok {
		f.Wrong(key, "a table")
	}
	return Fields{c: f.c, i: f.i, path: f.path + key + ".", t: t}
}

// List reads a list inside the table: its values, from 1 on, and no other keys.
func (f Fields) List(key string) []lua.LValue {
	t, values := f.Sub(key).t, []lua.LValue(nil)
	for i := 1; i <= t.Len(); i++ {
		values = append(values, t.RawGetInt(i))
	}
	t.ForEach(func(k, _ lua.LValue) {
		if n, ok := k.(lua.LNumber); !ok || n < 1 || int(n) > len(values) || n != lua.LNumber(int(n)) {
			f.Bad(key, "must be a list, got a table with the key %s", Describe(k))
		}
	})
	return values
}

// Item reads element i of a list inside the table, which must be a table.
func (f Fields) Item(key string, i int) Fields {
	v := f.Sub(key).t.RawGetInt(i)
	t, ok := v.(*lua.LTable)
	where := fmt.Sprintf("%s[%d]", key, i)
	if !ok {
		f.Bad(where, "must be a table, got %s", Describe(v))
	}
	return Fields{c: f.c, i: f.i, path: f.path + where + ".", t: t}
}

// Wrong raises: the key's value must be want.
func (f Fields) Wrong(key, want string) {
	if !f.Has(key) {
		f.c.Bad(f.i, "%s must have key %q (%s)", f.where(""), key, want)
	}
	f.c.Bad(f.i, "%s must be %s, got %s", f.where(key), want, Describe(f.Get(key)))
}

// Bad raises with a text of one's own about the key.
func (f Fields) Bad(key, format string, args ...any) {
	f.c.Bad(f.i, "%s %s", f.where(key), fmt.Sprintf(format, args...))
}

func (f Fields) where(key string) string {
	return strings.TrimSuffix(f.c.argName(f.i)+"."+f.path+key, ".")
}

package repl

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

// isConnection tells whether an object is a socket or a stream.
func isConnection(ud *lua.LUserData) bool {
	switch ud.Value.(type) {
	case *luasock.Socket, *luasock.Stream:
		return true
	}
	return false
}

// socketOf is the open socket of an object; nil for a file and for what is closed.
func socketOf(ud *lua.LUserData) *sock.Sock {
	var s *sock.Sock
	switch v := ud.Value.(type) {
	case *luasock.Socket:
		s = v
	case *luasock.Stream:
		s = v.Sock()
	}
	if s == nil || s.IsClosed() {
		return nil
	}
	return s
}

// currentName is the global that holds the current connection, unless a script
// has it for something else.
const currentName = "connection"

// about makes a connection the one that commands are about.
func (c *Console) about(ud *lua.LUserData) {
	c.current = ud
	if global := c.vm.L.GetGlobal(currentName); global == c.named {
		c.named = ud
		c.vm.L.SetGlobal(currentName, ud)
	}
}

// connection is an open socket that a script can reach from its globals.
type connection struct {
	name   string
	object *lua.LUserData
}

// connections finds the sockets by their IDs. Of several names the shortest way
// counts.
func (c *Console) connections() map[uint64]connection {
	found, seen := map[uint64]connection{}, map[*lua.LTable]bool{}
	if loaded, ok := c.vm.L.G.Registry.RawGetString("_LOADED").(*lua.LTable); ok {
		loaded.ForEach(func(_, v lua.LValue) {
			if t, ok := v.(*lua.LTable); ok && t != c.vm.L.G.Global {
				seen[t] = true // a module's own
			}
		})
	}
	type place struct {
		prefix string
		table  *lua.LTable
	}
	const deepest = 4
	level := []place{{"", c.vm.L.G.Global}}
	for range deepest {
		var next []place
		for _, p := range level {
			if seen[p.table] {
				continue
			}
			seen[p.table] = true
			for _, k := range sortedKeys(p.table) {
				name := memberName(p.prefix, k)
				switch v := p.table.RawGet(k).(type) {
				case *lua.LTable:
					next = append(next, place{name, v})
				case *lua.LUserData:
					s := socketOf(v)
					if s == nil {
						continue
					}
					if was, ok := found[s.ID()]; !ok || was.name == "_" || was.name == currentName {
						found[s.ID()] = connection{name, v}
					}
				}
			}
		}
		level = next
	}
	return found
}

func sortedKeys(t *lua.LTable) (keys []lua.LValue) {
	t.ForEach(func(k, _ lua.LValue) { keys = append(keys, k) })
	slices.SortFunc(keys, compareKeys)
	return keys
}

// memberName is how a script names what stands in a table.
func memberName(table string, key lua.LValue) string {
	name, ok := key.(lua.LString)
	switch {
	case ok && isName(string(name)) && table == "":
		return string(name)
	case ok && isName(string(name)):
		return table + "." + string(name)
	case ok:
		return table + "[" + quoted(string(name)) + "]"
	}
	return table + "[" + key.String() + "]"
}

// notice makes a socket that a global has come to hold the one that commands are
// about.
func (c *Console) notice() {
	for _, k := range sortedKeys(c.vm.L.G.Global) {
		ud, ok := c.vm.L.G.Global.RawGet(k).(*lua.LUserData)
		if !ok {
			continue
		}
		if s := socketOf(ud); s != nil && !c.seen[s.ID()] {
			c.seen[s.ID()] = true
			c.about(ud)
			c.session.current(k.String())
		}
	}
}

// object finds what a command's argument means: a descriptor's number or an
// expression; without an argument, the current connection.
func (c *Console) object(arg string) (*lua.LUserData, error) {
	if arg == "" {
		if c.current == nil {
			return nil, fmt.Errorf("there is no connection yet: .connect makes one, or show one by its name")
		}
		return c.current, nil
	}
	if fd, ok := literal(arg).(lua.LNumber); ok {
		for _, found := range c.connections() {
			if socketOf(found.object).FD() == int(fd) {
				return found.object, nil
			}
		}
		return nil, fmt.Errorf("no global holds a socket with the descriptor %s; .sockets lists all", arg)
	}
	v, err := c.value(arg)
	if err != nil {
		return nil, err
	}
	ud, ok := v.(*lua.LUserData)
	if !ok || !isConnection(ud) {
		return nil, fmt.Errorf("%s must be a Socket or a Stream, got %s", arg, bind.Describe(v))
	}
	return ud, nil
}

// value is the first value of an expression.
func (c *Console) value(expr string) (lua.LValue, error) {
	source := "return " + expr
	fn, err := c.vm.Load([]byte(source), chunkName)
	if err != nil {
		return nil, sourceError(err, source)
	}
	results, err := c.vm.Call(c.vm.L, fn)
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return lua.LNil, nil
	}
	return results[0], nil
}

// method calls a method of a connection. What the world refuses is an error.
func (c *Console) method(ud *lua.LUserData, name string, args ...lua.LValue) ([]lua.LValue, error) {
	fn := c.names.index(ud, lua.LString(name))
	if fn == lua.LNil {
		return nil, fmt.Errorf("%s cannot %s", bind.Describe(ud), name)
	}
	results, err := c.vm.Call(c.vm.L, fn, append([]lua.LValue{ud}, args...)...)
	if err == nil && len(results) > 0 && results[0] == lua.LNil {
		return results, &refusedError{results}
	}
	return results, err
}

// refusedError is nil, message, errno.
type refusedError struct{ results []lua.LValue }

func (e *refusedError) Error() string {
	var texts []string
	for _, v := range e.results {
		texts = append(texts, v.String())
	}
	return strings.Join(texts, "\t")
}

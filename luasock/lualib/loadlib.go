package lualib

import (
	"errors"
	"io"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func (m *machine) loadRows() []bind.Row {
	return []bind.Row{
		{Name: "dofile", Sig: "dofile([name])", Returns: "any ...", Doc: "Runs a file, or standard input, and returns its results.", Fn: m.dofile},
		{Name: "load", Sig: `load(chunk [, name [, mode="bt" [, env]]])`, Returns: "function? chunk, string? message", Doc: "Compiles a chunk: a string, or a function that gives it piece by piece. The function, or nil and the error.", Fn: m.loadChunk},
		{Name: "loadfile", Sig: `loadfile([name [, mode="bt" [, env]]])`, Returns: "function? chunk, string? message", Doc: "Compiles a file, or standard input. The function, or nil and the error.", Fn: m.loadfile},
		{Name: "loadstring", Sig: "loadstring(chunk [, name])", Returns: "function? chunk, string? message", Doc: "Compiles a string. The function, or nil and the error.", Fn: loadstring},
	}
}

// loaded returns a compiled chunk, or its error; the environment is argument env
// if that came.
func loaded(c bind.Call, fn *lua.LFunction, err error, env int) int {
	if e, ok := err.(readerError); ok {
		return c.Return(lua.LNil, e.value)
	}
	if err != nil {
		return refuse(c, "%v", err)
	}
	if env > 0 && c.N() >= env {
		fn.Env = checkTable(c, env)
	}
	return c.Return(fn)
}

func loadstring(c bind.Call) int {
	source := checkString(c, 1)
	fn, err := load(c.L, []byte(source), optString(c, 2, source))
	return loaded(c, fn, err, 0)
}

func (m *machine) loadChunk(c bind.Call) int {
	if c.Arg(1).Type() != lua.LTFunction {
		source, ok := c.Arg(1).(lua.LString)
		if !ok {
			expected(c, 1, "function")
		}
		if err := textMode(c, 3); err != nil {
			return loaded(c, nil, err, 0)
		}
		fn, err := load(c.L, []byte(source), optString(c, 2, string(source)))
		return loaded(c, fn, err, 4)
	}
	name := optString(c, 2, "=(load)")
	source, err := m.pieces(c.L, c.Arg(1))
	if err == nil {
		err = textMode(c, 3)
	}
	if err != nil {
		return loaded(c, nil, err, 0)
	}
	fn, err := load(c.L, source, name)
	return loaded(c, fn, err, 4)
}

// textMode refuses what allows no source: there is no other kind of chunk.
func textMode(c bind.Call, i int) error {
	if mode := optString(c, i, "bt"); !strings.Contains(mode, "t") {
		return errors.New("attempt to load a text chunk (mode is '" + mode + "')")
	}
	return nil
}

// readerError is what the function that gives the pieces of a chunk raised.
type readerError struct{ value lua.LValue }

// Error is the value as text.
func (e readerError) Error() string { return e.value.String() }

// pieces calls fn until it gives nothing more.
func (m *machine) pieces(L *lua.LState, fn lua.LValue) ([]byte, error) {
	var source []byte
	top := L.GetTop()
	for {
		L.Push(fn)
		m.protect(L, 0, nil)
		done, piece := L.Get(top+1), L.Get(top+2)
		L.SetTop(top)
		switch {
		case done == lua.LFalse:
			return nil, readerError{piece}
		case piece == lua.LNil || piece == lua.LString(""):
			return source, nil
		}
		text, ok := bind.Text(piece)
		if !ok {
			return nil, errors.New("reader function must return a string")
		}
		source = append(source, text...)
	}
}

// readSource reads a file, or standard input for "".
func (m *machine) readSource(L *lua.LState, name string) (source []byte, err error) {
	m.await(L, func() {
		if name == "" {
			source, err = io.ReadAll(os.Stdin)
			return
		}
		source, err = os.ReadFile(name)
	})
	if err != nil {
		err = errors.New("cannot open " + m.reason(name, err))
	}
	return source, err
}

// loadFile compiles a file.
func (m *machine) loadFile(L *lua.LState, name string) (*lua.LFunction, error) {
	source, err := m.readSource(L, name)
	if err != nil {
		return nil, err
	}
	if name == "" {
		return Load(L, source, "=stdin")
	}
	return Load(L, source, "@"+name)
}

func (m *machine) loadfile(c bind.Call) int {
	err := textMode(c, 2)
	if err != nil {
		return loaded(c, nil, err, 0)
	}
	fn, err := m.loadFile(c.L, optString(c, 1, ""))
	return loaded(c, fn, err, 3)
}

func (m *machine) dofile(c bind.Call) int {
	fn, err := m.loadFile(c.L, optString(c, 1, ""))
	if err != nil {
		c.L.Error(lua.LString(err.Error()), 0)
	}
	c.L.SetTop(0)
	c.L.Push(fn)
	c.L.Call(0, lua.MultRet)
	return c.N()
}

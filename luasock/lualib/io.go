package lualib

import (
	"errors"
	"os"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openIO(m *machine, L *lua.LState) {
	t := m.global(L, &bind.Module{
		Name:    "io",
		Doc:     "Files.",
		Classes: []bind.Methods{{Class: fileClass, Rows: fileRows}},
		Rows: []bind.Row{
			{Name: "close", Sig: "close([file])", Returns: "boolean? ok, string? message, integer? errno", Doc: "Closes a file, or the default output.", Fn: m.ioClose},
			{Name: "flush", Sig: "flush()", Returns: "boolean", Doc: "Writes out what the default output holds.", Fn: m.ioFlush},
			{Name: "input", Sig: "input([file])", Returns: "file*", Doc: "The default input; a file or name sets it.", Fn: m.ioInput},
			{Name: "lines", Sig: "lines([name, ...])", Returns: "function", Doc: "Iterates over the lines of a file, or what the formats say, and closes it at its end.", Fn: m.ioLines},
			{Name: "open", Sig: `open(name [, mode="r"])`, Returns: "file* or error", Doc: "Opens a file: r, w or a, with + for both ways.", Fn: m.ioOpen},
			{Name: "output", Sig: "output([file])", Returns: "file*", Doc: "The default output; a file or name sets it.", Fn: m.ioOutput},
			{Name: "popen", Sig: `popen(command [, mode="r"])`, Returns: "file* or error", Doc: "Runs a command in the shell; the file is its output, or with w its input.", Fn: m.ioPopen},
			{Name: "read", Sig: "read(...)", Returns: "any ...", Doc: "Reads from the default input.", Fn: m.ioRead},
			{Name: "tmpfile", Sig: "tmpfile()", Returns: "file* or error", Doc: "A file that is gone when it is closed.", Fn: m.ioTmpfile},
			{Name: "type", Sig: "type(v)", Returns: "string?", Doc: `"file", "closed file", or nil.`, Fn: ioType},
			{Name: "write", Sig: "write(...)", Returns: "file* or error", Doc: "Writes to the default output.", Fn: m.ioWrite},
		},
	})
	m.input = &file{m: m, f: os.Stdin, std: true, r: m.o.Stdin}
	m.output = &file{m: m, f: os.Stdout, std: true, to: m.o.Stdout}
	t.RawSetString("stdin", m.value(m.input))
	t.RawSetString("stdout", m.value(m.output))
	t.RawSetString("stderr", m.value(&file{m: m, f: os.Stderr, std: true, to: m.o.Stderr}))
}

// value is the file as Lua has it, always the same.
func (m *machine) value(f *file) lua.LValue {
	if f.ud == nil {
		f.ud = m.env.New(fileClass, f)
	}
	return f.ud
}

func (m *machine) ioClose(c bind.Call) int {
	f := m.output
	if c.N() > 0 {
		f = checkFile(c, 1)
	}
	return closeFile(c, f)
}

func (m *machine) ioFlush(c bind.Call) int { return c.Return(m.value(m.output.opened(c))) }

// ioInput and ioOutput name and set a default file.
func (m *machine) ioInput(c bind.Call) int  { return m.ioDefault(c, &m.input, "r") }
func (m *machine) ioOutput(c bind.Call) int { return m.ioDefault(c, &m.output, "w") }

func (m *machine) ioDefault(c bind.Call, which **file, mode string) int {
	if c.Has(1) {
		if name, ok := c.Arg(1).(lua.LString); ok {
			f, err := m.open(c.L, string(name), mode)
			if err != nil {
				c.Raise("%s", m.reason(string(name), err))
			}
			*which = f
		} else {
			*which = checkFile(c, 1)
		}
	}
	return c.Return(m.value(*which))
}

func (m *machine) ioLines(c bind.Call) int {
	if !c.Has(1) {
		return linesOf(c, m.input.opened(c), 2, false)
	}
	name := checkString(c, 1)
	f, err := m.open(c.L, name, "r")
	if err != nil {
		c.Bad(1, "%s", m.reason(name, err))
	}
	return linesOf(c, f, 2, true)
}

// modes are the flags of the modes of open, without a b.
var modes = map[string]int{
	"r": os.O_RDONLY, "w": os.O_WRONLY | os.O_CREATE | os.O_TRUNC, "a": os.O_WRONLY | os.O_CREATE | os.O_APPEND,
	"r+": os.O_RDWR, "w+": os.O_RDWR | os.O_CREATE | os.O_TRUNC, "a+": os.O_RDWR | os.O_CREATE | os.O_APPEND,
}

func (m *machine) open(L *lua.LState, name, mode string) (*file, error) {
	flags, ok := modes[strings.Replace(mode, "b", "", 1)]
	if !ok {
		return nil, syscall.EINVAL
	}
	var f *os.File
	var err error
	m.await(L, func() { f, err = os.OpenFile(name, flags, 0o666) })
	if err != nil {
		return nil, err
	}
	return &file{m: m, f: f}, nil
}

func (m *machine) ioOpen(c bind.Call) int {
	name := checkString(c, 1)
	f, err := m.open(c.L, name, optString(c, 2, "r"))
	if err != nil {
		return m.fail(c, name, err)
	}
	return c.Return(m.value(f))
}

func (m *machine) ioPopen(c bind.Call) int {
	command, mode := checkString(c, 1), optString(c, 2, "r")
	cmd := m.command(command)
	theirs, ours, err := os.Pipe()
	if err != nil {
		return m.fail(c, command, err)
	}
	switch mode {
	case "r":
		theirs, ours = ours, theirs
		cmd.Stdout = theirs
	case "w":
		cmd.Stdin = theirs
	default:
		theirs.Close()
		ours.Close()
		c.Bad(2, "invalid mode")
	}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		ours.Close()
		return m.fail(c, command, err)
	}
	return c.Return(m.value(&file{m: m, f: ours, cmd: cmd}))
}

func (m *machine) ioRead(c bind.Call) int { return readFormats(c, m.input.opened(c), 1) }

func (m *machine) ioTmpfile(c bind.Call) int {
	f, err := os.CreateTemp("", "lua_")
	if err != nil {
		return m.fail(c, "", err)
	}
	os.Remove(f.Name())
	return c.Return(m.value(&file{m: m, f: f}))
}

func ioType(c bind.Call) int {
	checkAny(c, 1)
	f, ok := bind.To[*file](c.Arg(1))
	switch {
	case !ok:
		return c.Return(lua.LNil)
	case f.closed:
		return c.Text("closed file")
	}
	return c.Text("file")
}

func (m *machine) ioWrite(c bind.Call) int { return writeArgs(c, m.output.opened(c), 1) }

// errStandard refuses to close what the process needs.
var errStandard = errors.New("cannot close standard file")

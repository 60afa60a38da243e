package lualib

import (
	"fmt"
	"io"
	"os"
	"os/exec"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// file is a file as io has it. What is written goes to the system at once, for
// os.exit and a crash lose nothing then.
type file struct {
	m      *machine
	f      *os.File
	r      Input     // nil until something is read
	to     io.Writer // where writes go instead; nil: f
	cmd    *exec.Cmd // popen's
	std    bool      // one of the process's own
	closed bool
	busy   bool    // a task waits for what it reads
	source *source // beneath r, where reading may have to wait; else nil
	ud     *lua.LUserData
}

var fileClass = &bind.Class{
	Name:   "FILE*",
	Doc:    "A file, as io.open gives it.",
	String: func(v any) string { return v.(*file).String() },
}

var fileRows = []bind.Row{
	{Name: "close", Sig: "f:close()", Returns: "boolean? ok, string? how, integer? code", Doc: "Closes the file. Of a command: true or nil, how it ended, its status.", Fn: fileClose},
	{Name: "flush", Sig: "f:flush()", Returns: "boolean", Doc: "Writes out what is held; nothing is.", Fn: fileFlush},
	{Name: "lines", Sig: "f:lines(...)", Returns: "function", Doc: "Iterates over the lines, or what the formats say.", Fn: fileLines},
	{Name: "read", Sig: "f:read(...)", Returns: "any ...", Doc: `Reads what the formats say: "*n" a number, "*l" a line, "*L" with its end, "*a" all, or a number of bytes.`, Fn: fileRead},
	{Name: "seek", Sig: `f:seek([whence="cur" [, offset=0]])`, Returns: "integer or error", Doc: "Moves from set, cur or end; the new place in bytes.", Fn: fileSeek},
	{Name: "setvbuf", Sig: "f:setvbuf(mode [, size])", Returns: "boolean", Doc: "Accepts how to hold back what is written; nothing is held back.", Fn: fileSetvbuf},
	{Name: "write", Sig: "f:write(...)", Returns: "file* or error", Doc: "Writes strings and numbers; returns the file.", Fn: fileWrite},
}

// String is how the file prints.
func (f *file) String() string {
	if f.closed {
		return "file (closed)"
	}
	return fmt.Sprintf("file (%p)", f)
}

// checkFile reads a file that is open.
func checkFile(c bind.Call, i int) *file {
	f, ok := bind.To[*file](c.Arg(i))
	if !ok {
		expected(c, i, "FILE*")
	}
	return f.opened(c)
}

// opened raises when the file is closed.
func (f *file) opened(c bind.Call) *file {
	if f.closed {
		c.Raise("attempt to use a closed file")
	}
	return f
}

func fileClose(c bind.Call) int { return closeFile(c, checkFile(c, 1)) }

func closeFile(c bind.Call, f *file) int {
	if f.opened(c).std {
		return f.m.fail(c, "", errStandard)
	}
	f.closed = true
	if err := f.f.Close(); err != nil {
		return f.m.fail(c, "", err)
	}
	if f.cmd == nil {
		return c.True()
	}
	var err error
	f.m.await(c.L, func() { err = f.cmd.Wait() })
	return c.Return(ended(waitStatus(f.cmd, err))...)
}

// Command is what io.popen has started, of its file. It is nil when v is no such
// file, or one that has been closed.
func Command(v lua.LValue) *exec.Cmd {
	f, ok := bind.To[*file](v)
	if !ok || f.closed {
		return nil
	}
	return f.cmd
}

// EndCommand kills what io.popen has started, and closes its file. Whoever calls it
// takes the command's status.
func EndCommand(v lua.LValue) {
	if f, ok := bind.To[*file](v); ok && f.cmd != nil && !f.closed {
		f.closed = true
		f.cmd.Process.Kill()
		f.f.Close()
	}
}

// ended says how a command ended, as Lua 5.2 does; 5.1 says only true.
func ended(status int) []lua.LValue {
	switch {
	case status == 0:
		return []lua.LValue{lua.LTrue, lua.LString("exit"), bind.Int(0)}
	case status&0x7f != 0:
		return []lua.LValue{lua.LNil, lua.LString("signal"), bind.Int(status & 0x7f)}
	}
	return []lua.LValue{lua.LNil, lua.LString("exit"), bind.Int(status >> 8 & 0xff)}
}

func fileFlush(c bind.Call) int {
	checkFile(c, 1)
	return c.Return(c.Arg(1))
}

func fileLines(c bind.Call) int { return linesOf(c, checkFile(c, 1), 2, false) }

// linesOf gives the iterator that reads the formats from argument first on; at
// the end it closes a file that nobody else has.
func linesOf(c bind.Call, f *file, first int, own bool) int {
	var formats []lua.LValue
	for i := first; i <= c.N(); i++ {
		formats = append(formats, c.Arg(i))
	}
	row := bind.Row{Name: "lines", Sig: "lines()", Fn: func(c bind.Call) int {
		if f.closed {
			c.Raise("file is already closed")
		}
		c.L.SetTop(0)
		for _, format := range formats {
			c.L.Push(format)
		}
		n := readFormats(c, f, 1)
		if c.L.Get(-n) == lua.LNil && n > 1 { // of what was read nil is the last
			c.Raise("%s", c.L.Get(1-n))
		}
		if own && c.L.Get(-n) == lua.LNil {
			f.closed = true
			f.f.Close()
		}
		return n
	}}
	return c.Return(f.m.iterator(c.L, row))
}

// iterator is a function of one row, which lives no longer than its loop.
func (m *machine) iterator(L *lua.LState, row bind.Row) *lua.LFunction {
	call := m.env.Call(L, &row)
	return L.NewFunction(func(L *lua.LState) int {
		call.L = L
		return row.Fn(call)
	})
}

func fileSeek(c bind.Call) int {
	f := checkFile(c, 1)
	whence, ok := map[string]int{"set": io.SeekStart, "cur": io.SeekCurrent, "end": io.SeekEnd}[optString(c, 2, "cur")]
	if !ok {
		c.Bad(2, "invalid option '%s'", optString(c, 2, ""))
	}
	offset := int64(optInt(c, 3, 0))
	if err := f.unread(); err != nil {
		return f.m.fail(c, "", err)
	}
	at, err := f.f.Seek(offset, whence)
	if err != nil {
		return f.m.fail(c, "", err)
	}
	return c.Return(lua.LNumber(at))
}

// unread moves the system's place in the file back to where the script reads.
func (f *file) unread() error {
	if f.r == nil {
		return nil
	}
	if n := f.r.Buffered(); n > 0 {
		if _, err := f.f.Seek(int64(-n), io.SeekCurrent); err != nil {
			return err
		}
	}
	f.r.Forget()
	return nil
}

func fileSetvbuf(c bind.Call) int {
	checkFile(c, 1)
	switch mode := checkString(c, 2); mode {
	case "no", "full", "line":
	default:
		c.Bad(2, "invalid option '%s'", mode)
	}
	return c.True()
}

func fileWrite(c bind.Call) int { return writeArgs(c, checkFile(c, 1), 2) }

func writeArgs(c bind.Call, f *file, first int) int {
	var text []byte
	for i := first; i <= c.N(); i++ {
		text = append(text, checkString(c, i)...)
	}
	to := f.to
	if to == nil {
		to = f.f
	}
	f.unread() // what cannot seek has no place to write at either
	if _, err := to.Write(text); err != nil {
		return f.m.fail(c, "", err)
	}
	return c.Return(f.m.value(f))
}

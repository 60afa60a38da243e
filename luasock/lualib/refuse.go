package lualib

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// How a function returns nil and a message: what it was given, or the system, is
// at fault, and not the program.

// refuse returns nil, message: the data is wrong.
func refuse(c bind.Call, format string, args ...any) int {
	return c.Return(lua.LNil, lua.LString(fmt.Sprintf(format, args...)))
}

// reason is "name: what the system says" of an error.
func (m *machine) reason(name string, err error) string {
	text, _ := m.errno(err)
	if name == "" {
		return text
	}
	return name + ": " + text
}

// errno gives an error's text and number as the C library would.
func (m *machine) errno(err error) (string, int) {
	var errno syscall.Errno
	switch {
	case errors.As(err, &errno):
	case errors.Is(err, fs.ErrNotExist):
		errno = syscall.ENOENT
	case errors.Is(err, fs.ErrClosed):
		errno = syscall.EBADF
	default:
		return err.Error(), 0
	}
	if m.o.Strerror != nil {
		return m.o.Strerror(int(errno)), int(errno)
	}
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:], int(errno)
}

// fail returns nil, "name: what the system says", errno.
func (m *machine) fail(c bind.Call, name string, err error) int {
	_, errno := m.errno(err)
	return c.Return(lua.LNil, lua.LString(m.reason(name, err)), bind.Int(errno))
}

package luasock

import (
	"slices"
	"time"
	"weak"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// AdoptDescriptor makes a descriptor that came with a message a value: a Socket
// if it is one's, else a Stream.
func (vm *VM) AdoptDescriptor(d *sock.Descriptor) *lua.LUserData {
	if d.IsSocket() {
		if s, err := vm.net.AdoptDescriptor(d); err == nil {
			return vm.NewSocket(s)
		}
	}
	fd := d.Take()
	return vm.NewFileStream(fd, "", openMode(fd))
}

// newFileStream makes a Stream over a file, on which calls wait for ever.
func (vm *VM) newFileStream(f *stream.File, uri, mode string) *Stream {
	fp := &Stream{Stream: vm.streams.group.New(f, false), file: f, kind: "STDIO", uri: uri, mode: mode}
	fp.SetTimeout(stream.Forever)
	return fp
}

// openFile is a Stream over a file, as socket.list shows it. It keeps nothing
// open.
type openFile struct {
	stream weak.Pointer[Stream]
	id     uint64
	made   time.Time
}

// openFiles lists the files that are open, and forgets the others.
func (h *streamHost) openFiles() []openFile {
	h.files = slices.DeleteFunc(h.files, func(f openFile) bool {
		fp := f.stream.Value()
		return fp == nil || fp.IsClosed()
	})
	return h.files
}

// table is the file for socket.list.
func (f openFile) table(c bind.Call) *lua.LTable {
	t, fp := c.L.NewTable(), f.stream.Value()
	in, out := fp.Moved()
	t.RawSetString("fd", bind.Int(fp.file.FD()))
	t.RawSetString("kind", lua.LString(fp.file.Kind()))
	t.RawSetString("state", lua.LString("open"))
	t.RawSetString("bytes_in", lua.LNumber(in))
	t.RawSetString("bytes_out", lua.LNumber(out))
	t.RawSetString("age", lua.LNumber(time.Since(f.made).Seconds()))
	t.RawSetString("id", lua.LNumber(f.id))
	return t
}

// openMode is how a descriptor was opened, as fopen(3) names it.
func openMode(fd int) string {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return "r"
	}
	switch flags & unix.O_ACCMODE {
	case unix.O_WRONLY:
		return "w"
	case unix.O_RDWR:
		return "r+"
	}
	return "r"
}

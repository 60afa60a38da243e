package luasock

import (
	"io"
	"os"
	"os/exec"
	"time"
	"weak"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/lualib"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// This file is how Go code above this package makes the values that scripts
// have, and looks into them. All of it belongs to the VM's goroutine.

// NewSocket makes a sock.Sock of the VM's Net a script's Socket, which is
// closed when nothing refers to it any more.
func (vm *VM) NewSocket(s *sock.Sock) *lua.LUserData {
	return vm.env.New(socketClass, s)
}

// SocketOf looks into a script's Socket, open or closed.
func SocketOf(v lua.LValue) (s *sock.Sock, ok bool) {
	return bind.To[*Socket](v)
}

// NewStream makes a socket a script's Stream, which owns it. uri is by what it
// was opened, "" for none; kind is the stream_type of its metadata, "" for the
// one that fits the socket.
func (vm *VM) NewStream(s *sock.Sock, uri, kind string) *lua.LUserData {
	object := vm.opened(s, uri, nil)
	if kind != "" {
		object.Value.(*Stream).kind = kind
	}
	return object
}

// StreamOf looks into a script's Stream, open or closed.
func StreamOf(v lua.LValue) (fp *Stream, ok bool) { return bind.To[*Stream](v) }

// Sock is the socket beneath the stream; nil for a file or pipe.
func (fp *Stream) Sock() *sock.Sock { return fp.sock }

// File is the file or pipe beneath the stream; nil for a socket.
func (fp *Stream) File() *stream.File { return fp.file }

// Kind is what PHP calls the kind of stream: "tcp_socket/ssl", "STDIO".
func (fp *Stream) Kind() string { return fp.kind }

// Mode is how the stream was opened, as fopen(3) names it: "r+".
func (fp *Stream) Mode() string { return fp.mode }

// URI is by what the stream was opened; "" for nothing.
func (fp *Stream) URI() string { return fp.uri }

// StandardStream is the Stream on descriptor 0, 1 or 2, always the same, which
// is not closed with it.
func (vm *VM) StandardStream(n int) *lua.LUserData { return vm.standardObject(n) }

// NewFileStream makes a descriptor that is no socket, which it owns from then
// on, a script's Stream. uri and mode are those of its metadata.
func (vm *VM) NewFileStream(fd int, uri, mode string) *lua.LUserData {
	fp := vm.newFileStream(stream.NewFile(vm.loop, fd, true, uri), uri, mode)
	vm.streams.files = append(vm.streams.files, openFile{weak.Make(fp), vm.net.NewID(), time.Now()})
	return vm.pushStream(fp)
}

// NewAddressInfo makes an Addrinfo a script's AddressInfo.
func (vm *VM) NewAddressInfo(ai *sock.Addrinfo) *lua.LUserData {
	return vm.env.New(addressInfoClass, ai)
}

// AddressInfoOf looks into a script's AddressInfo.
func AddressInfoOf(v lua.LValue) (ai *sock.Addrinfo, ok bool) { return bind.To[*sock.Addrinfo](v) }

// AddressInfoTable is what addrinfo_explain returns of an Addrinfo.
func AddressInfoTable(L *lua.LState, ai *sock.Addrinfo) *lua.LTable {
	t := L.NewTable()
	t.RawSetString("ai_flags", bind.Int(ai.Flags))
	t.RawSetString("ai_family", bind.Int(ai.Family))
	t.RawSetString("ai_socktype", bind.Int(ai.Type))
	t.RawSetString("ai_protocol", bind.Int(ai.Protocol))
	if ai.Canonname != "" {
		t.RawSetString("ai_canonname", lua.LString(ai.Canonname))
	}
	prefix := "sin_"
	if ai.Family == unix.AF_INET6 {
		prefix = "sin6_"
	}
	address := L.NewTable()
	address.RawSetString(prefix+"port", bind.Int(ai.Addr.Port))
	address.RawSetString(prefix+"addr", lua.LString(ai.Addr.Ntop()))
	t.RawSetString("ai_addr", address)
	return t
}

// Constants are those of module socket.
func Constants() []bind.Const { return socketModule.Consts }

// Stderr is where the VM prints what nobody else gets.
func (vm *VM) Stderr() io.Writer { return vm.options.Stderr }

// CommandOf is what io.popen has started, of its file. It is nil when v is no such
// file, or one that has been closed.
func CommandOf(v lua.LValue) *exec.Cmd { return lualib.Command(v) }

// EndCommand kills what io.popen has started, and closes its file. Whoever calls it
// takes the command's status.
func EndCommand(v lua.LValue) { lualib.EndCommand(v) }

// Await has fn run on another goroutine while the current task waits. It raises
// in L what cuts the wait short.
func (vm *VM) Await(L *lua.LState, fn func()) { vm.await(L, fn) }

// Raised tells whether an error is not the world's but ends the call: a
// cancelled or ended task, a deadlock. Then it is the value to be raised.
func Raised(err error) (value lua.LValue, ok bool) {
	v := judge(err)
	return v.Raise, v.Raise != nil
}

// StripTags gives a line that was read from the stream without HTML and PHP
// tags, but for those in allowed, as "<a><b>". A tag may begin in one line and
// end in another.
func (fp *Stream) StripTags(line []byte, allowed string) []byte {
	return fp.tags.strip(line, allowedTags(allowed))
}

// NewObject makes a Go value an object of a class of a module that is open.
func (vm *VM) NewObject(class *bind.Class, v any) *lua.LUserData { return vm.env.New(class, v) }

// Stdout is where the VM's print and io.write go.
func (vm *VM) Stdout() io.Writer {
	if vm.options.Stdout == nil {
		return os.Stdout
	}
	return vm.options.Stdout
}

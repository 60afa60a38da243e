package luasock

import (
	"io"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/stream"
)

// standard names the descriptors that every program is given.
var standard = [3]struct{ name, uri, mode string }{
	{"STDIN", "php://stdin", "r"},
	{"STDOUT", "php://stdout", "w"},
	{"STDERR", "php://stderr", "w"},
}

// openStandardStreams puts STDIN, STDOUT and STDERR into the module's table.
// The descriptors themselves are left alone until a script uses them.
func (vm *VM) openStandardStreams(module *lua.LTable) {
	for n, s := range standard {
		module.RawSetString(s.name, vm.standardObject(n))
	}
}

// standardStream is the stream on descriptor 0, 1 or 2, which is not closed
// with it.
func (vm *VM) standardStream(n int) *Stream { return vm.standardObject(n).Value.(*Stream) }

func (vm *VM) standardObject(n int) *lua.LUserData {
	host := vm.streams
	if host.standard[n] == nil {
		s := standard[n]
		file := stream.NewFile(vm.loop, n, false, s.name)
		file.Redirect([]io.Writer{nil, vm.options.Stdout, vm.options.Stderr}[n])
		fp := vm.newFileStream(file, s.uri, s.mode)
		if n == 0 && vm.options.Stdin != nil {
			fp.Stream = host.group.New(&hostInput{File: file, loop: vm.loop, from: vm.options.Stdin}, false)
			fp.SetTimeout(stream.Forever)
		}
		host.standard[n] = vm.pushStream(fp)
	}
	return host.standard[n]
}

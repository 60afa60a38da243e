package luasock

import (
	"io"
	"math"

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

// keyboard is socket.STDIN as io.read has it: they share one buffer.
type keyboard struct{ vm *VM }

func (k keyboard) stream() *stream.Stream { return k.vm.standardStream(0).Stream }

// Peek implements lualib.Input.
func (k keyboard) Peek(n int) ([]byte, error) { return k.stream().Peek(n) }

// Discard implements lualib.Input.
func (k keyboard) Discard(n int) (int, error) { return len(k.stream().Take(n)), nil }

// Buffered implements lualib.Input.
func (k keyboard) Buffered() int { return k.stream().Buffered() }

// Forget implements lualib.Input.
func (k keyboard) Forget() { k.stream().Forget() }

// Line implements lualib.Input.
func (k keyboard) Line() (string, error) { return k.text(k.stream().Gets(math.MaxInt)) }

// Contents implements lualib.Input.
func (k keyboard) Contents(n int) (string, error) { return k.text(k.stream().Contents(n)) }

func (k keyboard) text(p []byte, err error) (string, error) {
	return k.vm.streams.group.Text(p), err
}

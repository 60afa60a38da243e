package luasock

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var shareRows = []bind.Row{
	{Name: "import_stream", Sig: "import_stream(fp)", Returns: "Socket or error", PHP: "socket_import_stream", Doc: "Returns a Socket on the stream's connection; both can be used, and closing one closes both. The Socket reads first what the stream had read ahead.", Fn: socketImportStream},
	{Name: "export_stream", Sig: "export_stream(s)", Returns: "Stream or error", PHP: "socket_export_stream", Doc: "Returns the Stream on the socket; both can be used, and closing one closes both.", Fn: socketExportStream},
}

func socketImportStream(c bind.Call) int {
	fp := streamArg(c, 1)
	object, ok := hostOf(c).ImportStream(c.Arg(1).(*lua.LUserData), false)
	if !ok {
		c.Bad(1, "fp must be a stream that is a socket and nothing more, got %s", fp)
	}
	return c.Return(object)
}

// ImportStream makes a Socket on a Stream's connection, which both share. What the
// Stream has read ahead is the Socket's too, unless hoard says that it is the
// Stream's alone. It reports false when the Stream is more than a socket.
func (vm *VM) ImportStream(object *lua.LUserData, hoard bool) (*lua.LUserData, bool) {
	fp, ok := StreamOf(object)
	if !ok || fp.sock == nil {
		return nil, false
	}
	share := func() bool { return fp.Share(false) }
	if hoard {
		share = fp.ShareRest
	}
	if !share() {
		return nil, false
	}
	vm.streams.remember(fp.sock, object)
	return vm.NewSocket(fp.sock), true
}

func socketExportStream(c bind.Call) int {
	return c.Return(hostOf(c).ExportStream(socketArg(c, 1)))
}

// ExportStream gives the Stream on a socket, which both share: the same one as
// long as a script refers to it.
func (vm *VM) ExportStream(s *sock.Sock) *lua.LUserData {
	host := vm.streams
	if object := host.find(s); object != nil {
		return object
	}
	fp := vm.newStream(s)
	fp.Share(false)
	object := vm.pushStream(fp)
	host.remember(s, object)
	return object
}

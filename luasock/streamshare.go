package luasock

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var shareRows = []bind.Row{
	{Name: "import_stream", Sig: "import_stream(fp)", PHP: "socket_import_stream", Doc: "Returns a Socket on the stream's connection; both can be used, and closing one closes both. The Socket reads first what the stream had read ahead.", Fn: socketImportStream},
	{Name: "export_stream", Sig: "export_stream(s)", PHP: "socket_export_stream", Doc: "Returns the Stream on the socket; both can be used, and closing one closes both.", Fn: socketExportStream},
}

func socketImportStream(c bind.Call) int {
	vm, fp := hostOf(c), streamArg(c, 1)
	if fp.sock == nil || !fp.Share(false) {
		c.Bad(1, "fp must be a stream that is a socket and nothing more, got %s", fp)
	}
	vm.streams.remember(fp.sock, c.Arg(1).(*lua.LUserData))
	return c.Return(vm.push(c, fp.sock))
}

func socketExportStream(c bind.Call) int {
	vm, s := hostOf(c), socketArg(c, 1)
	host := vm.streams
	if object := host.find(s.Sock); object != nil {
		return c.Return(object)
	}
	fp := vm.newStream(s.Sock)
	fp.Share(false)
	object := vm.pushStream(fp)
	host.remember(s.Sock, object)
	return c.Return(object)
}

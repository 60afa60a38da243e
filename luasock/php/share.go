package php

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var shareRows = []bind.Row{
	differs(row("socket_import_stream(resource $stream): Socket|false", "Makes a Socket on a stream's connection, which both share.", socketImportStream),
		"a Socket whose stream was closed throws (D12)"),
	row("socket_export_stream(Socket $socket): mixed", "Gives the stream on a socket, which both share.", socketExportStream),
}

func socketImportStream(k call) int {
	fp := k.stream(1)
	ahead := fp.Buffered()
	object, ok := k.vm().ImportStream(k.arg(1).(*lua.LUserData), true)
	if !ok {
		k.warn("Cannot represent a stream of type %s as a Socket Descriptor", fp.Kind())
		return k.no()
	}
	if ahead > 0 {
		k.warn("%d bytes of buffered data lost during stream conversion!", ahead)
	}
	return k.Return(object)
}

func socketExportStream(k call) int {
	return k.Return(k.vm().ExportStream(k.socket(1)))
}

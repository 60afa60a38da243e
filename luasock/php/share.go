package php

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var shareRows = []bind.Row{
	differs(row("socket_import_stream(resource $stream): Socket|false", "Makes a Socket on a stream's connection, which both share.", socketImportStream),
		"a Socket whose stream was closed throws (D12); bytes that the stream had read ahead are not lost: the Socket reads them first"),
	row("socket_export_stream(Socket $socket): mixed", "Gives the stream on a socket, which both share.", socketExportStream),
}

func socketImportStream(k call) int {
	fp := k.stream(1)
	object, ok := k.vm().ImportStream(k.arg(1).(*lua.LUserData))
	if !ok {
		k.warn("Cannot represent a stream of type %s as a Socket Descriptor", fp.Kind())
		return k.no()
	}
	return k.Return(object)
}

func socketExportStream(k call) int {
	return k.Return(k.vm().ExportStream(k.socket(1)))
}

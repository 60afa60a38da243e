package php

import (
	"fmt"
	"io"
	"testing"

	"sockscript/luasock"
)

// What a call costs through this module, beside the same call of socket:
//
//	go test ./luasock/php -bench Layer -benchtime 200000x
func BenchmarkLayer(b *testing.B) {
	for _, pair := range []struct{ name, socket, php string }{
		{"last_error", `socket.last_error(s)`, `socket_last_error(s)`},
		{"set_nonblock", `socket.set_nonblock(s)`, `socket_set_nonblock(s)`},
		{"get_option", `socket.get_option(s, 1, 3)`, `socket_get_option(s, 1, 3)`},
		{"getsockname", `socket.getsockname(s)`, `socket_getsockname(s)`},
		{"write and read", `socket.write(s, "hello") socket.read(r, 100)`, `socket_write(s, "hello") socket_read(r, 100)`},
		{"send and recv", `socket.send(s, "hello", 5, 0) socket.recv(r, 100, 0)`, `socket_send(s, "hello", 5, 0) socket_recv(r, 100, 0)`},
		{"gets", `fp:write("line\n") gp:gets()`, `fwrite(fp, "line\n") fgets(gp)`},
		{"eof", `fp:eof()`, `feof(fp)`},
	} {
		b.Run(pair.name+"/socket", func(b *testing.B) { benchmark(b, pair.socket) })
		b.Run(pair.name+"/php", func(b *testing.B) { benchmark(b, pair.php) })
	}
}

func benchmark(b *testing.B, code string) {
	vm, err := luasock.New(luasock.Options{Stderr: io.Discard})
	if err != nil {
		b.Fatal(err)
	}
	defer vm.Close()
	Open(vm)
	fn, err := vm.Load(fmt.Appendf(nil, `require "socket.php" ()
		s, r = socket.create_pair(AF_UNIX, SOCK_STREAM, 0)
		fp, gp = socket.stream_pair(AF_UNIX, SOCK_STREAM, 0)
		local socket, socket_last_error, socket_set_nonblock, socket_get_option, socket_getsockname = socket, socket_last_error, socket_set_nonblock, socket_get_option, socket_getsockname
		local socket_write, socket_read, socket_send, socket_recv, fwrite, fgets, feof = socket_write, socket_read, socket_send, socket_recv, fwrite, fgets, feof
		local s, r, fp, gp = s, r, fp, gp
		for i = 1, %d do %s end`, b.N, code), "=benchmark")
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	if err := vm.Do(fn); err != nil {
		b.Fatal(err)
	}
}

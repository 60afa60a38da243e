package php

import (
	"strings"
	"testing"
)

// Where PHP has a defect, this is what happens instead. The programs run here
// only: PHP would hang, crash or tell garbage.
func TestDefectsAreNotCopied(t *testing.T) {
	const prelude = `require "socket.php" ()
		set_error_handler(function(level, message) echo("[", level, "] ", message, "\n") end)
		function show(...)
			for i = 1, select("#", ...) do
				local v = select(i, ...)
				echo(i > 1 and " " or "", type(v) == "string" and ("%q"):format(v):gsub("\n", "n") or tostring(v))
			end
			echo "\n"
		end
		function sockets()
			local l = socket_create_listen(0)
			local _, _, port = socket_getsockname(l)
			local c = socket_create(AF_INET, SOCK_STREAM, 0)
			socket_connect(c, "127.0.0.1", port)
			return c, (socket_accept(l))
		end
		function datagrams()
			local a, b = socket_create(AF_INET, SOCK_DGRAM, 0), socket_create(AF_INET, SOCK_DGRAM, 0)
			socket_bind(a, "127.0.0.1") socket_bind(b, "127.0.0.1")
			local _, _, port = socket_getsockname(b)
			socket_connect(a, "127.0.0.1", port)
			return a, b, port
		end
		function ready(s) socket_select({s}, nil, nil, 10) end
	`
	for _, test := range []struct{ name, code, want string }{
		{"D1: a line without its end, non-blocking and with SO_RCVTIMEO", `
			c, s = sockets() socket_set_nonblock(s)
			show(socket_read(s, 100, PHP_NORMAL_READ), socket_last_error(s))
			socket_write(c, "part") ready(s)
			show(socket_read(s, 100, PHP_NORMAL_READ))
			d, e = sockets() socket_set_option(e, SOL_SOCKET, SO_RCVTIMEO, {sec = 0, usec = 20000})
			socket_write(d, "half")
			show(socket_read(e, 100, PHP_NORMAL_READ), socket_read(e, 100, PHP_NORMAL_READ))`, `
			false 11
			"part"
			"half" false`},
		{"D2: the tail before the end", `
			c, s = sockets() socket_write(c, "tail") socket_close(c)
			show(socket_read(s, 100, PHP_NORMAL_READ))
			show(socket_read(s, 100, PHP_NORMAL_READ), socket_last_error(s))`, `
			"tail"
			[2] socket_read(): unable to read from socket [104]: Connection reset by peer
			false 104`},
		{"D3: a huge length", `
			c, s = sockets() socket_write(c, "x")
			show(socket_read(s, PHP_INT_MAX))`, `
			"x"`},
		{"D4: a datagram up to its line end", `
			a, b = datagrams() socket_write(a, "one\ntwo") socket_write(a, "three")
			show(socket_read(b, 100, PHP_NORMAL_READ), socket_read(b, 100, PHP_NORMAL_READ))`, `
			"one\n" "three"`},
		{"D5: the code of a failed look-up", `
			s = socket_create(AF_INET, SOCK_STREAM, 0)
			show(socket_bind(s, ""), socket_last_error(s))
			show(socket_bind(s, "::1"), socket_last_error(s))
			show(socket_connect(s, "no such name", 1), socket_last_error(s))`, `
			[2] socket_bind(): Host lookup failed [-10001]: Unknown host
			false -10001
			[2] socket_bind(): Host lookup failed [-10004]: No address associated with name
			false -10004
			[2] socket_connect(): Host lookup failed [-10001]: Unknown host
			false -10001`},
		{"D6: MSG_TRUNC", `
			a, b = datagrams() socket_write(a, "0123456789") socket_write(a, "01234567")
			show(socket_recv(b, 4, MSG_TRUNC))
			n, data = socket_recvfrom(b, 4, MSG_TRUNC) show(n, data)`, `
			10 "0123"
			8 "0123"`},
		{"D7: a Socket that is passed", `
			ok, pair = socket_create_pair(AF_UNIX, SOCK_STREAM, 0)
			c, s = sockets()
			socket_sendmsg(pair[1], {iov = {"x"}, control = {{level = SOL_SOCKET, type = SCM_RIGHTS, data = {c}}}})
			n, m = socket_recvmsg(pair[2], {controllen = socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1)})
			passed = m.control[1].data[1]
			show(socket_write(passed, "alive"), socket_read(s, 10))`, `
			5 "alive"`},
		{"D8: abstract names, and long ones", `
			name = "\0sockscript." .. math.random(2 ^ 31)
			a, b = socket_create(AF_UNIX, SOCK_DGRAM, 0), socket_create(AF_UNIX, SOCK_DGRAM, 0)
			show(socket_bind(b, name))
			ok, back = socket_getsockname(b) show(back == name)
			show(socket_sendto(a, "x", 1, 0, name))
			show(pcall(socket_sendto, a, "x", 1, 0, ("x"):rep(108)))
			n, data, from = socket_recvfrom(b, 10, 0) show(n, data, from)
			show(pcall(socket_bind, a, "/tmp/a\0b"))
			l = stream_socket_server("unix://" .. name .. "s")
			c = fsockopen("unix://" .. name .. "s") show(stream_socket_get_name(c, true) == name .. "s")`, `
			true
			true
			1
			false ValueError: socket_sendto(): Argument #5 ($address) must be less than 108
			1 "x" ""
			false ValueError: socket_bind(): Argument #2 ($address) must not contain any null bytes
			true`},
		{"D10: SO_BINDTODEVICE", `
			s = socket_create(AF_INET, SOCK_DGRAM, 0)
			show(socket_get_option(s, SOL_SOCKET, SO_BINDTODEVICE))
			if socket_set_option(s, SOL_SOCKET, SO_BINDTODEVICE, "lo") then
				show(socket_get_option(s, SOL_SOCKET, SO_BINDTODEVICE))
			else show "lo" end`, `
			""
			"lo"`},
		{"D11: IPV6_PKTINFO without an address", `
			s = socket_create(AF_INET6, SOCK_DGRAM, 0)
			show(socket_set_option(s, IPPROTO_IPV6, IPV6_PKTINFO, {addr = "", ifindex = 1}))`, `
			[2] socket_set_option(): Host lookup failed [-10001]: Unknown host
			[2] socket_set_option(): error converting user data (path: in6_pktinfo > addr): could not resolve address '' to get an AF_INET6 address
			false`},
		{"D12: a Socket whose stream was closed", `
			c, s = sockets() fp = socket_export_stream(c) fclose(fp)
			show(pcall(socket_write, c, "x"))`, `
			false Error: socket_write(): Argument #1 ($socket) has already been closed`},
		{"D13: an unknown transport, a wrong time-out", `
			show(fsockopen("foo://bar", 9))
			show(pcall(fsockopen, "127.0.0.1", 9, -2))
			show(pcall(fsockopen, "127.0.0.1", 9, 0 / 0))`, `
			[2] fsockopen(): Unable to connect to foo://bar:9 (Unable to find the socket transport "foo" - did you forget to enable it when you configured PHP?)
			false 0 "Unable to find the socket transport \"foo\" - did you forget to enable it when you configured PHP?"
			false ValueError: fsockopen(): Argument #5 ($timeout) must be -1 or between 0 and 18446744073709
			false ValueError: fsockopen(): Argument #5 ($timeout) must be -1 or between 0 and 18446744073709`},
		{"D14: errors of a server", `
			show(stream_socket_server("unix:///no/such/folder"))
			show(stream_socket_server("udp://127.0.0.1:0"))`, `
			[2] stream_socket_server(): Unable to connect to unix:///no/such/folder (No such file or directory)
			false 0 "No such file or directory"
			[2] stream_socket_server(): Unable to connect to udp://127.0.0.1:0 (Operation not supported)
			false 0 "Operation not supported"`},
		{"D15: accept on UDP", `
			u = stream_socket_server("udp://127.0.0.1:0", STREAM_SERVER_BIND)
			show(stream_socket_accept(u))`, `
			[2] stream_socket_accept(): Accept failed: Operation not supported
			false`},
		{"D16: fread gives what it holds", `
			c, s = sockets() fp = socket_export_stream(s)
			socket_write(c, "line\nmore") show(fgets(fp), fread(fp, 100))`, `
			"line\n" "more"`},
		{"D17: datagrams on a stream", `
			u = stream_socket_server("udp://127.0.0.1:0", STREAM_SERVER_BIND)
			c = stream_socket_client("udp://" .. stream_socket_get_name(u, false))
			fwrite(c, "0123456789") fwrite(c, "next")
			show(fread(u, 4), fread(u, 100), fread(u, 100))
			stream_socket_sendto(c, "") fwrite(c, "x")
			show(fread(u, 10), feof(u), fread(u, 10))`, `
			"0123" "456789" "next"
			"" false "x"`},
		{"D18: stream_select of what is no open stream", `
			c, s = sockets() fp = socket_export_stream(s) fclose(fp)
			show(pcall(stream_select, {fp}, nil, nil, 0))
			show(pcall(stream_select, {c}, nil, nil, 0))
			show(pcall(stream_select, {5}, nil, nil, 0))`, `
			false TypeError: stream_select(): supplied resource is not a valid stream resource
			false TypeError: stream_select(): supplied resource is not a valid stream resource
			false TypeError: stream_select(): supplied resource is not a valid stream resource`},
		{"D19: recvfrom ends with the time-out", `
			u = stream_socket_server("udp://127.0.0.1:0", STREAM_SERVER_BIND) stream_set_timeout(u, 0, 20000)
			show(stream_socket_recvfrom(u, 10), stream_get_meta_data(u).timed_out)`, `
			false true`},
		{"D20: a control message without a type", `
			s = socket_create(AF_INET, SOCK_DGRAM, 0)
			show(socket_sendmsg(s, {control = {{level = 1}}}))`, `
			[2] socket_sendmsg(): error converting user data (path: msghdr > control > element #0): The key 'type' is required
			false`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var want strings.Builder
			for line := range strings.Lines(strings.TrimSpace(test.want)) {
				want.WriteString(strings.TrimSpace(line) + "\n")
			}
			if got := runHere(t, prelude+test.code); got != want.String() {
				t.Errorf("got\n%swant\n%s", got, want.String())
			}
		})
	}
}

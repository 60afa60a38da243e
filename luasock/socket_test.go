package luasock

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"
)

// makers are what these tests say in place of the same five lines.
const makers = `
	INET, INET6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
	STREAM, DGRAM, SEQPACKET = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
	BINARY, NORMAL = socket.BINARY_READ, socket.NORMAL_READ

	-- a socket, and a listener on 127.0.0.1 and its port
	function new(domain, kind, protocol) return assert(socket.create(domain or INET, kind or STREAM, protocol)) end
	function listening(backlog)
		local l = new()
		assert(l:bind("127.0.0.1"))
		assert(l:listen(backlog or 16))
		return l, select(2, l:getsockname())
	end
	-- a port on which nobody listens
	function free()
		local l, port = listening()
		l:close()
		return port
	end
	-- connected pairs
	function tcp()
		local l, port = listening()
		local c = new()
		assert(c:connect("127.0.0.1", port))
		local s = assert(l:accept())
		l:close()
		return c, s
	end
	function udp()
		local a, b = new(INET, DGRAM), new(INET, DGRAM)
		assert(a:bind("127.0.0.1"))
		assert(b:bind("127.0.0.1"))
		assert(a:connect(b:getsockname()))
		assert(b:connect(a:getsockname()))
		return a, b
	end
	function pair(kind) return assert(socket.create_pair(UNIX, kind or STREAM, 0)) end
	-- waits until s can be read
	function ready(s)
		local r = assert(socket.select({s}, nil, nil, 20))
		assert(#r == 1, "nothing came")
		return s
	end
	-- the message of an error that was raised
	function raised(fn, ...)
		local ok, err = pcall(fn, ...)
		assert(not ok, "nothing was raised")
		return (tostring(err):gsub("^%S+:%d+: ", ""))
	end
	-- fills the way to a non-blocking socket's peer; the last answer
	function fill(s, data)
		data = data or ("x"):rep(65536)
		while true do
			local n, err, errno = s:send(data)
			if not n then return n, err, errno end
		end
	end
	-- closes a TCP socket so that the peer gets a RST
	function reset(s)
		assert(s:set_option(socket.SOL_SOCKET, socket.SO_LINGER, {l_onoff = 1, l_linger = 0}))
		s:close()
	end
`

// runSocketScripts runs scripts that have the makers and dir, an empty folder.
func runSocketScripts(t *testing.T, scripts []script) {
	t.Helper()
	runScripts(t, fmt.Sprintf("dir = %q\n%s", shortTempDir(t), makers), scripts)
}

// shortTempDir is a folder whose name leaves room for AF_UNIX paths.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ss")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("raw sockets need root")
	}
}

func needIPv6(t *testing.T) {
	t.Helper()
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no ::1:", err)
	}
	l.Close()
}

func TestSocketCreate(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "an unknown domain raises", code: `
			for _, domain in ipairs{0, -1, 17, 31337} do out(raised(socket.create, domain, STREAM)) end`, want: `
			bad argument #1 to 'create' (domain must be AF_UNIX, AF_INET6 or AF_INET, got 0)
			bad argument #1 to 'create' (domain must be AF_UNIX, AF_INET6 or AF_INET, got -1)
			bad argument #1 to 'create' (domain must be AF_UNIX, AF_INET6 or AF_INET, got 17)
			bad argument #1 to 'create' (domain must be AF_UNIX, AF_INET6 or AF_INET, got 31337)`},
		{name: "an unknown type raises", code: `
			for _, kind in ipairs{31337, 2049, 0, -1} do out(raised(socket.create, INET, kind)) end
			out(raised(socket.create_pair, UNIX, 0))`, want: `
			~^bad argument #2 to 'create' \(type must be SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RAW or SOCK_RDM, got 31337\)$
			~got 2049
			~got 0
			~got -1
			~^bad argument #2 to 'create_pair' .* got 0`},
		{name: "types that the family lacks: 94", code: `
			out(socket.create(INET, SEQPACKET)) --> =nil Socket type not supported 94
			out(socket.create(INET, socket.SOCK_RDM)) --> =nil Socket type not supported 94
			out(socket.create(UNIX, socket.SOCK_RDM)) --> =nil Socket type not supported 94`},
		{name: "protocols out of range: 22", code: `
			out(socket.create(INET, STREAM, 999)) --> =nil Invalid argument 22
			out(socket.create(INET, STREAM, -1)) --> =nil Invalid argument 22`},
		{name: "protocols that do not fit: 93", code: `
			out(socket.create(INET, STREAM, 17)) --> =nil Protocol not supported 93
			out(socket.create(INET, DGRAM, 6)) --> =nil Protocol not supported 93
			out(socket.create(INET, socket.SOCK_RAW, 0)) --> ~nil (Protocol not supported 93|Operation not permitted 1)
			out(socket.create(UNIX, STREAM, 6)) --> =nil Protocol not supported 93
			out(socket.create(UNIX, STREAM, 17)) --> =nil Protocol not supported 93`},
		{name: "AF_UNIX has SEQPACKET and RAW, and takes protocol 1", code: `
			out(socket.create(UNIX, SEQPACKET)) --> =socket: unix-seqpacket new
			out(type(socket.create(UNIX, socket.SOCK_RAW))) --> =userdata
			out(socket.create(UNIX, STREAM, 1)) --> =socket: unix new`},
		{name: "its errors are kept globally", code: `
			out(socket.last_error()) --> =0
			socket.create(INET, SEQPACKET)
			out(socket.last_error()) --> =94
			socket.clear_error()
			out(socket.last_error()) --> =0`},
		{name: "pair: two connected sockets; 95 for AF_INET, 93 for a protocol", code: `
			local a, b = socket.create_pair(UNIX, STREAM, 0)
			out(a, b) --> =socket: unix connected socket: unix connected
			a:write("x")
			out(b:recv(9)) --> =x
			out(socket.create_pair(UNIX, DGRAM)) --> =socket: unix-dgram connected socket: unix-dgram connected
			out(socket.create_pair(INET, STREAM, 0)) --> =nil Operation not supported 95
			out(socket.create_pair(INET6, STREAM, 0)) --> =nil Operation not supported 95
			out(socket.create_pair(UNIX, STREAM, 6)) --> =nil Protocol not supported 93
			out(socket.last_error()) --> =93`},
		{name: "create_listen: every IPv4 address; 98 when the port is taken", code: `
			local l = socket.create_listen(0)
			local address, port = l:getsockname()
			out(address, port > 0, tostring(l) == "socket: tcp 0.0.0.0:" .. port .. " listening") --> =0.0.0.0 true true
			out(socket.create_listen(port)) --> =nil Address already in use 98
			out(socket.last_error()) --> =98
			out(l:get_option(socket.SOL_SOCKET, socket.SO_REUSEADDR)) --> =0
			out(type(socket.create_listen(0, 0)), type(socket.create_listen(0, -1))) --> =userdata userdata
			out(raised(socket.create_listen, 70000)) --> =bad argument #1 to 'create_listen' (port must be 0 to 65535, got 70000)
			out(raised(socket.create_listen)) --> =bad argument #1 to 'create_listen' (port must be an integer, got no value)`},
		{name: "wrong arguments raise", code: `
			out(raised(socket.create)) --> =bad argument #1 to 'create' (domain must be an integer, got no value)
			out(raised(socket.create, "2", STREAM)) --> =bad argument #1 to 'create' (domain must be an integer, got "2")
			out(raised(socket.create, 2.5, STREAM)) --> =bad argument #1 to 'create' (domain must be an integer, got 2.5)
			out(raised(socket.create, INET, STREAM, "tcp")) --> =bad argument #3 to 'create' (protocol must be an integer, got "tcp")
			out(raised(socket.create, INET, STREAM, 1e300)) --> ~protocol must be -2147483648 to 2147483647, got 1e\+300`},
	})
}

func TestSocketBind(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "without a port takes a free one", code: `
			local s = new()
			out(s:bind("127.0.0.1")) --> =true
			local address, port = s:getsockname()
			out(address, port > 0) --> =127.0.0.1 true`},
		{name: "taken, not local, bound already, no folder", code: `
			local l, port = listening()
			out(new():bind("127.0.0.1", port)) --> =nil Address already in use 98
			out(new():bind("192.0.2.1")) --> =nil Cannot assign requested address 99
			out(l:bind("127.0.0.1")) --> =nil Invalid argument 22
			out(new(UNIX):bind(dir .. "/none/x")) --> =nil No such file or directory 2
			out(new(UNIX):bind(dir .. "/taken")) --> =true
			out(new(UNIX):bind(dir .. "/taken")) --> =nil Address already in use 98`},
		{name: "an address of the other family, and none at all: no such host", code: `
			out(new():bind("")) --> =nil Unknown host -10001
			out(new():bind("::1")) --> =nil No address associated with name -10004
			out(new(INET6):bind("127.0.0.1")) --> =nil No address associated with name -10004
			out(socket.last_error()) --> =-10004`},
		{name: "AF_UNIX: the kernel's name for none, abstract names, paths", code: `
			local s = new(UNIX)
			out(s:bind("")) --> =true
			out((s:getsockname():gsub("^%z%x+$", "abstract"))) --> =abstract
			local a = new(UNIX)
			out(a:bind("\0" .. dir .. "\0name")) --> =true
			out(a:getsockname() == "\0" .. dir .. "\0name", select("#", a:getsockname())) --> =true 1
			local p = new(UNIX)
			out(p:bind(dir .. "/path"), p:getsockname() == dir .. "/path") --> =true true`},
		{name: "AF_UNIX paths: 107 bytes pass, 108 raise, NUL raises", code: `
			local long = dir .. "/" .. ("x"):rep(106 - #dir)
			out(#long, new(UNIX):bind(long)) --> =107 true
			out(raised(new(UNIX).bind, new(UNIX), long .. "x")) --> =bad argument #2 to 'bind' (path must be at most 107 bytes, got 108)
			out(raised(new(UNIX).connect, new(UNIX), long .. "x")) --> =bad argument #2 to 'connect' (path must be at most 107 bytes, got 108)
			out(raised(new(UNIX).bind, new(UNIX), "/tmp/a\0b")) --> =bad argument #2 to 'bind' (path must be without NUL bytes, got "/tmp/a\x00b")`},
		{name: "ports out of range, NUL in an address, and wrong types raise", code: `
			local s = new()
			out(raised(s.bind, s, "127.0.0.1", 70000)) --> =bad argument #3 to 'bind' (port must be 0 to 65535, got 70000)
			out(raised(s.bind, s, "127.0.0.1", -1)) --> =bad argument #3 to 'bind' (port must be 0 to 65535, got -1)
			out(raised(s.bind, s, "127.0.0.1", "80")) --> =bad argument #3 to 'bind' (port must be an integer, got "80")
			out(raised(s.bind, s, "127.0.0.1\0x")) --> =bad argument #2 to 'bind' (address must be without NUL bytes, got "127.0.0.1\x00x")
			out(raised(s.bind, s)) --> =bad argument #2 to 'bind' (address must be a string, got no value)
			out(raised(s.bind, s, {})) --> =bad argument #2 to 'bind' (address must be a string, got a table)`},
		{name: "a LuaSocket user is told what is meant here", code: `
			out(raised(socket.bind, "*", 80)) --> =bad argument #1 to 'bind' (s must be a Socket, got "*"; to listen on an address use socket.stream_server("tcp://host:port"))
			out(raised(socket.connect, "localhost", 80)) --> =bad argument #1 to 'connect' (s must be a Socket, got "localhost"; to connect to a host use socket.fsockopen(host, port))
			out(raised(socket.bind, nil)) --> =bad argument #1 to 'bind' (s must be a Socket, got nil)
			out(raised(socket.bind, task.current(), "")) --> =bad argument #1 to 'bind' (s must be a Socket, got a Task)`},
	})
}

func TestSocketListenAccept(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "listen unbound: TCP takes a free port, AF_UNIX is refused", code: `
			local s = new()
			out(s:listen()) --> =true
			local address, port = s:getsockname()
			out(address, port > 0) --> =0.0.0.0 true
			out(new(UNIX):listen()) --> =nil Invalid argument 22`},
		{name: "listen: UDP, connected, again, odd backlogs", code: `
			out(new(INET, DGRAM):listen()) --> =nil Operation not supported 95
			local c = tcp()
			out(c:listen()) --> =nil Invalid argument 22
			local l = listening()
			out(l:listen(), l:listen(0), l:listen(-1)) --> =true true true
			out(raised(l.listen, l, "5")) --> =bad argument #2 to 'listen' (backlog must be an integer, got "5")`},
		{name: "accept: not listening, UDP, a listener that was shut down", code: `
			local s = new()
			out(s:accept()) --> =nil Invalid argument 22
			out(s:last_error(), socket.last_error()) --> =22 22
			out(new(INET, DGRAM):accept()) --> =nil Operation not supported 95
			local l = listening()
			out(l:shutdown(), l:accept()) --> =true nil Invalid argument 22`},
		{name: "accept: nothing there", code: `
			local l = listening()
			l:set_nonblock()
			out(l:accept()) --> =nil Resource temporarily unavailable 11
			out(l:last_error(), socket.last_error()) --> =11 11
			l:set_block()
			assert(l:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 20000}))
			out(l:accept()) --> =nil Resource temporarily unavailable 11`},
		{name: "what a non-blocking listener accepts is blocking", code: `
			local l, port = listening()
			l:set_nonblock()
			local c = new()
			c:connect("127.0.0.1", port)
			local s = assert(ready(l):accept())
			out(task.timeout(0.01, s.recv, s, 1)) --> =nil timeout 110`},
		{name: "accept waits, and gives the connections in order", code: `
			local l, port = listening()
			task.spawn(function()
				for i = 1, 3 do local c = new() c:connect("127.0.0.1", port) c:write("client " .. i) c:close() end
			end)
			for i = 1, 3 do out(l:accept():recv(99)) end`, want: `
			client 1
			client 2
			client 3`},
		{name: "several tasks accept from one listener", code: `
			local l, port = listening()
			local got = {}
			for i = 1, 3 do task.spawn(function() got[i] = l:accept():recv(9) end) end
			task.yield()
			for i = 1, 3 do local c = new() c:connect("127.0.0.1", port) c:write("x") end
			for _, t in ipairs(task.list()) do assert(t:join()) end
			out(got) --> ={x x x}`},
	})
}

func TestSocketConnect(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "refused, port 0, a path without listener, no path", code: `
			local s = new()
			out(s:connect("127.0.0.1", free())) --> =nil Connection refused 111
			out(s:last_error(), socket.last_error()) --> =111 111
			out(new():connect("127.0.0.1", 0)) --> =nil Connection refused 111
			local p = new(UNIX)
			p:bind(dir .. "/deaf")
			out(new(UNIX):connect(dir .. "/deaf")) --> =nil Connection refused 111
			out(new(UNIX):connect(dir .. "/none")) --> =nil No such file or directory 2`},
		{name: "AF_UNIX: no name, another type, a full backlog", code: `
			out(new(UNIX):connect("")) --> =nil Invalid argument 22
			local d, l = new(UNIX, DGRAM), new(UNIX)
			d:bind(dir .. "/d")
			out(new(UNIX):connect(dir .. "/d")) --> =nil Protocol wrong type for socket 91
			l:bind(dir .. "/l")
			l:listen(0)
			local a, b = new(UNIX), new(UNIX)
			a:connect(dir .. "/l")
			b:set_nonblock()
			out(b:connect(dir .. "/l")) --> =nil Resource temporarily unavailable 11
			b:set_block()
			local t = task.spawn(b.connect, b, dir .. "/l")
			task.yield()
			out(t:status()) --> =waiting
			l:accept() 
			out(t:join()) --> =true true`},
		{name: "no port raises", code: `
			local s = new()
			out(raised(s.connect, s, "127.0.0.1")) --> =bad argument #3 to 'connect' (port must be an integer, got no value)
			out(raised(s.connect, s, "127.0.0.1", 65536)) --> =bad argument #3 to 'connect' (port must be 0 to 65535, got 65536)`},
		{name: "connected already, listening", code: `
			local c, s = tcp()
			out(c:connect(c:getpeername())) --> =nil Transport endpoint is already connected 106
			local l, port = listening()
			out(l:connect("127.0.0.1", port)) --> =nil Transport endpoint is already connected 106`},
		{name: "non-blocking: 115, then true, then 106", code: `
			local l, port = listening()
			local s = new()
			s:set_nonblock()
			out(s:connect("127.0.0.1", port)) --> =nil Operation now in progress 115
			local r, w = socket.select(nil, {s}, nil, 10)
			out(#w) --> =1
			out(s:connect("127.0.0.1", port)) --> =true
			out(s:connect("127.0.0.1", port)) --> =nil Transport endpoint is already connected 106`},
		{name: "non-blocking and refused: 115, then 111", code: `
			local s, port = new(), free()
			s:set_nonblock()
			out(s:connect("127.0.0.1", port)) --> =nil Operation now in progress 115
			ready(s)
			out(s:connect("127.0.0.1", port)) --> =nil Connection refused 111`},
		{name: "non-blocking and under way: 114", code: `
			local l, port = listening(0)
			local function connect(s) s:set_nonblock() return s:connect("127.0.0.1", port) end
			local s = {}
			for i = 1, 3 do s[i] = new() connect(s[i]) end
			out(s[3]:connect("127.0.0.1", port)) --> =nil Operation already in progress 114
			out(tostring(s[3]):match("connecting$")) --> =connecting
			s[3]:set_block()
			out(task.timeout(0.01, s[3].connect, s[3], "127.0.0.1", port)) --> =nil timeout 110`},
		{name: "blocking: a full backlog and SO_SNDTIMEO give 115", code: `
			local l, port = listening(0)
			for i = 1, 2 do local s = new() s:set_nonblock() s:connect("127.0.0.1", port) l = {l, s} end
			local s = new()
			assert(s:set_option(socket.SOL_SOCKET, socket.SO_SNDTIMEO, {sec = 0, usec = 30000}))
			out(s:connect("127.0.0.1", port)) --> =nil Operation now in progress 115`},
		{name: "again after a refusal works", code: `
			local s = new()
			out((s:connect("127.0.0.1", free()))) --> =nil
			local l, port = listening()
			out(s:connect("127.0.0.1", port), s:last_error()) --> =true 111`},
		{name: "UDP to another address: the last counts", code: `
			local a, b, s = new(INET, DGRAM), new(INET, DGRAM), new(INET, DGRAM)
			a:bind("127.0.0.1") b:bind("127.0.0.1")
			out(s:connect(a:getsockname()), s:connect(b:getsockname())) --> =true true
			s:write("x")
			out(b:recv(9)) --> =x`},
		{name: "a name is looked up", code: `
			local l, port = listening()
			out(new():connect("localhost", port)) --> =true
			out(new():connect("no such host", port)) --> ~^nil .* -1000[1-4]$`},
		{name: "127.1 is 127.0.0.1", code: `
			local l, port = listening()
			local s = new()
			out(s:connect("127.1", port), (s:getpeername())) --> =true 127.0.0.1`},
	})
}

func TestSocketRead(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "lengths below 1 and over 2^31-1 raise and leave last_error", code: `
			local a = pair()
			for _, read in ipairs{"read", "recv", "recvfrom"} do
				for _, n in ipairs{0, -1, 2^31, 1e300, 1.5} do out(raised(a[read], a, n)) end
			end
			out(a:last_error(), socket.last_error())`, want: `
			bad argument #2 to 'read' (length must be 1 to 2147483647, got 0)
			bad argument #2 to 'read' (length must be 1 to 2147483647, got -1)
			~^bad argument #2 to 'read' \(length must be 1 to 2147483647, got 2.*\)$
			~^bad argument #2 to 'read' \(length must be .*, got 1e\+300\)$
			bad argument #2 to 'read' (length must be an integer, got 1.5)
			bad argument #2 to 'recv' (length must be 1 to 2147483647, got 0)
			bad argument #2 to 'recv' (length must be 1 to 2147483647, got -1)
			~^bad argument #2 to 'recv' \(length must be 1 to 2147483647, got 2.*\)$
			~^bad argument #2 to 'recv' \(length must be .*, got 1e\+300\)$
			bad argument #2 to 'recv' (length must be an integer, got 1.5)
			bad argument #2 to 'recvfrom' (length must be 1 to 2147483647, got 0)
			bad argument #2 to 'recvfrom' (length must be 1 to 2147483647, got -1)
			~^bad argument #2 to 'recvfrom' \(length must be 1 to 2147483647, got 2.*\)$
			~^bad argument #2 to 'recvfrom' \(length must be .*, got 1e\+300\)$
			bad argument #2 to 'recvfrom' (length must be an integer, got 1.5)
			0 0`},
		{name: "the greatest length reads what is there", code: `
			local a, b = pair()
			a:write("hello")
			out(b:read(2^31 - 1)) --> =hello`},
		{name: "the end of a stream, each time, is no error", code: `
			local a, b = tcp()
			a:write("last words")
			a:close()
			out(b:read(99), b:read(99)) --> =last words nil closed 0
			out(b:read(99)) --> =nil closed 0
			out(b:recv(99)) --> =nil closed 0
			out(b:read(99, NORMAL)) --> =nil closed 0
			out(b:last_error(), socket.last_error()) --> =0 0`},
		{name: "RST: 104 once, then the end", code: `
			local a, b = tcp()
			reset(a)
			ready(b)
			out(b:read(99)) --> =nil Connection reset by peer 104
			out(b:read(99)) --> =nil closed 0
			out(b:last_error()) --> =104`},
		{name: "a peer that closes with unread data resets", code: `
			local a, b = tcp()
			b:write("unread")
			ready(a):close()
			ready(b)
			out(b:read(99)) --> =nil Connection reset by peer 104
			local c, d = pair()
			d:write("unread")
			c:close()
			out(d:read(99)) --> =nil Connection reset by peer 104`},
		{name: "not connected, a listener", code: `
			out(new():read(1)) --> =nil Transport endpoint is not connected 107
			out(listening():read(1)) --> =nil Transport endpoint is not connected 107`},
		{name: "a listener that has found nobody to accept", code: `
			local l = listening()
			l:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 1})
			out(l:accept()) --> =nil Resource temporarily unavailable 11
			out(l:read(1)) --> =nil Transport endpoint is not connected 107
			out(l:recvfrom(1)) --> =nil Transport endpoint is not connected 107
			out(l:recvmsg({})) --> =nil Transport endpoint is not connected 107`},
		{name: "datagrams: too long ones are cut, empty ones are data", code: `
			for _, make in ipairs{udp, function() return pair(DGRAM) end} do
				local a, b = make()
				a:write("0123456789") a:write("") a:write("next")
				out(b:read(4), b:read(4), b:read(4))
			end`, want: `
			0123 "" next
			0123 "" next`},
		{name: "SEQPACKET: messages stay apart, and end at the end", code: `
			local a, b = pair(SEQPACKET)
			a:write("one") a:write("two")
			a:close()
			out(b:read(9), b:read(9), b:read(9)) --> =one two nil closed 0`},
		{name: "an unknown mode raises", code: `
			local a = pair()
			out(raised(a.read, a, 1, 0)) --> =bad argument #3 to 'read' (mode must be NORMAL_READ or BINARY_READ, got 0)
			out(raised(a.read, a, 1, 99)) --> =bad argument #3 to 'read' (mode must be NORMAL_READ or BINARY_READ, got 99)
			out(BINARY, NORMAL) --> =2 1`},
		{name: "NORMAL_READ stops after a line feed or a carriage return", code: `
			local a, b = tcp()
			a:write("abc\ndef\r\nghi\rx\0y\n")
			for i = 1, 5 do out(b:read(99, NORMAL)) end`, want: `
			"abc\n"
			"def\r"
			"\n"
			"ghi\r"
			"x\x00y\n"`},
		{name: "NORMAL_READ: the length counts", code: `
			local a, b = pair()
			a:write("ab\nab\n")
			out(b:read(2, NORMAL), b:read(2, NORMAL), b:read(3, NORMAL)) --> =ab "\n" "ab\n"`},
		{name: "NORMAL_READ waits for the rest of a line", code: `
			local a, b = tcp()
			local t = task.spawn(function() for c in ("a line\nmore"):gmatch(".") do a:write(c) task.yield() end end)
			out(b:read(99, NORMAL)) --> ="a line\n"
			t:join()
			a:close()
			out(b:read(99, NORMAL)) --> =more`},
		{name: "NORMAL_READ: the tail before FIN, then the end", code: `
			for _, nonblock in ipairs{false, true} do
				local a, b = tcp()
				if nonblock then b:set_nonblock() end
				a:write("tail") a:shutdown(1)
				ready(b)
				local tail = b:read(99, NORMAL)
				ready(b)
				out(tail, b:read(99, NORMAL))
			end`, want: `
			tail nil closed 0
			tail nil closed 0`},
		{name: "NORMAL_READ without a line end, non-blocking or SO_RCVTIMEO: what has come, then 11", code: `
			for _, prepare in ipairs{
				function(s) s:set_nonblock() end,
				function(s) assert(s:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 20000})) end,
			} do
				local a, b = pair()
				prepare(b)
				a:write("part")
				out(b:read(99, NORMAL))
				out(b:read(99, NORMAL))
			end`, want: `
			part
			nil Resource temporarily unavailable 11
			part
			nil Resource temporarily unavailable 11`},
		{name: "NORMAL_READ of a datagram: one, to its line end", code: `
			local a, b = udp()
			a:write("one\nlost") a:write("two")
			out(b:read(99, NORMAL), b:read(99, NORMAL)) --> ="one\n" two`},
		{name: "nothing there on a non-blocking socket: 11", code: `
			local a = pair()
			a:set_nonblock()
			out(a:read(1)) --> =nil Resource temporarily unavailable 11
			out(a:last_error(), socket.last_error()) --> =11 11
			a:clear_error()
			out(a:last_error(), socket.last_error()) --> =0 11`},
		{name: "more than the loop's buffer at once", code: `
			local a, b = pair()
			local text = ("0123456789abcdef"):rep(20000)
			task.spawn(function() a:write(text) a:close() end)
			local parts = {}
			for i = 1, 1000 do
				local part = b:read(1000000)
				if not part then break end
				parts[i] = part
			end
			out(table.concat(parts) == text) --> =true`},
		{name: "any byte passes", code: `
			local bytes = {}
			for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
			local a, b = tcp()
			a:write(table.concat(bytes))
			out(b:read(999) == table.concat(bytes)) --> =true`},
	})
}

func TestSocketWrite(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "length: none, less, more, 0, negative", code: `
			local a, b = tcp()
			for _, write in ipairs{"write", "send"} do
				out(a[write](a, "hello"), a[write](a, "hello", 2), a[write](a, "hello", 99), a[write](a, "hello", 0), a[write](a, "hello", nil))
				out(raised(a[write], a, "hello", -1))
			end
			ready(b)
			out(b:recv(99, socket.MSG_DONTWAIT))`, want: `
			5 2 5 0 5
			~^bad argument #3 to 'write' \(length must be 0 to \d+, got -1\)$
			5 2 5 0 5
			~^bad argument #3 to 'send' \(length must be 0 to \d+, got -1\)$
			hellohehellohellohellohehellohello`},
		{name: "nothing: on TCP nothing, as a datagram an empty one", code: `
			local a, b = tcp()
			out(a:write("")) --> =0
			b:set_nonblock()
			out(b:recv(9)) --> =nil Resource temporarily unavailable 11
			local c, d = udp()
			out(c:write("")) --> =0
			out(d:recv(9)) --> =""`},
		{name: "what is no text raises; a number is its text", code: `
			local a, b = pair()
			out(raised(a.write, a)) --> =bad argument #2 to 'write' (data must be a string, got no value)
			out(raised(a.write, a, {})) --> =bad argument #2 to 'write' (data must be a string, got a table)
			out(raised(a.send, a, nil)) --> =bad argument #2 to 'send' (data must be a string, got nil)
			out(a:write(15), b:recv(9)) --> =2 15`},
		{name: "blocking: all of 32 MB", code: `
			local a, b = tcp()
			local n = 32 * 1024 * 1024
			local t = task.spawn(function()
				local got = 0
				while got < n do got = got + #assert(b:recv(1000000)) end
				return got
			end)
			out(a:write(("x"):rep(n)) == n) --> =true
			out(select(2, t:join()) == n) --> =true`},
		{name: "SO_SNDTIMEO half-way: the part written, no error", code: `
			local a, b = tcp()
			assert(a:set_option(socket.SOL_SOCKET, socket.SO_SNDTIMEO, {sec = 0, usec = 50000}))
			local n = a:write(("x"):rep(32 * 1024 * 1024))
			out(n > 0, n < 32 * 1024 * 1024, a:last_error()) --> =true true 0
			out(a:write("x")) --> =nil Resource temporarily unavailable 11`},
		{name: "non-blocking: a part, then 11", code: `
			local a, b = tcp()
			a:set_nonblock()
			local n = a:write(("x"):rep(32 * 1024 * 1024))
			out(n > 0, n < 32 * 1024 * 1024) --> =true true
			out(fill(a)) --> =nil Resource temporarily unavailable 11`},
		{name: "a peer that has closed: a number, then 32 and no signal", code: `
			local a, b = tcp()
			b:close()
			out(a:write("x")) --> =1
			ready(a)
			out(a:write("x")) --> =nil Broken pipe 32
			out(a:send("x")) --> =nil Broken pipe 32`},
		{name: "after shutdown 1, not connected, a listener: 32", code: `
			local a, b = tcp()
			a:shutdown(1)
			out(a:write("x")) --> =nil Broken pipe 32
			out(new():write("x")) --> =nil Broken pipe 32
			out(listening():write("x")) --> =nil Broken pipe 32`},
		{name: "UDP: no peer, too long", code: `
			out(new(INET, DGRAM):write("x")) --> =nil Destination address required 89
			local a, b = udp()
			out(a:write(("x"):rep(65508))) --> =nil Message too long 90
			out(a:write(("x"):rep(65507))) --> =65507`},
		{name: "UDP, the port is closed: the next call fails, the one after works", code: `
			local a, b = udp()
			b:close()
			out(a:write("x")) --> =1
			ready(a)
			out(a:write("x")) --> =nil Connection refused 111
			out(a:write("x")) --> =1`},
		{name: "AF_UNIX, the peer is gone: a stream 32, datagrams 111", code: `
			local a, b = pair()
			b:close()
			out(a:write("x")) --> =nil Broken pipe 32
			local c, d = pair(DGRAM)
			d:close()
			out(c:write("x")) --> =nil Connection refused 111`},
		{name: "flags: OOB, EOR, DONTROUTE, EOF, -1", code: `
			local a, b = tcp()
			out(a:send("a", 1, socket.MSG_EOR), a:send("b", 1, socket.MSG_DONTROUTE), a:send("!", 1, socket.MSG_OOB)) --> =1 1 1
			out(a:send("c", 1, socket.MSG_EOF), a:shutdown(1)) --> =1 true
			local all, part = "", b:recv(9)
			while part do all, part = all .. part, b:recv(9) end
			out(all) --> =abc
			out(raised(a.send, a, "x", 1, "0")) --> =bad argument #4 to 'send' (flags must be an integer, got "0")`},
		{name: "flags -1: 106", code: `
			local a, b = tcp()
			out(a:send("x", 1, -1)) --> =nil Transport endpoint is already connected 106`},
		{name: "a blocking writer waits for its reader, and others run", code: `
			local a, b = pair()
			local t = task.spawn(a.write, a, ("x"):rep(4000000))
			task.yield()
			out(t:status()) --> =waiting
			local got = 0
			while got < 4000000 do got = got + #b:recv(100000) end
			out(t:join()) --> =true 4000000`},
	})
}

func TestSocketRecv(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "in pieces, and MSG_PEEK", code: `
			local a, b = tcp()
			a:write("hello")
			ready(b)
			out(b:recv(3, socket.MSG_PEEK), b:recv(2), b:recv(100)) --> =hel he llo`},
		{name: "an empty datagram is data", code: `
			local a, b = udp()
			a:write("")
			out(b:recv(9)) --> =""`},
		{name: "nothing: MSG_DONTWAIT, SO_RCVTIMEO", code: `
			local a = tcp()
			out(a:recv(9, socket.MSG_DONTWAIT)) --> =nil Resource temporarily unavailable 11
			assert(a:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 20000}))
			out(a:recv(9)) --> =nil Resource temporarily unavailable 11`},
		{name: "MSG_WAITALL waits for all", code: `
			local a, b = tcp()
			task.spawn(function() for i = 1, 5 do a:write(i .. i) task.yield() end end)
			out(b:recv(10, socket.MSG_WAITALL)) --> =1122334455`},
		{name: "MSG_WAITALL, then FIN or SO_RCVTIMEO: what came", code: `
			local a, b = tcp()
			a:write("abc") a:shutdown(1)
			out(b:recv(10, socket.MSG_WAITALL), b:recv(10, socket.MSG_WAITALL)) --> =abc nil closed 0
			local c, d = tcp()
			c:write("abc")
			assert(d:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 30000}))
			out(d:recv(10, socket.MSG_WAITALL)) --> =abc`},
		{name: "MSG_WAITALL that times out loses nothing", code: `
			local a, b = tcp()
			a:write("abc")
			out(task.timeout(0.02, b.recv, b, 10, socket.MSG_WAITALL)) --> =nil timeout 110
			out(b:recv(10)) --> =abc`},
		{name: "MSG_OOB: there, not there", code: `
			local a, b = tcp()
			out(b:recv(1, socket.MSG_OOB + socket.MSG_DONTWAIT)) --> =nil Invalid argument 22
			a:send("!", 1, socket.MSG_OOB)
			out(#select(3, socket.select(nil, nil, {b}, 10))) --> =1
			out(b:recv(1, socket.MSG_OOB)) --> =!
			out(b:recv(1, socket.MSG_OOB)) --> =nil Invalid argument 22`},
		{name: "the OOB mark parts the stream", code: `
			local a, b = tcp()
			a:send("ab") a:send("!", 1, socket.MSG_OOB) a:send("c")
			a:shutdown(1)
			ready(b)
			out(b:atmark(), b:recv(99), b:atmark(), b:recv(99)) --> =false ab true c
			local c, d = tcp()
			assert(d:set_option(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1))
			c:send("ab") c:send("!", 1, socket.MSG_OOB) c:send("c")
			c:shutdown(1)
			ready(d)
			out(d:recv(99), d:recv(99)) --> =ab !c`},
		{name: "not connected, refused", code: `
			out(new():recv(1)) --> =nil Transport endpoint is not connected 107
			local a, b = udp()
			b:close()
			a:send("x")
			ready(a)
			out(a:recv(1)) --> =nil Connection refused 111`},
		{name: "MSG_TRUNC gives only what was received", code: `
			local a, b = udp()
			a:send("0123456789")
			out(b:recv(4, socket.MSG_TRUNC)) --> =0123
			local c, d = tcp()
			c:send("abcdef")
			ready(d)
			out(d:recv(4, socket.MSG_TRUNC), d:recv(9)) --> ="\x00\x00\x00\x00" ef`},
		{name: "data and FIN in one event are both seen", code: `
			local a, b = tcp()
			local t = task.spawn(function() local all = {} for i = 1, 3 do all[i] = b:recv(99) or "end" end return all end)
			task.yield()
			a:write("x") a:close()
			out(t:join()) --> =true {x end end}`},
		{name: "flags of another type raise", code: `
			local a = pair()
			out(raised(a.recv, a, 1, "x")) --> =bad argument #3 to 'recv' (flags must be an integer, got "x")
			out(raised(a.recv, a, 1, 2^40)) --> ~flags must be -2147483648 to 2147483647`},
	})
}

func TestSocketDatagrams(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "recvfrom: data, address, port; an empty one; one too long", code: `
			local s, c = new(INET, DGRAM), new(INET, DGRAM)
			s:bind("127.0.0.1") c:bind("127.0.0.1")
			local host, port = s:getsockname()
			local _, from = c:getsockname()
			for _, text in ipairs{"hello", "", "0123456789"} do out(c:sendto(text, #text, 0, host, port)) end
			for i = 1, 3 do
				local data, address, p = s:recvfrom(5)
				out(data, address, p == from)
			end`, want: `
			5
			0
			10
			hello 127.0.0.1 true
			"" 127.0.0.1 true
			01234 127.0.0.1 true`},
		{name: "recvfrom: nothing, refused, not connected, a listener", code: `
			local s = new(INET, DGRAM)
			s:bind("127.0.0.1")
			s:set_nonblock()
			out(s:recvfrom(9)) --> =nil Resource temporarily unavailable 11
			local a, b = udp()
			b:close()
			a:send("x")
			ready(a)
			out(a:recvfrom(9)) --> =nil Connection refused 111
			out(new():recvfrom(9)) --> =nil Transport endpoint is not connected 107
			out(listening():recvfrom(9)) --> =nil Transport endpoint is not connected 107`},
		{name: "recvfrom with MSG_TRUNC", code: `
			local a, b = udp()
			a:send("datagram")
			out((b:recvfrom(4, socket.MSG_TRUNC))) --> =data`},
		{name: "recvfrom on TCP: no address, then the end", code: `
			local a, b = tcp()
			a:write("x") a:close()
			out(b:recvfrom(9)) --> =x
			out(b:recvfrom(9)) --> =nil closed 0`},
		{name: "recvfrom on AF_UNIX: path, unnamed, abstract", code: `
			local s = new(UNIX, DGRAM)
			s:bind(dir .. "/s")
			local bound, unnamed, abstract = new(UNIX, DGRAM), new(UNIX, DGRAM), new(UNIX, DGRAM)
			bound:bind(dir .. "/c")
			abstract:bind("\0" .. dir)
			for _, c in ipairs{bound, unnamed, abstract} do c:sendto("x", 1, 0, dir .. "/s") end
			local function from() return select(2, s:recvfrom(9)) end
			out(from() == dir .. "/c", from(), from() == "\0" .. dir) --> =true "" true`},
		{name: "sendto: length more, 0, negative", code: `
			local s, c = new(INET, DGRAM), new(INET, DGRAM)
			s:bind("127.0.0.1")
			local host, port = s:getsockname()
			out(c:sendto("foo", 99, 0, host, port), c:sendto("foo", 0, 0, host, port)) --> =3 0
			out(s:recv(9), s:recv(9)) --> =foo ""
			out(raised(c.sendto, c, "foo", -1, 0, host, port)) --> ~^bad argument #3 to 'sendto' \(length must be 0 to \d+, got -1\)$
			out(raised(c.sendto, c, "foo", nil, 0, host, port)) --> =bad argument #3 to 'sendto' (length must be an integer, got nil)
			out(raised(c.sendto, c, "foo", 3, nil, host, port)) --> =bad argument #4 to 'sendto' (flags must be an integer, got nil)
			out(raised(c.sendto, c, "foo", 3, 0)) --> =bad argument #5 to 'sendto' (address must be a string, got no value)
			out(raised(c.sendto, c, "foo", 3, 0, host)) --> =bad argument #6 to 'sendto' (port must be an integer, got no value)
			out(raised(c.sendto, c, "foo", 3, 0, host, 65536)) --> =bad argument #6 to 'sendto' (port must be 0 to 65535, got 65536)`},
		{name: "sendto: port 0, too long, flags -1, an unknown host", code: `
			local c = new(INET, DGRAM)
			out(c:sendto("x", 1, 0, "127.0.0.1", 0)) --> =nil Invalid argument 22
			out(c:sendto(("x"):rep(65508), 65508, 0, "127.0.0.1", 9)) --> =nil Message too long 90
			out(c:sendto("x", 1, -1, "127.0.0.1", 9)) --> =nil Operation not supported 95
			out(c:last_error()) --> =95
			out(c:sendto("x", 1, 0, "::1", 9)) --> =nil No address associated with name -10004
			out(c:last_error()) --> =-10004`},
		{name: "sendto on TCP: connected the address is ignored, else 32", code: `
			local a, b = tcp()
			out(a:sendto("x", 1, 0, "192.0.2.1", 9), b:recv(9)) --> =1 x
			out(new():sendto("x", 1, 0, "127.0.0.1", 9)) --> =nil Broken pipe 32`},
		{name: "sendto on AF_UNIX: no path, a connected stream, abstract, too long", code: `
			local c = new(UNIX, DGRAM)
			out(c:sendto("x", 1, 0, dir .. "/none")) --> =nil No such file or directory 2
			local a, b = pair()
			out(a:sendto("x", 1, 0, dir .. "/none")) --> =nil Transport endpoint is already connected 106
			local s = new(UNIX, DGRAM)
			s:bind("\0to" .. dir)
			out(c:sendto("x", 1, 0, "\0to" .. dir), s:recv(9)) --> =1 x
			out(raised(c.sendto, c, "x", 1, 0, ("p"):rep(108))) --> =bad argument #5 to 'sendto' (path must be at most 107 bytes, got 108)`},
		{name: "sendto on AF_UNIX, the queue is full: 11, or it waits", code: `
			local s, c = new(UNIX, DGRAM), new(UNIX, DGRAM)
			s:bind(dir .. "/full")
			c:set_nonblock()
			local err
			repeat local n, _, errno = c:sendto("x", 1, 0, dir .. "/full") err = errno until not n
			out(err) --> =11
			c:set_block()
			local t = task.spawn(c.sendto, c, "last", 4, 0, dir .. "/full")
			task.sleep(0.01)
			out(t:status()) --> ~waiting|ready
			local got
			repeat got = s:recv(9) until got == "last"
			out(t:join()) --> =true 4`},
	})
}

func TestSocketSelect(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "nothing in time: three empty lists", code: `
			local a = pair()
			out(socket.select({a}, nil, nil, 0)) --> ={} {} {}
			out(socket.select({a}, nil, {a}, 0.01)) --> ={} {} {}
			out(a:last_error(), socket.last_error()) --> =0 0`},
		{name: "those that are ready, in every list in which they stood", code: `
			local a, b = pair()
			local c, d = pair()
			a:write("x")
			local r, w, e = socket.select({d, b}, {b, a}, {a, b}, 5)
			out(#r, r[1] == b, #w, w[1] == b, w[2] == a, #e) --> =1 true 2 true true 0
			r = socket.select({b, b}, nil, nil, 0)
			out(#r, r[1] == b, r[2] == b) --> =2 true true`},
		{name: "no lists, empty lists raise", code: `
			out(raised(socket.select, nil, nil, nil, 0)) --> ~^bad argument #1 to 'select' \(at least one socket must be in the lists\)$
			out(raised(socket.select, {}, {}, {}, 0)) --> ~at least one socket
			out(raised(socket.select)) --> ~at least one socket`},
		{name: "seconds nil waits until there is something", code: `
			local a, b = pair()
			task.spawn(function() task.sleep(0.01) a:write("x") end)
			out(#socket.select({b}, nil, nil, nil)) --> =1`},
		{name: "fractions of seconds, and microseconds over a million", code: `
			local a = pair()
			local function took(...)
				local start = socket.gettime()
				socket.select({a}, nil, nil, ...)
				return socket.gettime() - start
			end
			out(took(0.02) >= 0.02, took(0, 20000) >= 0.02, took(0.01, 1010000) >= 1.02) --> =true true true`},
		{name: "negative times raise, and microseconds without seconds", code: `
			local a = pair()
			out(raised(socket.select, {a}, nil, nil, -1)) --> =bad argument #4 to 'select' (seconds must be 0 seconds or more, got -1)
			out(raised(socket.select, {a}, nil, nil, 0, -1)) --> ~^bad argument #5 to 'select' \(microseconds must be 0 to \d+, got -1\)$
			out(raised(socket.select, {a}, nil, nil, nil, 5)) --> =bad argument #5 to 'select' (microseconds must be nil when seconds is nil)
			out(raised(socket.select, {a}, nil, nil, 0/0)) --> ~seconds must be a number
			out(raised(socket.select, {a}, nil, nil, "1")) --> =bad argument #4 to 'select' (seconds must be a number, got "1")
			a:write("x")`},
		{name: "what is no socket, or closed, raises", code: `
			local a, b = pair()
			out(raised(socket.select, {a, "x"}, nil, nil, 0)) --> ~^bad argument #1 to 'select' \(.* Sockets?.*, got "x" at \[2\]\)$
			out(raised(socket.select, nil, {1}, nil, 0)) --> ~^bad argument #2 to 'select' .*got 1 at \[1\]
			b:close()
			out(raised(socket.select, {a}, nil, {b}, 0)) --> =bad argument #3 to 'select' (socket is closed at [1])
			out(raised(socket.select, a, nil, nil, 0)) --> =bad argument #1 to 'select' (reads must be a table, got a Socket)`},
		{name: "a connection, FIN: r; RST: r and w; OOB: e", code: `
			local l, port = listening()
			local c = new()
			c:connect("127.0.0.1", port)
			out(ready(l):accept():send("x")) --> =1
			local function are(s)
				local r, w, e = socket.select({s}, {s}, {s}, 10)
				return (r[1] and "r" or "") .. (w[1] and "w" or "") .. (e[1] and "e" or "")
			end
			local a, b = tcp()
			a:shutdown(1)
			ready(b)
			out(are(b), b:recv(1)) --> =rw nil closed 0
			a, b = tcp()
			reset(a)
			ready(b)
			out(are(b)) --> =rw
			a, b = tcp()
			a:send("!", 1, socket.MSG_OOB)
			socket.select(nil, nil, {b}, 10)
			out((are(b):gsub("w", ""))) --> =e`},
		{name: "TCP never connected: r and w; refused: r and w and SO_ERROR once", code: `
			local s = new()
			local r, w = socket.select({s}, {s}, nil, 0)
			out(#r, #w) --> =1 1
			local f = new()
			f:set_nonblock()
			f:connect("127.0.0.1", free())
			r, w = socket.select({f}, {f}, nil, 10)
			out(#r, #w) --> =1 1
			out(f:get_option(socket.SOL_SOCKET, socket.SO_ERROR), f:get_option(socket.SOL_SOCKET, socket.SO_ERROR)) --> =111 0`},
		{name: "other tasks run meanwhile, and several may select the same", code: `
			local a, b = pair()
			for i = 1, 2 do task.spawn(function() out(i, #socket.select({b}, nil, nil, 10)) end) end
			task.yield()
			out("write", a:write("x"))`, want: `
			write 1
			1 1
			2 1`},
		{name: "cancelled and timed out it lets go", code: `
			local a, b = pair()
			out(task.timeout(0.01, socket.select, {b}, nil, nil, 10)) --> =nil timeout 110
			local t = task.spawn(socket.select, {b}, nil, nil)
			task.yield()
			t:cancel()
			out(t:join()) --> =nil cancelled
			a:write("x")
			out(#socket.select({b}, nil, nil, 10)) --> =1`},
		{name: "closed under it by another task", code: `
			local a, b = pair()
			local t = task.spawn(socket.select, {a, b}, nil, nil)
			task.yield()
			b:close()
			out(t:join()) --> =true nil socket is closed 9`},
	})
}

// There is no FD_SETSIZE: descriptors beyond 1024 can be selected.
func TestSelectManyDescriptors(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < 2000 {
		t.Skip("fewer than 2000 descriptors are allowed")
	}
	runSocketScripts(t, []script{{name: "1200", code: `
		local all, peers = {}, {}
		for i = 1, 600 do all[i], peers[i] = pair() end
		out(#socket.select(all, nil, nil, 0)) --> =0
		peers[1]:write("x") peers[600]:write("x")
		local r, w = socket.select(all, {peers[600]}, nil, 5)
		out(#r, r[1] == all[1], r[2] == all[600], r[2]:fd() > 1024, #w) --> =2 true true true 1`}})
}

func TestSocketShutdownClose(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "shutdown: connected, twice, a listener", code: `
			local a, b = tcp()
			out(a:shutdown(), a:shutdown(2), listening():shutdown(0)) --> =true true true`},
		{name: "shutdown: an unknown how raises", code: `
			local a = pair()
			out(raised(a.shutdown, a, -1)) --> =bad argument #2 to 'shutdown' (how must be 0 to 2, got -1)
			out(raised(a.shutdown, a, 3)) --> =bad argument #2 to 'shutdown' (how must be 0 to 2, got 3)`},
		{name: "shutdown: not connected, UDP", code: `
			out(new():shutdown()) --> =nil Transport endpoint is not connected 107
			out(new(INET, DGRAM):shutdown()) --> =nil Transport endpoint is not connected 107`},
		{name: "after shutdown 0 reads end, but data that come later are read", code: `
			local a, b = tcp()
			a:shutdown(0)
			out(a:recv(9)) --> =nil closed 0
			b:write("later")
			socket.select(nil, nil, {a}, 0.01)
			out(a:recv(9), a:recv(9)) --> =later nil closed 0`},
		{name: "after shutdown 1 the peer reads the end and can still write", code: `
			local a, b = tcp()
			a:write("question") a:shutdown(1)
			out(b:recv(99), b:recv(99)) --> =question nil closed 0
			out(b:write("answer"), a:recv(99)) --> =6 answer`},
		{name: "shutdown wakes the task that reads", code: `
			for _, make in ipairs{tcp, pair} do
				local a, b = make()
				local t = task.spawn(a.recv, a, 9)
				task.yield()
				a:shutdown(0)
				out(t:join())
			end`, want: `
			true nil closed 0
			true nil closed 0`},
		{name: "close is true, the path stays", code: `
			local s = new(UNIX)
			s:bind(dir .. "/stays")
			out(s:close()) --> =true
			out(new(UNIX):bind(dir .. "/stays")) --> =nil Address already in use 98
			out(s) --> =socket: unix closed`},
		{name: "a closed socket raises in every function", code: `
			local s = new()
			s:close()
			local calls = {
				bind = {"127.0.0.1"}, listen = {}, accept = {}, connect = {"127.0.0.1", 9}, read = {1}, write = {"x"}, recv = {1}, send = {"x"},
				recvfrom = {1}, sendto = {"x", 1, 0, "127.0.0.1", 9}, shutdown = {}, close = {}, getsockname = {}, getpeername = {},
				set_block = {}, set_nonblock = {}, atmark = {}, last_error = {}, clear_error = {}, fd = {},
				get_option = {socket.SOL_SOCKET, socket.SO_ERROR}, set_option = {socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1},
			}
			local wrong = {}
			for name, args in pairs(calls) do
				local message = raised(s[name], s, unpack(args))
				if message ~= "bad argument #1 to '" .. name .. "' (socket is closed)" then wrong[#wrong + 1] = message end
			end
			out(wrong) --> ={}`},
		{name: "a call that is blocked while another task closes: nil, socket is closed, EBADF", code: `
			local function blocked(name, make, ...)
				local s = make()
				local t = task.spawn(s[name], s, ...)
				task.yield()
				assert(t:status() == "waiting", name)
				s:close()
				out(name, t:join())
			end
			blocked("recv", tcp, 1)
			blocked("recv", pair, 1)
			blocked("read", pair, 1, NORMAL)
			blocked("recv", udp, 1)
			blocked("recvfrom", udp, 1)
			blocked("accept", listening)
			blocked("write", pair, ("x"):rep(10000000))
			blocked("connect", function()
				backlog, port = listening(0)
				for i = 1, 2 do local s = new() s:set_nonblock() s:connect("127.0.0.1", port) backlog = {backlog, s} end
				return new()
			end, "127.0.0.1", port or 0)
			out(socket.last_error())`, want: `
			recv true nil socket is closed 9
			recv true nil socket is closed 9
			read true nil socket is closed 9
			recv true nil socket is closed 9
			recvfrom true nil socket is closed 9
			accept true nil socket is closed 9
			write true nil socket is closed 9
			~^connect true nil (socket is closed 9|Connection refused 111)$
			9`},
		{name: "close with SO_LINGER suspends only its task", code: `
			local a, b = tcp()
			assert(a:set_option(socket.SOL_SOCKET, socket.SO_LINGER, {l_onoff = 1, l_linger = 10}))
			a:set_nonblock()
			fill(a)
			a:set_block()
			local t = task.spawn(a.close, a)
			task.yield()
			out(t:status()) --> =waiting
			while b:recv(1000000) do end
			out(t:join()) --> =true true`},
	})
}

func TestSocketNames(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "getpeername: not connected; after FIN; after a RST was read", code: `
			out(new():getpeername()) --> =nil Transport endpoint is not connected 107
			local a, b = tcp()
			local _, port = a:getsockname()
			a:shutdown(1)
			b:recv(1)
			local address, p = b:getpeername()
			out(address, p == port) --> =127.0.0.1 true
			reset(a)
			ready(b)
			b:write("x")
			b:recv(1)
			out(b:getpeername()) --> =nil Transport endpoint is not connected 107`},
		{name: "getsockname unbound", code: `
			out(new():getsockname()) --> =0.0.0.0 0
			out(new(UNIX):getsockname()) --> =""
			local a = pair()
			out(a:getsockname(), a:getpeername()) --> ="" ""`},
		{name: "AF_UNIX: path, abstract", code: `
			local l = new(UNIX)
			l:bind(dir .. "/named") l:listen()
			local c = new(UNIX)
			c:bind("\0client" .. dir)
			c:connect(dir .. "/named")
			local s = l:accept()
			out(c:getpeername() == dir .. "/named", s:getpeername() == "\0client" .. dir, s:getsockname() == dir .. "/named") --> =true true true`},
		{name: "fd is the descriptor's number", code: `
			out(new():fd() > 2) --> =true`},
	})
	t.Run("IPv6", func(t *testing.T) {
		needIPv6(t)
		runSocketScripts(t, []script{
			{name: "unbound, and an IPv4 peer", code: `
				out(new(INET6):getsockname()) --> =:: 0
				local l = new(INET6)
				l:bind("::")
				l:listen(5)
				local _, port = l:getsockname()
				local c = new()
				c:connect("127.0.0.1", port)
				out((l:accept():getpeername())) --> =::ffff:127.0.0.1`},
			{name: "brackets are no address", code: `
				out(new(INET6):connect("[::1]", 9)) --> ~^nil .* -1000\d$`},
			{name: "a datagram's sender", code: `
				local s, c = new(INET6, DGRAM), new(INET6, DGRAM)
				s:bind("::1")
				local host, port = s:getsockname()
				c:sendto("x", 1, 0, host, port)
				out(select(2, s:recvfrom(9))) --> ~^::1 \d+$`},
		})
	})
}

func TestSocketText(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "tostring: family, type, state and addresses", code: `
			local l, port = listening()
			out((tostring(new()))) --> =socket: tcp new
			out(tostring(l) == "socket: tcp 127.0.0.1:" .. port .. " listening") --> =true
			local c = new()
			c:connect("127.0.0.1", port)
			local s = l:accept()
			local _, from = c:getsockname()
			out(tostring(c) == ("socket: tcp 127.0.0.1:%d -> 127.0.0.1:%d connected"):format(from, port)) --> =true
			out(tostring(s) == ("socket: tcp 127.0.0.1:%d -> 127.0.0.1:%d connected"):format(port, from)) --> =true
			local u = new(INET, DGRAM)
			u:bind("127.0.0.1")
			out((tostring(u):gsub("%d+ bound", "PORT bound"))) --> =socket: udp 127.0.0.1:PORT bound
			out(pair()) --> =socket: unix connected socket: unix connected
			local x = new(UNIX, DGRAM)
			x:bind("\0a\1" .. dir)
			out((tostring(x):gsub(dir, "DIR"))) --> ~^socket: unix-dgram @a\\x01(.*) bound$
			c:close()
			out(c) --> =socket: tcp closed`},
		{name: "a refused connect leaves it new, one under way connecting", code: `
			local s = new()
			s:connect("127.0.0.1", free())
			out((tostring(s):match("new$"))) --> =new`},
		{name: "list: every open socket with its numbers", code: `
			out(#socket.list()) --> =0
			local l, port = listening()
			local c = new()
			c:connect("127.0.0.1", port)
			local s = l:accept()
			c:write("hello") s:recv(9) s:write("hi") c:recv(9)
			local _, from = c:getsockname()
			local list = socket.list()
			for i, e in ipairs(list) do
				out(e.kind, e.state, e.local_address, e.local_port == port, e.remote_address, e.remote_port == from, e.bytes_in, e.bytes_out)
			end
			out(list[1].fd == l:fd(), list[2].fd == c:fd()) --> =tcp listening 127.0.0.1 true nil false 0 0
			l:close() --> =tcp connected 127.0.0.1 false 127.0.0.1 false 2 5
			c:close() --> =tcp connected 127.0.0.1 true 127.0.0.1 true 5 2
			s:close() --> =true true
			out(#socket.list()) --> =0`},
		{name: "list: ids tell sockets apart, ages grow", code: `
			local a = new()
			local first = socket.list()[1]
			a:close()
			local b = new()
			local second = socket.list()[1]
			out(second.id > first.id, first.age >= 0 and first.age < 60, second.fd == b:fd()) --> =true true true
			task.sleep(0.001)
			out(socket.list()[1].age > second.age, socket.list()[1].id == second.id) --> =true true`},
		{name: "list: AF_UNIX has addresses without ports", code: `
			local s = new(UNIX, DGRAM)
			s:bind(dir .. "/listed")
			local e = socket.list()[1]
			out(e.kind, e.state, e.local_address == dir .. "/listed", e.local_port, e.remote_address) --> =unix-dgram bound true nil nil`},
		{name: "gettime is the time, with fractions", code: `
			local t = socket.gettime()
			out(math.abs(t - os.time()) < 5, socket.gettime() >= t) --> =true true`},
	})
}

func TestSocketErrors(t *testing.T) {
	runSocketScripts(t, []script{
		{name: "kept for the socket and globally; success does not reset", code: `
			local s, other = new(), new()
			s:connect("127.0.0.1", free())
			out(s:last_error(), other:last_error(), socket.last_error()) --> =111 0 111
			other:bind("127.0.0.1")
			out(other:last_error(), socket.last_error()) --> =0 111
			other:bind("127.0.0.1")
			out(s:last_error(), other:last_error(), socket.last_error()) --> =111 22 22`},
		{name: "clear_error: the socket's only, the global one only, no result", code: `
			local s = new()
			s:connect("127.0.0.1", free())
			out(select("#", s:clear_error())) --> =0
			out(s:last_error(), socket.last_error()) --> =0 111
			s:connect("127.0.0.1", free())
			out(select("#", socket.clear_error())) --> =0
			out(s:last_error(), socket.last_error()) --> =111 0`},
		{name: "mistakes in the program are kept nowhere", code: `
			local s = new()
			pcall(s.read, s, 0) pcall(s.bind, s, "127.0.0.1", 70000) pcall(socket.create, 99, 1)
			out(s:last_error(), socket.last_error()) --> =0 0`},
		{name: "an accept that fails is kept in both places", code: `
			local s = new(INET, DGRAM)
			s:accept()
			out(s:last_error(), socket.last_error()) --> =95 95`},
		{name: "strerror", code: `
			for _, n in ipairs{0, 111, 98, 11, 41, 58, 134, -1, -9999, -10000, -10001, -10002, -10003, -10004, -10005, 99999} do
				out(n, socket.strerror(n))
			end`, want: `
			0 Success
			111 Connection refused
			98 Address already in use
			11 Resource temporarily unavailable
			41 Unknown error 41
			58 Unknown error 58
			134 Unknown error 134
			-1 Unknown error -1
			-9999 Unknown error -9999
			-10000 Unknown error -10000
			-10001 Unknown host
			-10002 Host name lookup failure
			-10003 Unknown server error
			-10004 No address associated with name
			-10005 Unknown resolver error
			99999 Unknown error 99999`},
		{name: "strerror of what is no errno raises", code: `
			out(raised(socket.strerror, false)) --> =bad argument #1 to 'strerror' (errno must be an integer, got false)
			out(raised(socket.strerror, true)) --> =bad argument #1 to 'strerror' (errno must be an integer, got true)
			out(raised(socket.strerror, 2^31)) --> ~errno must be -2147483648 to 2147483647
			out(raised(socket.strerror)) --> =bad argument #1 to 'strerror' (errno must be an integer, got no value)`},
		{name: "last_error of what is no socket raises", code: `
			out(raised(socket.last_error, 5)) --> =bad argument #1 to 'last_error' (s must be a Socket, got 5)
			out(socket.last_error(nil)) --> =0`},
		{name: "assert of a failure reads well", code: `
			out(raised(function() assert(new():connect("127.0.0.1", free())) end)) --> =Connection refused`},
		{name: "every function that takes a socket first is its method", code: `
			local missing = {}
			for _, name in ipairs{"bind", "listen", "connect", "accept", "read", "write", "recv", "send", "recvfrom", "sendto", "shutdown", "close",
				"getsockname", "getpeername", "set_block", "set_nonblock", "last_error", "clear_error", "atmark", "get_option", "set_option", "getopt", "setopt",
				"recvmsg", "sendmsg"} do
				if not socket[name] or not socket.create(INET, STREAM)[name] then missing[#missing + 1] = name end
			end
			out(missing) --> ={}`},
		{name: "a socket has no fields of one's own", code: `
			out(pcall(function() new().x = 1 end)) --> ~^false `},
	})
}

// Conversations between tasks over every family.
func TestConversations(t *testing.T) {
	const talk = `
		local function converse(domain, address, port)
			local l = new(domain)
			assert(l:bind(address, port))
			assert(l:listen(16))
			local server = task.spawn(function()
				for i = 1, 5 do
					task.spawn(function(s)
						local line = s:read(99, NORMAL)
						while line do
							s:write(line:upper())
							line = s:read(99, NORMAL)
						end
						s:close()
					end, assert(l:accept()))
				end
				l:close()
			end)
			local address, port = l:getsockname()
			local clients = {}
			for i = 1, 5 do
				clients[i] = function()
					local c = new(domain)
					assert(c:connect(address, port))
					for round = 1, 3 do
						c:write("client " .. i .. "\n")
						assert(c:read(99, NORMAL) == "CLIENT " .. i .. "\n")
					end
					c:shutdown(1)
					assert(select(2, c:read(99)) == "closed")
					c:close()
					return i
				end
			end
			out(task.all(clients))
			server:join()
		end
	`
	runSocketScripts(t, []script{
		{name: "TCP", code: talk + `converse(INET, "127.0.0.1") --> ={1 2 3 4 5}`},
		{name: "AF_UNIX path", code: talk + `converse(UNIX, dir .. "/talk") --> ={1 2 3 4 5}`},
		{name: "AF_UNIX abstract", code: talk + `converse(UNIX, "\0talk" .. dir) --> ={1 2 3 4 5}`},
		{name: "UDP", code: `
			local s = new(INET, DGRAM)
			s:bind("127.0.0.1")
			local host, port = s:getsockname()
			local server = task.spawn(function()
				for i = 1, 10 do
					local data, address, p = s:recvfrom(99)
					s:sendto(data:upper(), #data, 0, address, p)
				end
			end)
			local clients = {}
			for i = 1, 5 do
				clients[i] = function()
					local c = new(INET, DGRAM)
					c:connect(host, port)
					c:send("a" .. i)
					local first = c:recv(99)
					c:send("b" .. i)
					return first .. c:recv(99)
				end
			end
			out(task.all(clients)) --> ={A1B1 A2B2 A3B3 A4B4 A5B5}
			server:join()`},
		{name: "a pair, both directions at once, more than the kernel holds", code: `
			local a, b = pair()
			local n = 3000000
			local function drain(s) local got = 0 while got < n do got = got + #s:recv(65536) end return got end
			out(task.all{
				function() return a:write(("x"):rep(n)) end, function() return b:write(("y"):rep(n)) end,
				function() return drain(a) end, function() return drain(b) end,
			}) --> ={3000000 3000000 3000000 3000000}`},
	})
	t.Run("IPv6", func(t *testing.T) {
		needIPv6(t)
		runSocketScripts(t, []script{{name: "TCP", code: talk + `converse(INET6, "::1") --> ={1 2 3 4 5}`}})
	})
}

func TestRawSocket(t *testing.T) {
	needRoot(t)
	runSocketScripts(t, []script{{name: "the port of its name is the protocol", code: `
		local s = new(INET, socket.SOCK_RAW, 1)
		out(s:bind("127.0.0.1"), s:getsockname()) --> =true 127.0.0.1 1
		out((tostring(s))) --> ~^socket: raw 127.0.0.1`}})
}

// Sockets that a script forgets are closed, and their descriptors freed.
func TestForgottenSocketsAreClosed(t *testing.T) {
	runSocketScripts(t, []script{{name: "200", code: `
		local peers = {}
		for i = 1, 100 do peers[i] = pair() end
		for i = 1, 100 do new() end
		for try = 1, 100 do
			task.sleep(0.01)
			if #socket.list() <= 101 then break end
		end
		out(#socket.list() <= 101, #peers) --> =true 100
		for i, s in ipairs(peers) do assert(select(2, s:recv(1)) == "closed", i) end
		out(#socket.list()) --> ~^1..$`}})
}

// openDescriptors counts them, this process's.
func openDescriptors(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Skip(err)
	}
	return len(files)
}

// A closed VM holds no descriptor.
func TestCloseFreesDescriptors(t *testing.T) {
	before := openDescriptors(t)
	for range 5 {
		vm, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		fn, err := vm.L.LoadString(`for i = 1, 10 do a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM) kept = {kept, a, b} end`)
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.Do(fn); err != nil {
			t.Fatal(err)
		}
		if err := vm.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(10 * time.Second); openDescriptors(t) > before+2; {
		if time.Now().After(deadline) {
			t.Fatalf("%d descriptors are open, %d were", openDescriptors(t), before)
		}
		runtime.GC()
	}
}

// A host's goroutine may Post while a script waits.
func TestPostWakesScript(t *testing.T) {
	vm := openVM(t, Options{})
	vm.Loop().Ref()
	vm.L.SetGlobal("answer", vm.L.NewFunction(func(L *lua.LState) int {
		go vm.Post(func() {
			vm.L.SetGlobal("posted", lua.LTrue)
			vm.Loop().Unref()
		})
		return 0
	}))
	lines, err := vm.run(t, "", `answer() for i = 1, 1000 do task.sleep(0.001) if posted then break end end out(posted)`)
	if err != nil || len(lines) != 1 || lines[0] != "true" {
		t.Fatal(lines, err)
	}
}

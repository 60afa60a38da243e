package luasock

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// messagePrelude has pairs of sockets, and RIGHTS, which makes a control
// message that passes files.
const messagePrelude = optionPrelude + `
function pair(type) return S.create_pair(S.AF_UNIX, type or S.SOCK_STREAM, 0) end
function bound(s, a) assert(s:bind(a or "127.0.0.1")) return s, select(2, s:getsockname()) end
function RIGHTS(...) return {{level = S.SOL_SOCKET, type = S.SCM_RIGHTS, data = {...}}} end
function CONTROL(level, type, data) return {{level = level, type = type, data = data}} end
`

var messageScripts = []script{
	{name: "a datagram and its sender", code: `
		local r, port = bound(udp())
		local s, from = bound(udp())
		show(s:sendmsg{name = {family = S.AF_INET, addr = "127.0.0.1", port = port}, iov = {"te", "st"}}) --> =4
		local m = r:recvmsg{name = {}, buffer_size = 100, controllen = 24}
		out(m.name.port == from) --> =true
		m.name.port = 0
		show(m) --> ={control={} flags=0 iov={test} name={addr=127.0.0.1 family=2 port=0}}
		s:sendmsg{name = {addr = "127.0.0.1", port = port}, iov = {"x"}}
		show(r:recvmsg{}) --> ={control={} flags=0 iov={x}}`},
	{name: "a received message can be sent back", code: `
		local r, port = bound(udp())
		local s = bound(udp())
		s:sendmsg{name = {addr = "localhost", port = port}, iov = {"ping"}}
		show(r:sendmsg(r:recvmsg{name = {}})) --> =4
		show(s:recv(10)) --> =ping`},
	{name: "IPv6 senders", code: `
		local r, port = bound(udp6(), "::1")
		local s, from = bound(udp6(), "::1")
		s:sendmsg{name = {addr = "::1", port = port, scope_id = 0, flowinfo = 0}, iov = {"x"}}
		local m = r:recvmsg{name = {}}
		out(m.name.port == from) --> =true
		m.name.port = 0
		show(m.name) --> ={addr=::1 family=10 flowinfo=0 port=0 scope_id=0}`},
	{name: "AF_UNIX names", code: `
		local r, s, mute = S.create(S.AF_UNIX, S.SOCK_DGRAM), S.create(S.AF_UNIX, S.SOCK_DGRAM), S.create(S.AF_UNIX, S.SOCK_DGRAM)
		local here = "\0sockscript-" .. S.gettime()
		assert(r:bind(here .. "r"))
		assert(s:bind(here .. "s\0"))
		show(s:sendmsg{name = {family = S.AF_UNIX, path = here .. "r"}, iov = {"a"}}) --> =1
		out(r:recvmsg{name = {}}.name.path == here .. "s\0") --> =true
		show(mute:sendmsg{name = {path = here .. "r"}, iov = {"b"}}) --> =1
		show(r:recvmsg{name = {}}) --> ={control={} flags=0 iov={b}}
		show(s:sendmsg{name = {path = "/no/where"}, iov = {"b"}}) --> =nil No such file or directory 2
		show(s:sendmsg{name = {}, iov = {"b"}}) --> =nil Invalid argument 22
		raises(S.sendmsg, s, {name = {family = S.AF_UNIX}}) --> =bad argument #2 to 'sendmsg' (message.name must have key "path" (a string))
		raises(S.sendmsg, s, {name = {path = "a\0b"}}) --> =bad argument #2 to 'sendmsg' (message.name.path is no address: path must be without NUL bytes, got "a\x00b")
		raises(S.sendmsg, s, {name = {path = ("x"):rep(108)}}) --> =bad argument #2 to 'sendmsg' (message.name.path is no address: path must be at most 107 bytes, got 108)`},
	{name: "empty messages", code: `
		local r, port = bound(udp())
		local s = udp()
		for _, iov in ipairs{{}, {""}, false} do
			show(s:sendmsg{name = {addr = "127.0.0.1", port = port}, iov = iov or nil})
			out(r:recvmsg{}.iov)
		end`, want: "0\n{\"\"}\n0\n{\"\"}\n0\n{\"\"}"},
	{name: "the end of a stream", code: `
		local a, b = pair()
		a:write("xy")
		a:close()
		show(b:recvmsg{buffer_size = 1}) --> ={control={} flags=0 iov={x}}
		show(b:recvmsg{name = {}}) --> ={control={} flags=0 iov={y}}
		show(b:recvmsg{}) --> =nil closed 0
		local c, d = pair(S.SOCK_SEQPACKET)
		c:close()
		show(d:recvmsg{}) --> =nil closed 0`},
	{name: "a wrong message", code: `
		local s = udp()
		raises(S.sendmsg, s, 5) --> =bad argument #2 to 'sendmsg' (message must be a table, got 5)
		raises(S.sendmsg, s, {x = 1}) --> =bad argument #2 to 'sendmsg' (message has an unknown key "x"; valid are name, iov, control, flags, buffer_size, controllen)
		raises(S.sendmsg, s, {iov = 5}) --> =bad argument #2 to 'sendmsg' (message.iov must be a table, got 5)
		raises(S.sendmsg, s, {iov = {"a", 12}}) --> =bad argument #2 to 'sendmsg' (message.iov[2] must be a string, got 12)
		raises(S.sendmsg, s, {iov = {"a", nil, "b"}}) --> ~message.iov
		raises(S.sendmsg, s, {iov = {a = "b"}}) --> =bad argument #2 to 'sendmsg' (message.iov must be a list, got a table with the key "a")
		raises(S.sendmsg, s, {name = 5}) --> =bad argument #2 to 'sendmsg' (message.name must be a table, got 5)
		raises(S.sendmsg, s, {control = "x"}) --> =bad argument #2 to 'sendmsg' (message.control must be a table, got "x")
		raises(S.sendmsg, s, {control = {5}}) --> =bad argument #2 to 'sendmsg' (message.control[1] must be a table, got 5)
		raises(S.sendmsg, s, {}, 1.5) --> =bad argument #3 to 'sendmsg' (flags must be an integer, got 1.5)`},
	{name: "a wrong name", code: `
		local s, v = udp(), udp6()
		show(s:sendmsg{name = {}, iov = {"x"}}) --> =nil Invalid argument 22
		show(s:sendmsg{name = {addr = "127.0.0.1"}, iov = {"x"}}) --> =nil Invalid argument 22
		raises(S.sendmsg, s, {name = {port = 9}}) --> =bad argument #2 to 'sendmsg' (message.name must have key "addr" (a string))
		raises(S.sendmsg, s, {name = {addr = "127.0.0.1", port = 70000}}) --> =bad argument #2 to 'sendmsg' (message.name.port must be 0 to 65535, got 70000)
		raises(S.sendmsg, s, {name = {addr = "127.0.0.1", port = -1}}) --> =bad argument #2 to 'sendmsg' (message.name.port must be 0 to 65535, got -1)
		raises(S.sendmsg, s, {name = {addr = "127.0.0.1", port = "abc"}}) --> =bad argument #2 to 'sendmsg' (message.name.port must be an integer, got "abc")
		raises(S.sendmsg, s, {name = {addr = "127.0.0.1\0", port = 1}}) --> =bad argument #2 to 'sendmsg' (message.name.addr must be without NUL bytes, got "127.0.0.1\x00")
		raises(S.sendmsg, s, {name = {family = 77, addr = "127.0.0.1", port = 1}}) --> =bad argument #2 to 'sendmsg' (message.name.family must be AF_UNIX, AF_INET6 or AF_INET, got 77)
		raises(S.sendmsg, s, {name = {family = S.AF_INET6, addr = "::1", port = 1}}) --> =bad argument #2 to 'sendmsg' (message.name.family must be one that the socket takes, got 10)
		raises(S.sendmsg, s, {name = {family = S.AF_UNIX, path = "x"}}) --> =bad argument #2 to 'sendmsg' (message.name.family must be one that the socket takes, got 1)
		raises(S.sendmsg, s, {name = {address = "127.0.0.1"}}) --> ~unknown key "address"
		show(s:sendmsg{name = {addr = "zz zz", port = 9}, iov = {"x"}}) --> =nil Unknown host -10001
		show(s:last_error()) --> =-10001
		show(v:sendmsg{name = {family = S.AF_INET, addr = "127.0.0.1", port = 9}, iov = {"x"}}) --> =1`},
	{name: "a wrong control message", code: `
		local s = udp6()
		local function try(control) raises(S.sendmsg, s, {control = control}) end
		try{{level = 9, type = 9, data = {}}} --> =bad argument #2 to 'sendmsg' (message.control[1].type of level 9 must be one that can be sent, got 9)
		try{{level = 1, type = 1}} --> =bad argument #2 to 'sendmsg' (message.control[1] must have key "data" (a table))
		try{{type = 1, data = {s}}} --> =bad argument #2 to 'sendmsg' (message.control[1] must have key "level" (an integer))
		try{{level = 1, type = 1, data = {s}, x = 1}} --> ~message.control\[1\] has an unknown key "x"
		try(RIGHTS()) --> =bad argument #2 to 'sendmsg' (message.control[1].data must have at least one element)
		try(RIGHTS(s, 5)) --> =bad argument #2 to 'sendmsg' (message.control[1].data[2] must be a Socket or another open file, got 5)
		try(CONTROL(1, S.SCM_CREDENTIALS, {pid = 1, gid = 0})) --> =bad argument #2 to 'sendmsg' (message.control[1].data must have key "uid" (an integer))
		try(CONTROL(1, S.SCM_CREDENTIALS, {pid = 1, uid = -1, gid = 0})) --> =bad argument #2 to 'sendmsg' (message.control[1].data.uid must be 0 to 4294967295, got -1)
		try(CONTROL(41, S.IPV6_HOPLIMIT, "x")) --> =bad argument #2 to 'sendmsg' (message.control[1].data must be an integer, got "x")
		try(CONTROL(41, S.IPV6_PKTINFO, {ifindex = 1})) --> =bad argument #2 to 'sendmsg' (message.control[1].data must have key "addr" (a string))
		local dead = udp()
		dead:close()
		try(RIGHTS(dead)) --> =bad argument #2 to 'sendmsg' (message.control[1].data[1] is closed)`},
	{name: "what the system refuses to send", code: `
		local u, t = udp(), tcp()
		show(u:sendmsg{iov = {"x"}}) --> =nil Destination address required 89
		show(u:sendmsg{name = {addr = "127.0.0.1", port = 9}, iov = {("x"):rep(65508)}}) --> =nil Message too long 90
		show(t:sendmsg{iov = {"x"}}) --> =nil Broken pipe 32
		show(u:sendmsg({name = {addr = "127.0.0.1", port = 9}, iov = {"x"}}, -1)) --> =nil Invalid argument 22
		local a, b = pair()
		b:close()
		show(a:sendmsg{iov = {"x"}}) --> =nil Broken pipe 32
		local c, d = pair()
		c:set_nonblock()
		while c:send(("x"):rep(65536)) do end
		show(c:sendmsg{iov = {"x"}}) --> =nil Resource temporarily unavailable 11
		show(c:sendmsg({iov = {"x"}}, S.MSG_DONTWAIT)) --> =nil Resource temporarily unavailable 11
		local e, f = pair()
		show(e:sendmsg{iov = {"x"}, control = CONTROL(1, S.SCM_CREDENTIALS, {pid = 2^30, uid = 0, gid = 0})}) --> ~^nil (No such process 3|Operation not permitted 1)$`},
	{name: "a blocking stream sends all", code: `
		local a, b = pair()
		local size = 3000000
		local t = task.spawn(function() return a:sendmsg{iov = {("x"):rep(size), "", ("y"):rep(size)}} end)
		local got = b:recv(2 * size, S.MSG_WAITALL)
		out(got == ("x"):rep(size) .. ("y"):rep(size)) --> =true
		show(t:join()) --> =true 6000000`},
	{name: "lengths of a receive", code: `
		local r, port = bound(udp())
		local function to(n, m, flags)
			assert(r:sendto(("x"):rep(n), n, 0, "127.0.0.1", port))
			return r:recvmsg(m, flags)
		end
		show(to(10, {buffer_size = 4})) --> ={control={} flags=32 iov={xxxx}}
		show(to(10, {buffer_size = 4}, S.MSG_TRUNC)) --> ={control={} flags=32 iov={xxxx}}
		out(#to(9000, {}).iov[1]) --> =8192
		out(#to(9000, {buffer_size = 104857600}).iov[1]) --> =9000
		raises(S.recvmsg, r, {buffer_size = -1}) --> =bad argument #2 to 'recvmsg' (message.buffer_size must be 1 to 104857600, got -1)
		raises(S.recvmsg, r, {buffer_size = 104857601}) --> =bad argument #2 to 'recvmsg' (message.buffer_size must be 1 to 104857600, got 104857601)
		raises(S.recvmsg, r, {buffer_size = "x"}) --> =bad argument #2 to 'recvmsg' (message.buffer_size must be an integer, got "x")
		raises(S.recvmsg, r, {controllen = -1}) --> =bad argument #2 to 'recvmsg' (message.controllen must be 0 to 4294967295, got -1)
		raises(S.recvmsg, r, {name = 1}) --> =bad argument #2 to 'recvmsg' (message.name must be a table, got 1)
		raises(S.recvmsg, r, {bufsize = 1}) --> ~unknown key "bufsize"
		r:set_nonblock()
		show(r:recvmsg{}) --> =nil Resource temporarily unavailable 11
		show(r:recvmsg({}, -1)) --> =nil Invalid argument 22
		show(r:recvmsg({}, S.MSG_ERRQUEUE)) --> =nil Resource temporarily unavailable 11`},
	{name: "MSG_PEEK and MSG_WAITALL", code: `
		local a, b = pair()
		a:write("abc")
		out(b:recvmsg({}, S.MSG_PEEK).iov) --> ={abc}
		task.spawn(function() task.sleep(0.02) a:write("def") task.sleep(0.02) a:write("g") a:close() end)
		out(b:recvmsg({buffer_size = 6}, S.MSG_WAITALL).iov) --> ={abcdef}
		out(b:recvmsg({buffer_size = 6}, S.MSG_WAITALL).iov) --> ={g}
		show(b:recvmsg({buffer_size = 6}, S.MSG_WAITALL)) --> =nil closed 0`},
	{name: "the room of control messages", code: `
		show(S.cmsg_space(1, S.SCM_RIGHTS), S.cmsg_space(1, S.SCM_RIGHTS, 1), S.cmsg_space(1, S.SCM_RIGHTS, 4)) --> =16 24 32
		show(S.cmsg_space(1, S.SCM_CREDENTIALS), S.cmsg_space(1, S.SCM_CREDENTIALS, 5)) --> =32 32
		show(S.cmsg_space(41, S.IPV6_HOPLIMIT), S.cmsg_space(41, S.IPV6_TCLASS), S.cmsg_space(41, S.IPV6_PKTINFO)) --> =24 24 40
		raises(S.cmsg_space, 9, 9) --> =bad argument #1 to 'cmsg_space' (level 9 and type 9 are of no control message known here)
		raises(S.cmsg_space, 1, 1, -1) --> =bad argument #3 to 'cmsg_space' (n must be 0 to 2147483647, got -1)
		raises(S.cmsg_space, 1, 1, 2^40) --> =bad argument #3 to 'cmsg_space' (n must be 0 to 2147483647, got 1099511627776)`},
	{name: "a listening socket is passed", code: `
		local a, b = pair()
		local l = S.create_listen(0)
		local _, port = l:getsockname()
		show(a:sendmsg{iov = {"x"}, control = RIGHTS(l)}) --> =1
		l:close()
		local m = b:recvmsg{controllen = S.cmsg_space(1, S.SCM_RIGHTS, 1)}
		local got = m.control[1].data[1]
		show(m.flags, m.control[1].level, m.control[1].type, #m.control[1].data) --> =0 1 1 1
		out(tostring(got):match("listening")) --> =listening
		local c = tcp()
		task.spawn(function() assert(c:connect("127.0.0.1", port)) c:write("hello") c:close() end)
		local s = assert(got:accept())
		show(s:read(10)) --> =hello`},
	{name: "connected sockets are passed and work after the sender closed its own", code: `
		local a, b = pair()
		local x, y = pair()
		local t, u = pair(S.SOCK_DGRAM)
		x:recv(1, S.MSG_DONTWAIT)
		a:sendmsg{iov = {"x"}, control = RIGHTS(x, t)}
		x:close() t:close()
		local m = b:recvmsg{}
		local x2, t2 = unpack(m.control[1].data)
		task.spawn(function() task.sleep(0.02) y:write("late") end)
		show(x2:recv(10)) --> =late
		x2:write("back")
		show(y:recv(10)) --> =back
		t2:send("d")
		show(u:recv(10)) --> =d
		x2:close()
		show(y:recv(10)) --> =nil closed 0`},
	{name: "the sender may keep what it passes", code: `
		local a, b = pair()
		local x, y = pair()
		a:sendmsg{iov = {"x"}, control = RIGHTS(x)}
		local x2 = b:recvmsg{}.control[1].data[1]
		y:write("1")
		show(x:recv(1)) --> =1
		task.spawn(function() task.sleep(0.02) y:write("2") end)
		show(x:recv(1)) --> =2
		y:write("3")
		show(x2:recv(1)) --> =3
		x2:close()
		task.spawn(function() task.sleep(0.02) y:write("4") end)
		show(x:recv(1)) --> =4`},
	{name: "too little room for descriptors", code: `
		local a, b = pair()
		local x, y = pair()
		for _, room in ipairs{16, 20, 24, 0} do
			a:sendmsg{iov = {"x"}, control = RIGHTS(x, y)}
			local m = b:recvmsg{controllen = room}
			show(room, m.flags, m.control[1] and #m.control[1].data)
		end`, want: "16 8 nil\n20 8 1\n24 0 2\n0 8 nil"},
	{name: "credentials", code: `
		local a, b = pair()
		local me = a:get_option(1, S.SO_PEERCRED)
		b:set_option(1, S.SO_PASSCRED, 1)
		a:sendmsg{iov = {"x"}, control = CONTROL(1, S.SCM_CREDENTIALS, me)}
		local m = b:recvmsg{controllen = S.cmsg_space(1, S.SCM_CREDENTIALS)}
		local got = m.control[1].data
		out(m.control[1].type == S.SCM_CREDENTIALS, got.pid == me.pid, got.uid == me.uid, got.gid == me.gid) --> =true true true true
		a:write("y")
		out(b:recvmsg{}.control[1].data.pid == me.pid) --> =true
		a:write("z")
		show(b:recvmsg{controllen = 20}) --> ={control={} flags=8 iov={z}}`},
	{name: "an empty message with descriptors is no end", code: `
		local a, b = pair(S.SOCK_SEQPACKET)
		show(a:sendmsg{control = RIGHTS(a)}) --> =0
		local m = b:recvmsg{}
		out(m.iov, tostring(m.control[1].data[1]):match("^socket: unix")) --> ={""} socket: unix
		m.control[1].data[1]:close()
		a:close()
		show(b:recvmsg{}) --> =nil closed 0`},
	{name: "IPv6 control messages", code: `
		local r, port = bound(udp6(), "::1")
		local s = udp6()
		for _, o in ipairs{S.IPV6_RECVPKTINFO, S.IPV6_RECVHOPLIMIT, S.IPV6_RECVTCLASS} do assert(r:set_option(41, o, 1)) end
		local name = {addr = "::1", port = port}
		show(s:sendmsg{name = name, iov = {"x"}, control = {
			{level = 41, type = S.IPV6_HOPLIMIT, data = 9},
			{level = 41, type = S.IPV6_TCLASS, data = 40},
			{level = 41, type = S.IPV6_PKTINFO, data = {addr = "::1", ifindex = "lo"}},
		}}) --> =1
		local got = {}
		for _, c in ipairs(r:recvmsg{}.control) do got[c.type] = c.data end
		show(got[S.IPV6_HOPLIMIT], got[S.IPV6_TCLASS], got[S.IPV6_PKTINFO]) --> =9 40 {addr=::1 ifindex=1}
		show(s:sendmsg{name = name, iov = {"x"}, control = CONTROL(41, S.IPV6_HOPLIMIT, 999)}) --> =nil Invalid argument 22
		show(s:sendmsg{name = name, iov = {"x"}, control = CONTROL(41, S.IPV6_PKTINFO, {addr = "zz zz", ifindex = 0})}) --> =nil Unknown host -10001
		show(s:sendmsg{name = name, iov = {"x"}, control = CONTROL(41, S.IPV6_PKTINFO, {addr = "::1", ifindex = "nope0"})}) --> =nil No such device 19`},
	{name: "IPv4 control messages and times", code: `
		local r, port = bound(udp())
		local s = udp()
		for _, o in ipairs{S.IP_PKTINFO, S.IP_RECVTTL, S.IP_RECVTOS} do assert(r:set_option(0, o, 1)) end
		r:set_option(1, S.SO_TIMESTAMP, 1)
		local name = {addr = "127.0.0.1", port = port}
		show(s:sendmsg{name = name, iov = {"x"}, control = {
			{level = 0, type = S.IP_TTL, data = 9},
			{level = 0, type = S.IP_TOS, data = 16},
			{level = 0, type = S.IP_PKTINFO, data = {addr = "127.0.0.1", ifindex = 1}},
		}}) --> =1
		local got = {}
		for _, c in ipairs(r:recvmsg{}.control) do got[c.level .. "/" .. c.type] = c.data end
		show(got["0/" .. S.IP_TTL], got["0/" .. S.IP_TOS], got["0/" .. S.IP_PKTINFO]) --> =9 16 {addr=127.0.0.1 ifindex=1}
		local stamp = got["1/" .. S.SCM_TIMESTAMP]
		out(math.abs(stamp.sec + stamp.usec / 1e6 - S.gettime()) < 60) --> =true
		raises(S.sendmsg, s, {control = CONTROL(1, S.SCM_TIMESTAMP, {})}) --> ~must be one that can be sent`},
}

func TestMessages(t *testing.T) { runScripts(t, messagePrelude, messageScripts) }

// A file that is no socket arrives as a Stream; io's files, pipes and streams
// can be passed.
func TestFileIsPassed(t *testing.T) {
	t.Chdir(t.TempDir())
	runScripts(t, messagePrelude, []script{
		{name: "a file of io's", code: `
			local a, b = pair()
			local f = assert(io.open("passed", "w+"))
			f:write("one\ntwo\n")
			f:seek("set")
			assert(a:sendmsg{iov = {"x"}, control = RIGHTS(f)})
			f:close()
			local fp = b:recvmsg{}.control[1].data[1]
			out(tostring(fp):match("^stream") ~= nil) --> =true
			assert(a:sendmsg{iov = {"x"}, control = RIGHTS(fp)})
			local again = b:recvmsg{}.control[1].data[1]
			show(fp:close()) --> =true
			out((again:gets())) --> ="one\n"
			out((again:gets())) --> ="two\n"
			out(again:get_meta_data().mode) --> =r+`},
		{name: "what arrives is in socket.list until it is closed", code: `
			local a, b = pair()
			local f = assert(io.open("listed", "w+"))
			f:write("one\ntwo\n")
			f:seek("set")
			local p = io.popen("printf hello", "r")
			assert(a:sendmsg{iov = {"x"}, control = RIGHTS(f, p)})
			local file, pipe = unpack(b:recvmsg{}.control[1].data)
			file:gets() pipe:read(5)
			local list = S.list()
			out(#list, list[3].kind, list[4].kind, list[3].state, list[3].bytes_in, list[4].bytes_in) --> =4 file pipe open 4 5
			out(list[3].id > list[2].id and list[4].id > list[3].id, list[3].age >= 0, list[3].fd > 2) --> =true true true
			file:write("three")
			out(S.list()[3].bytes_out) --> =5
			file:close() a:close()
			out(#S.list(), S.list()[2].kind) --> =2 pipe
			pipe, list = nil
			collectgarbage() collectgarbage()
			out(#S.list() <= 2) --> =true
			p:close()`},
		{name: "a stream that has read ahead raises, and a file is passed where the script reads", code: `
			local a, b = pair()
			local s1, s2 = S.stream_pair(1, 1, 0)
			s2:write("line1\nline2\n")
			s1:gets()
			raises(S.sendmsg, a, {control = RIGHTS(s1)}) --> ~must be without bytes that were read ahead, got 6 of them
			local f = assert(io.open("ahead", "w+"))
			f:write("one\ntwo\n")
			f:seek("set")
			f:read("*l")
			assert(a:sendmsg{iov = {"x"}, control = RIGHTS(f)})
			out((b:recvmsg{}.control[1].data[1]:gets())) --> ="two\n"`},
		{name: "a closed one raises", code: `
			local a, b = pair()
			local f = assert(io.open("passed2", "w"))
			f:close()
			raises(S.sendmsg, a, {control = RIGHTS(f)}) --> =bad argument #2 to 'sendmsg' (message.control[1].data[1] is closed)`},
		{name: "the end of a pipe", code: `
			local a, b = pair()
			local p = io.popen("printf hello", "r")
			assert(a:sendmsg{iov = {"x"}, control = RIGHTS(p)})
			out(b:recvmsg{}.control[1].data[1]:get_contents()) --> =hello
			p:close()`},
	})
}

// pushFile is a function for scripts: it gives a file that can be passed.
func pushFile(L *lua.LState) int {
	L.Push(&lua.LUserData{Value: &devNull{}})
	return 1
}

// devNull is an open file of a Go host's.
type devNull struct{ file *os.File }

func (d *devNull) Descriptor() (int, error) {
	if d.file == nil {
		f, err := os.Open(os.DevNull)
		if err != nil {
			return -1, err
		}
		d.file = f
	}
	return int(d.file.Fd()), nil
}

// Descriptors that came with messages are closed when nobody refers to them,
// whatever became of the message.
func TestPassedDescriptorsDoNotLeak(t *testing.T) {
	const code = `
		local a, b = pair()
		local x, y = pair()
		for i = 1, 50 do
			a:sendmsg{iov = {"x"}, control = RIGHTS(x, open(), y)}
			local m = b:recvmsg({controllen = 16 + i % 16}, i % 3 == 0 and S.MSG_PEEK or 0)
			if i % 3 == 0 then b:recv(1) end
			a:sendmsg{iov = {"x"}, control = RIGHTS(x)}
			b:recv(1)
		end`
	before := openDescriptors(t)
	t.Run("pass", func(t *testing.T) { // the VM is closed with it
		vm := openVM(t, Options{})
		vm.L.SetGlobal("open", vm.L.NewFunction(pushFile))
		if _, err := vm.run(t, messagePrelude, code); err != nil {
			t.Fatal(err)
		}
	})
	var after int
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		runtime.GC() // descriptors and the files of devNull alike
		if after = openDescriptors(t); after <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d descriptors are open, %d were before", after, before)
}

// Real PHP passes a listening socket, which is blocking and stays PHP's too. It
// passes a stream, because of a Socket PHP 8.2 passes descriptor 0.
func TestSocketPassedByPHP(t *testing.T) {
	php, err := exec.LookPath("php")
	if err != nil {
		skipWithout(t, "php")
	}
	path := t.TempDir() + "/s"
	ctx, kill := context.WithTimeout(t.Context(), patience)
	defer kill()
	cmd := exec.CommandContext(ctx, php, "-r", `
		$l = stream_socket_server("tcp://127.0.0.1:0");
		$s = socket_create(AF_UNIX, SOCK_STREAM, 0);
		socket_connect($s, $argv[1]);
		socket_sendmsg($s, ["iov" => ["take", " it"], "control" => [["level" => SOL_SOCKET, "type" => SCM_RIGHTS, "data" => [$l]]]]);
		socket_recv($s, $buf, 10, 0); // until the other end is done`, path)
	cmd.Stderr = os.Stderr
	vm := openVM(t, Options{})
	vm.L.SetGlobal("PATH", lua.LString(path))
	vm.L.SetGlobal("start", vm.L.NewFunction(func(*lua.LState) int {
		if err := cmd.Start(); err != nil {
			t.Error(err)
		}
		return 0
	}))
	got, err := vm.run(t, messagePrelude, `
		local l = unix()
		assert(l:bind(PATH))
		assert(l:listen())
		start()
		local s = l:accept()
		local m = s:recvmsg{controllen = S.cmsg_space(S.SOL_SOCKET, S.SCM_RIGHTS, 1)}
		out(m.iov)
		local passed = m.control[1].data[1]
		local _, port = passed:getsockname()
		local c = tcp()
		task.spawn(function() task.sleep(0.02) assert(c:connect("127.0.0.1", port)) c:write("hi") end)
		out(passed:accept():read(10))
		s:close()`)
	if want := []string{"{take it}", "hi"}; err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %q, %v, want %q", got, err, want) // PHP is killed
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

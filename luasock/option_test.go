package luasock

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// optionPrelude has sockets of each kind, and show, which says what a call
// returned: tables with their keys sorted.
const optionPrelude = raises + `
S = socket
function tcp() return assert(S.create(S.AF_INET, S.SOCK_STREAM, S.SOL_TCP)) end
function udp() return assert(S.create(S.AF_INET, S.SOCK_DGRAM, S.SOL_UDP)) end
function udp6() return assert(S.create(S.AF_INET6, S.SOCK_DGRAM, S.SOL_UDP)) end
function unix() return assert(S.create(S.AF_UNIX, S.SOCK_STREAM, 0)) end
local function text(v)
	if type(v) ~= "table" then return type(v) == "string" and v:find("%c") and ("%q"):format(v) or tostring(v) end
	local keys, words = {}, {}
	for k in pairs(v) do keys[#keys + 1] = k end
	table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
	for i, k in ipairs(keys) do words[i] = (type(k) == "string" and k .. "=" or "") .. text(v[k]) end
	return "{" .. table.concat(words, " ") .. "}"
end
function show(...)
	local words = {}
	for i = 1, select("#", ...) do words[i] = text((select(i, ...))) end
	out(table.concat(words, " "))
end
`

var optionScripts = []script{
	{name: "numbers and booleans", code: `
		local s = tcp()
		show(s:get_option(S.SOL_SOCKET, S.SO_KEEPALIVE)) --> =0
		show(s:set_option(S.SOL_SOCKET, S.SO_KEEPALIVE, true)) --> =true
		show(s:get_option(S.SOL_SOCKET, S.SO_KEEPALIVE)) --> =1
		show(s:set_option(S.SOL_SOCKET, S.SO_KEEPALIVE, false), s:get_option(S.SOL_SOCKET, S.SO_KEEPALIVE)) --> =true 0
		show(s:set_option(S.SOL_TCP, S.TCP_NODELAY, 1), s:get_option(S.SOL_TCP, S.TCP_NODELAY)) --> =true 1
		show(s:set_option(S.SOL_TCP, S.TCP_KEEPIDLE, 77), s:get_option(S.SOL_TCP, S.TCP_KEEPIDLE)) --> =true 77
		show(s:set_option(S.IPPROTO_IP, S.IP_TTL, 9), s:get_option(S.IPPROTO_IP, S.IP_TTL)) --> =true 9
		show(s:set_option(S.IPPROTO_IP, S.IP_TTL, 256)) --> =nil Invalid argument 22
		show(s:get_option(S.SOL_SOCKET, S.SO_TYPE), s:get_option(S.SOL_SOCKET, S.SO_DOMAIN)) --> =1 2`},
	{name: "the aliases", code: `
		local s = tcp()
		show(s:setopt(S.SOL_SOCKET, S.SO_REUSEADDR, 1), s:getopt(S.SOL_SOCKET, S.SO_REUSEADDR)) --> =true 1
		show(S.setopt(s, 1, 2, 0), S.getopt(s, 1, 2)) --> =true 0
		out(help(S.getopt):match("alias of get_option")) --> =alias of get_option`},
	{name: "unknown options and levels", code: `
		local s, x = tcp(), unix()
		show(s:set_option(S.SOL_SOCKET, 9999, 1)) --> =nil Protocol not available 92
		show(s:get_option(S.SOL_SOCKET, 9999)) --> =nil Protocol not available 92
		show(s:last_error(), S.last_error()) --> =92 92
		show(x:set_option(S.IPPROTO_IP, S.IP_TTL, 1)) --> =nil Operation not supported 95
		show(x:get_option(S.IPPROTO_IP, S.IP_TTL)) --> =nil Operation not supported 95
		show(x:set_option(S.IPPROTO_IP, S.IP_MULTICAST_TTL, 1)) --> =nil Operation not supported 95
		show(x:set_option(31337, 1, 1)) --> =nil Operation not supported 95
		show(s:set_option(S.SOL_SOCKET, S.SO_TYPE, 1)) --> =nil Protocol not available 92`},
	{name: "a number is wanted", code: `
		local s = tcp()
		raises(S.set_option, s, 1, S.SO_KEEPALIVE, "5") --> =bad argument #4 to 'set_option' (value must be an integer or a boolean, got "5")
		raises(S.set_option, s, 1, S.SO_KEEPALIVE, "abc") --> =bad argument #4 to 'set_option' (value must be an integer or a boolean, got "abc")
		raises(S.set_option, s, 1, S.SO_KEEPALIVE, {}) --> =bad argument #4 to 'set_option' (value must be an integer or a boolean, got a table)
		raises(S.set_option, s, 1, S.SO_KEEPALIVE) --> =bad argument #4 to 'set_option' (value must be an integer or a boolean, got no value)
		raises(S.set_option, s, 1, S.SO_KEEPALIVE, 1.5) --> =bad argument #4 to 'set_option' (value must be an integer, got 1.5)
		raises(S.set_option, s, 1, S.SO_KEEPALIVE, 2^31) --> =bad argument #4 to 'set_option' (value must be -2147483648 to 2147483647, got 2147483648)
		raises(S.set_option, s, "x", 1, 1) --> =bad argument #2 to 'set_option' (level must be an integer, got "x")
		raises(S.get_option, s, 1) --> =bad argument #3 to 'get_option' (name must be an integer, got no value)
		raises(S.get_option, 5, 1, 1) --> =bad argument #1 to 'get_option' (s must be a Socket, got 5)
		s:close()
		raises(S.get_option, s, 1, 1) --> =bad argument #1 to 'get_option' (socket is closed)`},
	{name: "SO_LINGER", code: `
		local s = tcp()
		show(s:get_option(1, S.SO_LINGER)) --> ={l_linger=0 l_onoff=0}
		show(s:set_option(1, S.SO_LINGER, {l_onoff = 1, l_linger = 5})) --> =true
		show(s:get_option(1, S.SO_LINGER)) --> ={l_linger=5 l_onoff=1}
		show(s:set_option(1, S.SO_LINGER, {l_onoff = false, l_linger = 5})) --> =true
		show(s:get_option(1, S.SO_LINGER).l_onoff) --> =0
		raises(S.set_option, s, 1, S.SO_LINGER, {l_linger = 1}) --> =bad argument #4 to 'set_option' (value must have key "l_onoff" (an integer))
		raises(S.set_option, s, 1, S.SO_LINGER, {l_onoff = 1}) --> =bad argument #4 to 'set_option' (value must have key "l_linger" (an integer))
		raises(S.set_option, s, 1, S.SO_LINGER, {l_onoff = 1, l_linger = -1}) --> =bad argument #4 to 'set_option' (value.l_linger must be 0 to 2147483647, got -1)
		raises(S.set_option, s, 1, S.SO_LINGER, {l_onoff = 1, l_linger = 1, x = 1}) --> =bad argument #4 to 'set_option' (value has an unknown key "x"; valid are l_onoff, l_linger)
		raises(S.set_option, s, 1, S.SO_LINGER, 5) --> =bad argument #4 to 'set_option' (value must be a table, got 5)`},
	{name: "SO_LINGER {1, 0} resets on close", code: `
		local l = S.create_listen(0)
		local _, port = l:getsockname()
		local c = tcp()
		c:connect("127.0.0.1", port)
		local s = l:accept()
		c:set_option(1, S.SO_LINGER, {l_onoff = 1, l_linger = 0})
		c:close()
		show(s:recv(1)) --> =nil Connection reset by peer 104`},
	{name: "time-outs are read as the kernel rounds them", code: `
		local s = tcp()
		for _, name in ipairs{S.SO_RCVTIMEO, S.SO_SNDTIMEO} do
			show(s:get_option(1, name))
			show(s:set_option(1, name, {sec = 1, usec = 500000}), s:get_option(1, name))
			show(s:set_option(1, name, {sec = 0, usec = 999999}), s:get_option(1, name))
			s:set_option(1, name, {sec = 0, usec = 1})
			local usec = s:get_option(1, name).usec
			out(usec >= 1 and usec <= 10000)
			show(s:set_option(1, name, {sec = 0, usec = 1000000}))
			show(s:set_option(1, name, {sec = 0, usec = -1}))
			show(s:set_option(1, name, {sec = -1, usec = 0}), s:get_option(1, name))
		end`, want: strings.Repeat(`
		{sec=0 usec=0}
		true {sec=1 usec=500000}
		true {sec=1 usec=0}
		true
		nil Numerical argument out of domain 33
		nil Numerical argument out of domain 33
		true {sec=0 usec=0}`, 2)},
	{name: "a time-out is wanted", code: `
		local s = tcp()
		raises(S.set_option, s, 1, S.SO_RCVTIMEO, {usec = 1}) --> =bad argument #4 to 'set_option' (value must have key "sec" (an integer))
		raises(S.set_option, s, 1, S.SO_SNDTIMEO, {sec = 1}) --> =bad argument #4 to 'set_option' (value must have key "usec" (an integer))
		raises(S.set_option, s, 1, S.SO_SNDTIMEO, {sec = 0.5, usec = 0}) --> =bad argument #4 to 'set_option' (value.sec must be an integer, got 0.5)
		raises(S.set_option, s, 1, S.SO_SNDTIMEO, 1) --> =bad argument #4 to 'set_option' (value must be a table, got 1)`},
	{name: "SO_RCVTIMEO ends recv and accept", code: `
		local l, u = S.create_listen(0), udp()
		u:bind("127.0.0.1")
		for _, s in ipairs{l, u} do s:set_option(1, S.SO_RCVTIMEO, {sec = 0, usec = 40000}) end
		local began = S.gettime()
		show(u:recv(10)) --> =nil Resource temporarily unavailable 11
		show(u:recvfrom(10)) --> =nil Resource temporarily unavailable 11
		show(u:recvmsg{}) --> =nil Resource temporarily unavailable 11
		show(l:accept()) --> =nil Resource temporarily unavailable 11
		local took = S.gettime() - began
		out(took >= 0.16 and took < 5) --> =true
		u:set_option(1, S.SO_RCVTIMEO, {sec = -1, usec = 0})
		show(u:recv(10)) --> =nil Resource temporarily unavailable 11
		u:set_option(1, S.SO_RCVTIMEO, {sec = 0, usec = 0})
		task.spawn(function() task.sleep(0.06) u:sendto("x", 1, 0, u:getsockname()) end)
		show(u:recv(10)) --> =x`},
	{name: "SO_SNDTIMEO ends connect with EINPROGRESS", code: `
		local l, full = S.create(S.AF_INET, S.SOCK_STREAM), {}
		l:bind("127.0.0.1")
		l:listen(0)
		local _, port = l:getsockname()
		for i = 1, 3 do
			full[i] = tcp()
			full[i]:set_nonblock()
			full[i]:connect("127.0.0.1", port)
		end
		local s = tcp()
		s:set_option(1, S.SO_SNDTIMEO, {sec = 0, usec = 40000})
		show(s:connect("127.0.0.1", port)) --> =nil Operation now in progress 115`},
	{name: "SO_SNDTIMEO ends send", code: `
		local a, b = S.create_pair(S.AF_UNIX, S.SOCK_STREAM, 0)
		a:set_option(1, S.SO_SNDTIMEO, {sec = 0, usec = 40000})
		local n = a:send(("x"):rep(4 * 1024 * 1024))
		out(n > 0 and n < 4 * 1024 * 1024) --> =true
		show(a:send("x")) --> =nil Resource temporarily unavailable 11`},
	{name: "an accepted socket has the listener's time-outs", code: `
		local l, c = S.create_listen(0), tcp()
		l:set_option(1, S.SO_RCVTIMEO, {sec = 0, usec = 40000})
		local _, port = l:getsockname()
		c:connect("127.0.0.1", port)
		local s = l:accept()
		show(s:get_option(1, S.SO_RCVTIMEO)) --> ={sec=0 usec=40000}
		show(s:recv(1)) --> =nil Resource temporarily unavailable 11`},
	{name: "sizes of buffers", code: `
		local s = tcp()
		s:set_option(1, S.SO_RCVBUF, 4096)
		show(s:get_option(1, S.SO_RCVBUF)) --> =8192
		s:set_option(1, S.SO_RCVBUF, 1)
		show(s:get_option(1, S.SO_RCVBUF)) --> =2304
		s:set_option(1, S.SO_SNDBUF, 1)
		show(s:get_option(1, S.SO_SNDBUF)) --> =4608`},
	{name: "SO_ERROR is cleared", code: `
		local l, s = S.create_listen(0), tcp()
		local _, port = l:getsockname()
		l:close()
		s:set_nonblock()
		s:connect("127.0.0.1", port)
		S.select(nil, {s}, nil, 5)
		show(s:get_option(1, S.SO_ERROR)) --> =111
		show(s:get_option(1, S.SO_ERROR)) --> =0`},
	{name: "SO_ERROR tells that a connect has ended", code: `
		local l, s = S.create_listen(0), tcp()
		local _, port = l:getsockname()
		s:set_nonblock()
		s:connect("127.0.0.1", port)
		S.select(nil, {s}, nil, 5)
		show(s:get_option(1, S.SO_ERROR)) --> =0
		out(tostring(s):match("%a+$")) --> =connected`},
	{name: "tables on get", code: `
		local s, x, y = tcp(), S.create_pair(S.AF_UNIX, S.SOCK_STREAM, 0)
		show(s:get_option(S.SOL_TCP, S.TCP_CONGESTION)) --> ~^\{name=\w+\}$
		local m = s:get_option(1, S.SO_MEMINFO)
		show(m) --> ~^\{backlog=0 drops=0 fwd_alloc=0 optmem=0 rcvbuf=\d+ rmem_alloc=0 sndbuf=\d+ wmem_alloc=0 wmem_queued=0\}$
		out(m.rcvbuf == s:get_option(1, S.SO_RCVBUF)) --> =true
		local cred = x:get_option(1, S.SO_PEERCRED)
		out(cred.pid > 0, cred.uid >= 0, cred.gid >= 0) --> =true true true
		show(s:get_option(S.SOL_TCP, S.TCP_INFO).state) --> =7`},
	{name: "TCP_CONGESTION", code: `
		local s = tcp()
		show(s:set_option(S.SOL_TCP, S.TCP_CONGESTION, "reno"), s:get_option(S.SOL_TCP, S.TCP_CONGESTION)) --> =true {name=reno}
		show(s:set_option(S.SOL_TCP, S.TCP_CONGESTION, {name = "reno"})) --> =true
		show(s:set_option(S.SOL_TCP, S.TCP_CONGESTION, "nope")) --> =nil No such file or directory 2
		raises(S.set_option, s, S.SOL_TCP, S.TCP_CONGESTION, 5) --> =bad argument #4 to 'set_option' (value must be a string, got 5)
		raises(S.set_option, s, S.SOL_TCP, S.TCP_CONGESTION, "a\0b") --> =bad argument #4 to 'set_option' (value must be without NUL bytes, got "a\x00b")`},
	{name: "ranges of multicast options", code: `
		local u, v = udp(), udp6()
		raises(S.set_option, u, 0, S.IP_MULTICAST_TTL, 256) --> =bad argument #4 to 'set_option' (value must be 0 to 255, got 256)
		raises(S.set_option, u, 0, S.IP_MULTICAST_TTL, -1) --> =bad argument #4 to 'set_option' (value must be 0 to 255, got -1)
		show(u:set_option(0, S.IP_MULTICAST_TTL, 255), u:get_option(0, S.IP_MULTICAST_TTL)) --> =true 255
		raises(S.set_option, v, 41, S.IPV6_MULTICAST_HOPS, 256) --> =bad argument #4 to 'set_option' (value must be -1 to 255, got 256)
		raises(S.set_option, v, 41, S.IPV6_MULTICAST_HOPS, -2) --> =bad argument #4 to 'set_option' (value must be -1 to 255, got -2)
		show(v:set_option(41, S.IPV6_MULTICAST_HOPS, -1), v:get_option(41, S.IPV6_MULTICAST_HOPS)) --> =true 1
		show(u:set_option(0, S.IP_MULTICAST_LOOP, 0), u:get_option(0, S.IP_MULTICAST_LOOP)) --> =true 0
		show(u:set_option(0, S.IP_MULTICAST_LOOP, 256), u:get_option(0, S.IP_MULTICAST_LOOP)) --> =true 1
		show(v:set_option(41, S.IPV6_MULTICAST_LOOP, false), v:get_option(41, S.IPV6_MULTICAST_LOOP)) --> =true 0
		show(v:set_option(41, S.IPV6_MULTICAST_LOOP, 256), v:get_option(41, S.IPV6_MULTICAST_LOOP)) --> =true 1`},
	{name: "the interface of multicast", code: `
		local u, v = udp(), udp6()
		show(u:get_option(0, S.IP_MULTICAST_IF)) --> =0
		show(u:set_option(0, S.IP_MULTICAST_IF, "lo"), u:get_option(0, S.IP_MULTICAST_IF)) --> =true 1
		show(u:set_option(0, S.IP_MULTICAST_IF, 0), u:get_option(0, S.IP_MULTICAST_IF)) --> =true 0
		show(u:set_option(0, S.IP_MULTICAST_IF, 1), u:get_option(0, S.IP_MULTICAST_IF)) --> =true 1
		show(v:set_option(41, S.IPV6_MULTICAST_IF, "lo"), v:get_option(41, S.IPV6_MULTICAST_IF)) --> =true 1
		show(u:set_option(0, S.IP_MULTICAST_IF, "nope0")) --> =nil No such device 19
		show(u:set_option(0, S.IP_MULTICAST_IF, 9999)) --> =nil No such device 19
		show(v:set_option(41, S.IPV6_MULTICAST_IF, "nope0")) --> =nil No such device 19
		show(v:set_option(41, S.IPV6_MULTICAST_IF, 9999)) --> =nil No such device 19
		show(u:last_error(), v:last_error()) --> =19 19
		raises(S.set_option, u, 0, S.IP_MULTICAST_IF, -1) --> =bad argument #4 to 'set_option' (value must be 0 to 2147483647, got -1)
		raises(S.set_option, u, 0, S.IP_MULTICAST_IF, {}) --> =bad argument #4 to 'set_option' (value must be the name or the index of an interface, got a table)`},
	{name: "joining and leaving groups", code: `
		local u, v, x = udp(), udp6(), unix()
		local g = {group = "224.0.0.23", interface = "lo"}
		local src = {group = "224.0.0.23", interface = 1, source = "127.0.0.9"}
		show(u:set_option(0, S.MCAST_JOIN_GROUP, g)) --> =true
		show(u:set_option(0, S.MCAST_JOIN_GROUP, g)) --> =nil Address already in use 98
		show(u:set_option(0, S.MCAST_BLOCK_SOURCE, src)) --> =true
		show(u:set_option(0, S.MCAST_BLOCK_SOURCE, src)) --> =nil Cannot assign requested address 99
		show(u:set_option(0, S.MCAST_UNBLOCK_SOURCE, src)) --> =true
		show(u:set_option(0, S.MCAST_LEAVE_GROUP, g)) --> =true
		show(u:set_option(0, S.MCAST_LEAVE_GROUP, g)) --> =nil Cannot assign requested address 99
		show(u:set_option(0, S.MCAST_JOIN_SOURCE_GROUP, src)) --> =true
		show(u:set_option(0, S.MCAST_LEAVE_SOURCE_GROUP, src)) --> =true
		local h = {group = "ff02::1:23", interface = "lo"}
		show(v:set_option(41, S.MCAST_JOIN_GROUP, h)) --> =true
		show(v:set_option(41, S.MCAST_JOIN_GROUP, h)) --> =nil Address already in use 98
		show(v:set_option(41, S.MCAST_LEAVE_GROUP, h)) --> =true
		local hs = {group = "ff02::1:23", interface = 1, source = "::1"}
		show(v:set_option(41, S.MCAST_JOIN_SOURCE_GROUP, hs), v:set_option(41, S.MCAST_LEAVE_SOURCE_GROUP, hs)) --> =true true
		show(u:set_option(0, S.MCAST_JOIN_GROUP, {group = "10.0.0.1", interface = "lo"})) --> =nil Invalid argument 22
		show(u:set_option(0, S.MCAST_JOIN_GROUP, {group = "224.0.0.23", interface = 9999})) --> =nil No such device 19
		show(u:set_option(0, S.MCAST_JOIN_GROUP, {group = "224.0.0.23", interface = "nope0"})) --> =nil No such device 19
		show(u:set_option(0, S.MCAST_JOIN_GROUP, {group = "zz zz", interface = "lo"})) --> =nil Unknown host -10001
		show(u:last_error()) --> =-10001
		show(x:set_option(0, S.MCAST_JOIN_GROUP, g)) --> =nil Operation not supported 95`},
	{name: "a group is wanted", code: `
		local u = udp()
		raises(S.set_option, u, 0, S.MCAST_JOIN_GROUP, {interface = 1}) --> =bad argument #4 to 'set_option' (value must have key "group" (a string))
		raises(S.set_option, u, 0, S.MCAST_JOIN_SOURCE_GROUP, {group = "224.0.0.23"}) --> =bad argument #4 to 'set_option' (value must have key "source" (a string))
		raises(S.set_option, u, 0, S.MCAST_JOIN_GROUP, {group = "224.0.0.23", interface = -1}) --> =bad argument #4 to 'set_option' (value.interface must be 0 to 2147483647, got -1)
		raises(S.set_option, u, 0, S.MCAST_JOIN_GROUP, {group = "224.0.0.23\0"}) --> =bad argument #4 to 'set_option' (value.group must be without NUL bytes, got "224.0.0.23\x00")
		raises(S.set_option, u, 0, S.MCAST_JOIN_GROUP, {group = "224.0.0.23", iface = 1}) --> =bad argument #4 to 'set_option' (value has an unknown key "iface"; valid are group, interface, source)
		raises(S.set_option, u, 0, S.MCAST_JOIN_GROUP, 5) --> =bad argument #4 to 'set_option' (value must be a table, got 5)`},
	{name: "multicast arrives on loopback", code: `
		local r, s = udp(), udp()
		assert(r:bind("0.0.0.0"))
		local _, port = r:getsockname()
		assert(r:set_option(0, S.MCAST_JOIN_GROUP, {group = "239.1.2.3", interface = "lo"}))
		assert(s:set_option(0, S.IP_MULTICAST_IF, "lo"))
		assert(s:set_option(0, S.IP_MULTICAST_LOOP, true))
		assert(r:set_option(1, S.SO_RCVTIMEO, {sec = 5, usec = 0}))
		assert(s:sendto("hi", 2, 0, "239.1.2.3", port))
		out((r:recvfrom(10))) --> =hi
		assert(r:set_option(0, S.MCAST_BLOCK_SOURCE, {group = "239.1.2.3", interface = "lo", source = "127.0.0.1"}))
		assert(s:sendto("no", 2, 0, "239.1.2.3", port))
		r:set_nonblock()
		show(r:recv(10)) --> =nil Resource temporarily unavailable 11`},
	{name: "IPV6_PKTINFO", code: `
		local v = udp6()
		show(v:set_option(41, S.IPV6_PKTINFO, {addr = "::1", ifindex = 1})) --> =true
		show(v:set_option(41, S.IPV6_PKTINFO, {addr = "::1", ifindex = "lo"})) --> =true
		show(v:set_option(41, S.IPV6_PKTINFO, {ifindex = 1})) --> =nil Unknown host -10001
		show(v:set_option(41, S.IPV6_PKTINFO, {addr = "zz zz", ifindex = 1})) --> =nil Unknown host -10001
		raises(S.set_option, v, 41, S.IPV6_PKTINFO, {addr = "::1"}) --> =bad argument #4 to 'set_option' (value must have key "ifindex" (the name or the index of an interface))
		show(v:get_option(41, S.IPV6_PKTINFO)) --> =nil Protocol not available 92`},
}

func TestOptions(t *testing.T) { runScripts(t, optionPrelude, optionScripts) }

var rootOptionScripts = []script{
	{name: "SO_BINDTODEVICE", code: `
		local s = tcp()
		out(s:get_option(1, S.SO_BINDTODEVICE)) --> =""
		show(s:set_option(1, S.SO_BINDTODEVICE, "lo"), s:get_option(1, S.SO_BINDTODEVICE)) --> =true lo
		out(s:set_option(1, S.SO_BINDTODEVICE, ""), s:get_option(1, S.SO_BINDTODEVICE)) --> =true ""
		show(s:set_option(1, S.SO_BINDTODEVICE, "nope0")) --> =nil No such device 19
		raises(S.set_option, s, 1, S.SO_BINDTODEVICE, 5) --> =bad argument #4 to 'set_option' (value must be a string, got 5)`},
	{name: "IP_TRANSPARENT, SO_MARK", code: `
		local s = tcp()
		show(s:set_option(0, S.IP_TRANSPARENT, true), s:get_option(0, S.IP_TRANSPARENT)) --> =true 1
		show(s:set_option(1, S.SO_MARK, 7), s:get_option(1, S.SO_MARK)) --> =true 7`},
	{name: "SO_ATTACH_REUSEPORT_CBPF", code: `
		local u = udp()
		u:set_option(1, S.SO_REUSEPORT, 1)
		assert(u:bind("127.0.0.1"))
		show(u:set_option(1, S.SO_ATTACH_REUSEPORT_CBPF, S.SKF_AD_CPU)) --> =true
		raises(S.set_option, u, 1, S.SO_ATTACH_REUSEPORT_CBPF, 3) --> =bad argument #4 to 'set_option' (value must be SKF_AD_CPU, SKF_AD_QUEUE or 0, got 3)`},
}

func TestOptionsOfRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("binding to a device and IP_TRANSPARENT need root")
	}
	runScripts(t, optionPrelude, rootOptionScripts)
}

// Every constant of PHP's ext/sockets is there with PHP's value.
func TestConstantsArePHPs(t *testing.T) {
	php, err := exec.LookPath("php")
	if err != nil {
		skipWithout(t, "php")
	}
	list, err := exec.Command(php, "-r", `foreach (get_defined_constants(true)["sockets"] as $k => $v) echo "$k $v\n";`).Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := map[string]int{}
	for _, k := range constants {
		if _, twice := ours[k.Name]; twice {
			t.Errorf("%s is there twice", k.Name)
		}
		ours[k.Name] = k.Value
	}
	for line := range strings.Lines(string(list)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
		name = strings.TrimPrefix(strings.TrimPrefix(name, "SOCKET_"), "PHP_")
		want, err := strconv.Atoi(text)
		if got, ok := ours[name]; !ok || err != nil || got != want {
			t.Errorf("%s: got %d (there: %v), want %s", name, got, ok, text)
		}
	}
	if len(list) == 0 {
		t.Error("PHP has no ext/sockets")
	}
}

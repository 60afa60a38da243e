package luasock

import (
	"net"
	"testing"
)

func TestFsockopen(t *testing.T) {
	prelude := streamPrelude + `
	function listener(url)
	  local l = assert(socket.stream_server(url or "tcp://127.0.0.1:0"))
	  return l, l:get_name(false), tonumber(l:get_name(false):match(":(%d+)$"))
	end
	function talk(fp, l) -- proves that fp is connected to l
	  local s = l:accept(1)
	  s:write("hello\n")
	  return fp:gets()
	end`
	runScripts(t, prelude, []script{
		{name: "forms", code: `
			local l, name, port = listener()
			out(talk(socket.fsockopen("127.0.0.1", port), l)) --> ="hello\n"
			out(talk(socket.fsockopen("tcp://127.0.0.1", port), l)) --> ="hello\n"
			out(talk(socket.fsockopen(name), l)) --> ="hello\n"
			out(talk(socket.fsockopen(name, 1), l)) --> ="hello\n"
			out(talk(socket.fsockopen("tcp://" .. name .. "/anything"), l)) --> ="hello\n"
			out(talk(socket.fsockopen("localhost", port, 5), l)) --> ="hello\n"
			out(talk(socket.stream_client(name), l)) --> ="hello\n"
			out(talk(socket.stream_client("tcp://" .. name, 5, socket.STREAM_CLIENT_CONNECT), l)) --> ="hello\n"`},
		{name: "IPv6", code: `
			local ok, l, name, port = pcall(listener, "tcp://[::1]:0")
			if not ok then -- a system without IPv6
			  for i = 1, 4 do out("hello\n") end
			  out("[::1]:1")
			  return
			end
			out(talk(socket.fsockopen("[::1]", port), l)) --> ="hello\n"
			out(talk(socket.fsockopen("::1", port), l)) --> ="hello\n"
			out(talk(socket.fsockopen("[::1]:" .. port), l)) --> ="hello\n"
			out(talk(socket.stream_client("tcp://[::1]:" .. port), l)) --> ="hello\n"
			local fp = socket.fsockopen(name)
			local s, peer = l:accept()
			out(peer) --> ~^\[::1\]:\d+$`},
		{name: "refused, no route, no path", code: `
			local l, name, port = listener()
			l:close()
			out(socket.fsockopen("127.0.0.1", port)) --> =nil Connection refused 111
			out(socket.fsockopen("unix:///nowhere/at/all")) --> =nil No such file or directory 2
			out(socket.fsockopen("udg:///nowhere/at/all")) --> =nil No such file or directory 2`},
		{name: "no port", code: `
			out(socket.fsockopen("127.0.0.1")) --> =nil Failed to parse address "127.0.0.1" 0
			out(socket.fsockopen("127.0.0.1", -1)) --> =nil Failed to parse address "127.0.0.1" 0
			out(socket.fsockopen("127.0.0.1", 0)) --> =nil Failed to parse address "127.0.0.1" 0
			out(socket.fsockopen("127.0.0.1", -5)) --> =nil Failed to parse address "127.0.0.1" 0
			out(socket.fsockopen("tcp://127.0.0.1:abc")) --> =nil Failed to parse address "127.0.0.1:abc" 0
			out(socket.stream_client("tcp://127.0.0.1")) --> =nil Failed to parse address "127.0.0.1" 0
			out(socket.fsockopen("[::1", 80)) --> =nil Failed to parse address "[::1" 0`},
		{name: "wrong ports raise", code: `
			out(failure(socket.fsockopen, "127.0.0.1", 70000)) --> =bad argument #2 to 'fsockopen' (port must be 0 to 65535, got 70000)
			out(failure(socket.fsockopen, "127.0.0.1:70000")) --> =bad argument #1 to 'fsockopen' (port must be 0 to 65535, got 70000)
			out(failure(socket.stream_client, "tcp://127.0.0.1:65536")) --> =bad argument #1 to 'stream_client' (port must be 0 to 65535, got 65536)`},
		{name: "unknown names", code: `
			out(socket.fsockopen("nope.invalid", 80, 10)) --> ~^nil php_network_getaddresses: getaddrinfo for nope.invalid failed: (Name or service not known|Temporary failure in name resolution) 0$
			out(socket.fsockopen("", 80)) --> =nil php_network_getaddresses: getaddrinfo for  failed: Name or service not known 0
			out(socket.stream_server("tcp://nope.invalid:80")) --> ~getaddrinfo for nope.invalid failed`},
		{name: "unknown schemes", code: `
			out(socket.fsockopen("invalid://127.0.0.1", 80)) --> =nil Unable to find the socket transport "invalid" - did you forget to enable it when you configured PHP? 0
			out(socket.fsockopen("TCP://127.0.0.1", 80)) --> =nil Unable to find the socket transport "TCP" - did you forget to enable it when you configured PHP? 0
			out(socket.stream_server("invalid://127.0.0.1:80")) --> ~Unable to find the socket transport "invalid".* 0$`},
		{name: "NUL and long paths raise", code: `
			out(failure(socket.fsockopen, "a\0b", 80)) --> ~without NUL bytes
			out(failure(socket.fsockopen, "unix:///" .. ("x"):rep(107))) --> ~path must be at most 107 bytes, got 108
			out(failure(socket.stream_server, "unix:///" .. ("x"):rep(107))) --> ~path must be at most 107 bytes, got 108`},
		{name: "timeout", code: `
			local full = socket.create(socket.AF_INET, socket.SOCK_STREAM)
			full:bind("127.0.0.1", 0) full:listen(0)
			local address, port = full:getsockname()
			local held = {}
			for i = 1, 3 do
			  held[i] = socket.create(socket.AF_INET, socket.SOCK_STREAM)
			  held[i]:set_nonblock() held[i]:connect(address, port)
			end
			out(socket.fsockopen(address, port, 0.05)) --> =nil timeout 110
			out(socket.fsockopen(address, port, 0)) --> =nil timeout 110
			out(task.timeout(0.02, socket.fsockopen, address, port)) --> ~^nil timeout
			local t = task.spawn(socket.fsockopen, address, port)
			task.sleep(0.01)
			t:cancel()
			out(t:join()) --> =nil cancelled
			out(#socket.list()) --> =4
			local l, name, port = listener()
			out(talk(socket.fsockopen("127.0.0.1", port, 0), l)) --> ="hello\n"
			out(failure(socket.fsockopen, "127.0.0.1", port, -2)) --> ~timeout must be 0 seconds or more, got -2
			out(failure(socket.fsockopen, "127.0.0.1", port, 0/0)) --> ~timeout must be a number
			out(talk(socket.fsockopen("127.0.0.1", port, math.huge), l)) --> ="hello\n"`},
		{name: "udp, nobody there", code: `
			local c, l = udp()
			local name = l:get_name(false)
			l:close()
			local fp = socket.fsockopen("udp://" .. name)
			out(fp:write("x")) --> =1
			out(fp:read(1)) --> =nil Connection refused 111
			out(fp:eof(), fp:write("x")) --> =true 1`},
		{name: "unix and abstract", code: `
			local path = os.tmpname() .. ".sock"
			local l = socket.stream_server("unix://" .. path)
			out(talk(socket.fsockopen("unix://" .. path), l)) --> ="hello\n"
			out(talk(socket.stream_client("unix://" .. path), l)) --> ="hello\n"
			out(socket.stream_server("unix://" .. path)) --> =nil Address already in use 98
			l:close()
			out(socket.fsockopen("unix://" .. path)) --> =nil Connection refused 111
			os.remove(path)
			out(socket.stream_server("unix:///nowhere/at/all")) --> =nil No such file or directory 2`},
		{name: "unix, a full backlog", code: `
			local path = os.tmpname() .. ".sock"
			local l = socket.stream_server("unix://" .. path, nil, {socket = {backlog = 0}})
			local first = socket.fsockopen("unix://" .. path)
			out(socket.fsockopen("unix://" .. path, -1, 0.03)) --> =nil timeout 110
			task.spawn(function() task.sleep(0.01) l:accept() end)
			out(socket.fsockopen("unix://" .. path)) --> ~^stream: unix
			os.remove(path)`},
		{name: "persistent", code: `
			local l, name, port = listener()
			local fp = socket.pfsockopen("127.0.0.1", port)
			local s = l:accept()
			out(socket.pfsockopen("127.0.0.1", port) == fp) --> =true
			out(socket.stream_client("tcp://" .. name, 5, 5) == fp) --> =true
			out(socket.fsockopen("127.0.0.1", port) == fp) --> =false
			fp:close()
			local again = socket.pfsockopen("127.0.0.1", port)
			out(again == fp) --> =false
			l:accept()
			local peer = l:accept()
			peer:close()
			socket.select({again}, nil, nil, 1)
			out(socket.pfsockopen("127.0.0.1", port) == again) --> =false`},
		{name: "asynchronous", code: `
			local l, name, port = listener()
			local fp = socket.stream_client("tcp://" .. name, 5, socket.STREAM_CLIENT_ASYNC_CONNECT)
			out(#select(2, socket.select(nil, {fp}, nil, 1))) --> =1
			out(talk(fp, l)) --> ="hello\n"
			l:close()
			local fp = socket.stream_client("tcp://" .. name, 5, socket.STREAM_CLIENT_ASYNC_CONNECT + socket.STREAM_CLIENT_CONNECT)
			out(#select(2, socket.select(nil, {fp}, nil, 1))) --> =1
			out(fp:get_name(true)) --> =nil Transport endpoint is not connected 107
			out(fp:write("x")) --> =nil Connection refused 111
			out(failure(socket.stream_client, "tcp://" .. name, 5, 64)) --> ~flags must be STREAM_CLIENT_CONNECT`},
		{name: "bindto", code: `
			local l, name, port = listener()
			local fp = socket.stream_client("tcp://" .. name, 5, nil, {socket = {bindto = "127.0.0.2:0"}})
			out(fp:get_name(false)) --> ~^127.0.0.2:\d+$
			l:accept()
			out(socket.stream_client("tcp://" .. name, 5, nil, {socket = {bindto = "203.0.113.1:0"}})) --> =nil Cannot assign requested address 99
			out(socket.stream_client("tcp://" .. name, 5, nil, {socket = {bindto = name}})) --> =nil Address already in use 98
			out(failure(socket.stream_client, "tcp://" .. name, 5, nil, {socket = {bindto = "[::1]:0"}})) --> =bad context (bindto must be of the peer's family, got [::1]:0)
			out(talk(socket.stream_client("tcp://" .. name, 5, nil, {socket = {bindto = ":0"}}), l)) --> ="hello\n"`},
		{name: "contexts", code: `
			local function try(o) return failure(socket.stream_context, o) end
			out(socket.stream_context{socket = {so_keepalive = true}, ssl = {verify_peer = false, alpn_protocols = "h2"}}) --> =stream context
			out(try(1)) --> =bad argument #1 to 'stream_context' (options must be a table, got 1)
			out(try{tcp = {}}) --> ~options has an unknown key "tcp"; valid are socket, ssl
			out(try{ssl = "x"}) --> ~options.ssl must be a table, got "x"
			out(try{ssl = {verify = true}}) --> ~options.ssl has an unknown key "verify"; valid are SNI_enabled, 
			out(try{ssl = {verify_peer = 1}}) --> ~options.ssl.verify_peer must be a boolean, got 1
			out(try{ssl = {alpn_protocols = 1}}) --> ~options.ssl.alpn_protocols must be a string or a table, got 1
			out(try{socket = {bindto = "x"}}) --> ~options.socket.bindto must be address:port, got "x"
			out(try{socket = {bindto = 7}}) --> ~options.socket.bindto must be a string, got 7
			out(try{socket = {backlog = -1}}) --> ~options.socket.backlog must be 0 to 2147483647, got -1
			out(try{socket = {tcp_nodelay = 1}}) --> ~options.socket.tcp_nodelay must be a boolean, got 1
			out(try{socket = {nodelay = true}}) --> ~options.socket has an unknown key "nodelay"
			out(failure(socket.stream_server, "tcp://127.0.0.1:0", nil, 7)) --> ~context must be a StreamContext, got 7`},
		{name: "options reach the sockets", code: `
			local function get(fp, level, name) return socket.import_stream(fp):get_option(level, name) end
			local ctx = socket.stream_context{socket = {so_reuseport = true, so_keepalive = true, so_broadcast = true, tcp_nodelay = true}}
			local l = socket.stream_server("tcp://127.0.0.1:0", nil, ctx)
			local c = socket.stream_client("tcp://" .. l:get_name(false), 5, nil, ctx)
			local s = l:accept()
			for _, fp in ipairs{l, c, s} do
			  out(get(fp, socket.SOL_SOCKET, socket.SO_KEEPALIVE) ~= 0, get(fp, socket.SOL_TCP, socket.TCP_NODELAY) ~= 0)
			end
			--> =true false
			--> =true true
			--> =true true
			out(get(l, socket.SOL_SOCKET, socket.SO_REUSEADDR) ~= 0, get(l, socket.SOL_SOCKET, socket.SO_REUSEPORT) ~= 0) --> =true true
			local u = socket.stream_server("udp://127.0.0.1:0", socket.STREAM_SERVER_BIND, ctx)
			out(get(u, socket.SOL_SOCKET, socket.SO_BROADCAST) ~= 0) --> =true`},
		{name: "unreachable streams are closed", code: `
			local l, name, port = listener()
			for i = 1, 200 do
			  local fp = socket.fsockopen("127.0.0.1", port)
			  local s = l:accept()
			  fp:write("x") s:read(1)
			end
			task.sleep(0.01)
			out(#socket.list() < 300) --> =true`},
	})
}

// Of a name's two addresses one answers no connect: the other is taken, whichever
// it is, long before the time-out (RFC 8305).
func TestFsockopenPassesADeadAddress(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Skip("there is no IPv6 here:", err)
	}
	l.Close()
	const prelude = streamPrelude + `
	function listen(family, address, port, backlog)
	  local s = socket.create(family, socket.SOCK_STREAM)
	  if family == socket.AF_INET6 then s:set_option(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1) end
	  if s:bind(address, port) and s:listen(backlog) then return s, select(2, s:getsockname()) end
	end
	local four, six = {socket.AF_INET, "127.0.0.1"}, {socket.AF_INET6, "::1"}
	-- connects to a name, of which one address answers and one does not
	function connect(alive, dead, ...)
	  local held, full, port, answering = {}
	  repeat -- a port that is free on both
	    full, port = listen(dead[1], dead[2], 0, 0)
	    answering = listen(alive[1], alive[2], port, 8)
	  until answering
	  for i = 1, 3 do
	    held[i] = socket.create(dead[1], socket.SOCK_STREAM)
	    held[i]:set_nonblock() held[i]:connect(dead[2], port)
	  end
	  local before = #socket.list()
	  local fp, err, errno = socket.fsockopen("loopback.test", port, ...)
	  return fp and fp:get_name(true):gsub(":%d+$", "") or err, #socket.list() - before
	end
	function connectToFour(...) return connect(four, six, ...) end
	function connectToSix(...) return connect(six, four, ...) end
	`
	runScripts(t, prelude, []script{
		{name: "either", code: `
			out(connectToFour(30)) --> =127.0.0.1 1
			out(connectToSix(30)) --> =[::1] 1`},
		{name: "the time-out is for all of it", code: `
			local slow = {(connectToFour(0.05)), (connectToSix(0.05))}
			-- the one whose dead address came first has run out of time
			table.sort(slow)
			out(slow[2]) --> =timeout`},
	})
}

func TestStreamServer(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "accept", code: `
			local l = socket.stream_server("127.0.0.1:0")
			out(l:accept(0)) --> =nil timeout 110
			out(l:accept(0.02)) --> =nil timeout 110
			l:set_blocking(false)
			out(socket.stream_accept(l, 0.02)) --> =nil timeout 110
			local c = socket.stream_client(l:get_name(false))
			local s, peer = l:accept(0)
			out(peer == c:get_name(false), peer == s:get_name(true)) --> =true true
			local t = task.spawn(function() return l:accept(-1) end)
			task.sleep(0.01)
			socket.stream_client(l:get_name(false))
			out(t:join()) --> ~^true stream: tcp
			local t = task.spawn(function() return l:accept() end)
			task.sleep(0.01)
			l:close()
			out(t:join()) --> =true nil closed 0
			out(failure(l.accept, l)) --> =bad argument #1 to 'accept' (stream is closed)`},
		{name: "accept: cancel", code: `
			local l = socket.stream_server("127.0.0.1:0")
			local t = task.spawn(function() return l:accept() end)
			task.sleep(0.01)
			t:cancel()
			out(t:join()) --> =nil cancelled
			out(l:accept(0)) --> =nil timeout 110`},
		{name: "accept where nobody listens", code: `
			local c, l = udp()
			l:set_blocking(false)
			l:read(1)
			out(l:accept()) --> =nil Operation not supported 95
			local c, s = tcp()
			out(c:accept()) --> =nil Invalid argument 22`},
		{name: "refusals", code: `
			local l = socket.stream_server("tcp://127.0.0.1:0")
			out(socket.stream_server("tcp://" .. l:get_name(false))) --> =nil Address already in use 98
			out(socket.stream_server("tcp://203.0.113.1:0")) --> =nil Cannot assign requested address 99
			out(socket.stream_server("tcp://127.0.0.1")) --> =nil Failed to parse address "127.0.0.1" 0
			out(socket.stream_server("udp://127.0.0.1:0")) --> =nil Operation not supported 95
			out(failure(socket.stream_server, "tcp://127.0.0.1:0", 1)) --> ~flags must be STREAM_SERVER_BIND
			out(l) --> ~^stream: tcp 127\.0\.0\.1:\d+ listening$`},
		{name: "IPV6_V6ONLY is off", code: `
			local l, message, errno = socket.stream_server("tcp://[::]:0")
			if not l then out("connected") return end
			local port = l:get_name(false):match("%d+$")
			out(socket.fsockopen("127.0.0.1", tonumber(port)) and "connected") --> =connected`},
		{name: "stream_pair", code: `
			local a, b = pair()
			out(a:write("x"), b:read(1)) --> =1 x
			out(socket.stream_pair(socket.STREAM_PF_INET, socket.SOCK_STREAM, 0)) --> =nil Operation not supported 95
			out(failure(socket.stream_pair, 999, 1, 0)) --> ~domain must be
			out(failure(socket.stream_pair, 1, 999, 0)) --> ~type must be
			local a, b = socket.stream_pair(socket.STREAM_PF_UNIX, socket.SOCK_DGRAM, 0)
			a:write("one") a:write("two")
			out(b:read(100)) --> =one`},
		{name: "a server in tasks", code: `
			local l = socket.stream_server("tcp://127.0.0.1:0")
			task.spawn(function()
			  for i = 1, 20 do
			    local s = l:accept()
			    task.spawn(function() for line in s:lines() do s:write(line:upper() .. "\n") end s:close() end)
			  end
			end)
			local jobs = {}
			for i = 1, 20 do
			  jobs[i] = function()
			    local c = socket.stream_client("tcp://" .. l:get_name(false))
			    c:write("hello " .. i .. "\n")
			    local answer = c:read_line()
			    c:close()
			    return answer
			  end
			end
			local answers = task.all(jobs)
			out(#answers, answers[1], answers[20]) --> =20 HELLO 1 HELLO 20`},
	})
}

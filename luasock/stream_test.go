package luasock

import "testing"

// streamPrelude makes connected Streams in one process.
const streamPrelude = `
function tcp()
  local l = assert(socket.stream_server("tcp://127.0.0.1:0"))
  local c = assert(socket.stream_client("tcp://" .. l:get_name(false)))
  local s = assert(l:accept())
  return c, s, l
end
function pair() return socket.stream_pair(socket.STREAM_PF_UNIX, socket.SOCK_STREAM, 0) end
function udp()
  local l = assert(socket.stream_server("udp://127.0.0.1:0", socket.STREAM_SERVER_BIND))
  local c = assert(socket.stream_client("udp://" .. l:get_name(false)))
  return c, l
end
function reset(fp)
  local s = socket.import_stream(fp)
  s:set_option(socket.SOL_SOCKET, socket.SO_LINGER, {l_onoff = 1, l_linger = 0})
  fp:close()
end
function failure(fn, ...)
  local ok, message = pcall(fn, ...)
  return not ok and (message:gsub("^%w+:%d+: ", "")) or "no error"
end
`

func TestStreamReads(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "gets: lines, a tail, the end", code: `
			local c, s = tcp()
			s:write("one\r\ntwo\n\nx\rtail") s:close()
			out(c:gets()) --> ="one\r\n"
			out(c:gets()) --> ="two\n"
			out(c:gets()) --> ="\n"
			out(c:eof()) --> =false
			out(c:gets()) --> ="x\rtail"
			out(c:eof()) --> =true
			out(c:gets()) --> =nil closed 0
			out(c:gets()) --> =nil closed 0`},
		{name: "gets: a length", code: `
			local c, s = tcp()
			s:write("abc\nabc\n")
			out(c:gets(5)) --> ="abc\n"
			out(c:gets(4)) --> =abc
			out(c:gets(4)) --> ="\n"
			out(failure(c.gets, c, 1)) --> =bad argument #2 to 'gets' (length must be 2 or more, got 1)
			out(failure(c.gets, c, 0)) --> =bad argument #2 to 'gets' (length must be 2 or more, got 0)
			out(failure(c.gets, c, -1)) --> =bad argument #2 to 'gets' (length must be 2 or more, got -1)
			out(failure(c.gets, c, 2.5)) --> =bad argument #2 to 'gets' (length must be 2 or more, got 2.5)`},
		{name: "gets: NUL and any byte pass", code: `
			local c, s = tcp()
			s:write("\0\255a\n")
			out(c:gets()) --> ="\x00\xffa\n"`},
		{name: "gets: a time-out loses nothing", code: `
			local c, s = tcp()
			s:write("par")
			c:set_timeout(0.02)
			out(c:gets()) --> =nil timeout 110
			out(c:get_meta_data().timed_out, c:get_meta_data().unread_bytes, c:eof()) --> =true 3 false
			s:write("t\n")
			out(c:gets()) --> ="part\n"
			out(c:get_meta_data().timed_out) --> =false`},
		{name: "gets: nothing comes", code: `
			local c, s = tcp()
			c:set_timeout(0.02)
			out(c:gets()) --> =nil timeout 110
			c:set_timeout(0)
			out(c:gets()) --> =nil timeout 110
			c:set_blocking(false)
			out(c:gets()) --> =nil Resource temporarily unavailable 11
			s:write("par")
			socket.select({c}, nil, nil, 1)
			out(c:gets()) --> =nil Resource temporarily unavailable 11
			s:write("t\n")
			socket.select({socket.import_stream(c)}, nil, nil, 1)
			c:set_blocking(true)
			out(c:gets()) --> ="part\n"`},
		{name: "gets waits", code: `
			local c, s = tcp()
			task.spawn(function() task.sleep(0.01) s:write("a") task.sleep(0.01) s:write("b\n") end)
			out(c:gets()) --> ="ab\n"`},
		{name: "a cancel loses nothing", code: `
			local c, s = tcp()
			s:write("par")
			local t = task.spawn(function() return c:gets() end)
			task.sleep(0.01)
			t:cancel()
			out(t:join()) --> =nil cancelled
			s:write("t\n")
			out(c:gets()) --> ="part\n"`},
		{name: "task.timeout loses nothing", code: `
			local c, s = tcp()
			s:write("par")
			out(task.timeout(0.01, c.gets, c)) --> ~^nil timeout
			s:write("t\n")
			out(c:gets()) --> ="part\n"`},
		{name: "a close under a read", code: `
			local c, s = tcp()
			local t = task.spawn(function() return c:gets() end)
			task.sleep(0.01)
			c:close()
			out(t:join()) --> =true nil closed 0
			out(failure(c.gets, c)) --> =bad argument #1 to 'gets' (stream is closed)
			out(failure(c.close, c)) --> =bad argument #1 to 'close' (stream is closed)
			out(c) --> =stream: closed`},
		{name: "two readers, one reader and one writer", code: `
			local c, s = tcp()
			local t = task.spawn(function() return c:gets() end)
			task.sleep(0.01)
			out(failure(c.gets, c)) --> =bad argument #1 to 'gets' (another task is reading from the stream)
			out(failure(c.unread, c, "x")) --> =bad argument #1 to 'unread' (another task is reading from the stream)
			out(c:write("x")) --> =1
			s:write("line\n")
			out(t:join()) --> =true "line\n"`},
		{name: "read", code: `
			local c, s = tcp()
			s:write("abc")
			out(c:read(10)) --> =abc
			s:write("abcdef")
			out(c:read(2)) --> =ab
			out(c:read(100)) --> =cdef
			out(failure(c.read, c, 0)) --> =bad argument #2 to 'read' (length must be 1 or more, got 0)
			out(failure(c.read, c, -1)) --> =bad argument #2 to 'read' (length must be 1 or more, got -1)
			out(failure(c.read, c)) --> =bad argument #2 to 'read' (length must be 1 or more, got no value)
			c:set_timeout(0.01)
			out(c:read(1)) --> =nil timeout 110
			c:set_blocking(false)
			out(c:read(1)) --> =nil Resource temporarily unavailable 11
			c:set_blocking(true)
			s:close()
			out(c:read(1)) --> =nil closed 0`},
		{name: "getc", code: `
			local c, s = tcp()
			s:write("ab") s:close()
			out(c:getc(), c:getc()) --> =a b
			out(c:getc()) --> =nil closed 0`},
		{name: "RST", code: `
			local c, s = tcp()
			s:write("abc") c:write("unread")
			out(c:gets(4)) --> =abc
			reset(s)
			out(c:gets()) --> =nil Connection reset by peer 104
			out(c:eof()) --> =true
			out(c:gets()) --> =nil closed 0`},
		{name: "RST found by eof", code: `
			local c, s = tcp()
			reset(s)
			socket.select({c}, nil, nil, 1)
			out(c:eof()) --> =true
			out(c:gets()) --> =nil Connection reset by peer 104`},
		{name: "RST found by eof on a shared stream", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			reset(s)
			socket.select({c}, nil, nil, 1)
			out(c:eof()) --> =true
			out(c:gets()) --> =nil Connection reset by peer 104`},
		{name: "a listener", code: `
			local c, s, l = tcp()
			out(l:eof()) --> =false
			out(l:gets()) --> =nil Transport endpoint is not connected 107
			out(l:read(1)) --> =nil Transport endpoint is not connected 107`},
		{name: "get_line", code: `
			local c, s = tcp()
			s:write(";;A;;B;;tail") s:close()
			out(c:get_line(100, ";;")) --> =""
			out(c:get_line(100, ";;")) --> =A
			out(c:get_line(100, ";;")) --> =B
			out(c:get_line(100, ";;")) --> =tail
			out(c:get_line(100, ";;")) --> =nil closed 0`},
		{name: "get_line: no extra line", code: `
			local c, s = tcp()
			s:write("a\n") s:close()
			out(c:get_line(100, "\n")) --> =a
			out(c:get_line(100, "\n")) --> =nil closed 0`},
		{name: "get_line: length", code: `
			local function all(text)
			  local c, s = tcp()
			  s:write(text) s:close()
			  local list = {}
			  for i = 1, 10 do
			    list[i] = c:get_line(4, ";;")
			    if not list[i] then break end
			  end
			  return list
			end
			out(all("12345678;;x")) --> ={1234 5678 "" x}
			out(all("1234;;x")) --> ={1234 "" x}
			out(all("123;;x")) --> ={123; ;x}
			local c, s = tcp()
			s:write("abcdef")
			out(c:get_line(4)) --> =abcd
			out(failure(c.get_line, c, -1)) --> =bad argument #2 to 'get_line' (length must be 0 or more, got -1)
			s:write("g;;h") s:close()
			out(c:get_line(0, ";;")) --> =efg
			out(c:get_line(0)) --> =h`},
		{name: "get_line: an ending in two packets", code: `
			local c, s = tcp()
			s:write("part;")
			c:set_timeout(0.01)
			out(c:get_line(100, ";;")) --> =nil timeout 110
			c:set_blocking(false)
			out(c:get_line(100, ";;")) --> =nil Resource temporarily unavailable 11
			c:set_blocking(true)
			s:write(";x")
			out(c:get_line(100, ";;")) --> =part
			out(c:read(1)) --> =x`},
		{name: "get_contents", code: `
			local c, s = tcp()
			s:write("abc")
			c:set_timeout(0.01)
			out(c:get_contents(4)) --> =nil timeout 110
			c:set_blocking(false)
			out(c:get_contents()) --> =nil Resource temporarily unavailable 11
			c:set_blocking(true)
			s:write("def") s:close()
			out(c:get_contents(4)) --> =abcd
			out(c:get_contents(0)) --> =""
			out(failure(c.get_contents, c, -2)) --> =bad argument #2 to 'get_contents' (max must be -1 or more, got -2)
			out(c:get_contents(-1)) --> =ef
			out(c:get_contents()) --> =""`},
		{name: "get_contents: RST", code: `
			local c, s = tcp()
			s:write("abc") c:write("unread")
			out(c:peek(3)) --> =abc
			reset(s)
			out(c:get_contents()) --> =nil Connection reset by peer 104
			out(c:read(10)) --> =abc`},
		{name: "eof", code: `
			local c, s = tcp()
			out(c:eof()) --> =false
			s:write("x") s:close()
			out(c:peek(1), c:eof()) --> =x false
			socket.select({c}, nil, nil, 1)
			out(c:read(1)) --> =x
			out(c:eof()) --> =true
			local c, s = tcp()
			out(c:shutdown(socket.STREAM_SHUT_WR), c:eof()) --> =true false
			out(c:shutdown(socket.STREAM_SHUT_RD), c:eof()) --> =true true`},
		{name: "lines and chunks", code: `
			local c, s = tcp()
			s:write("a\r\nb\n\nc") s:close()
			for line in c:lines() do out(line) end
			--> =a
			--> =b
			--> =""
			--> =c
			local c, s = tcp()
			s:write("12345") s:close()
			for chunk in c:chunks(2) do out(chunk) end
			--> =12
			--> =34
			--> =5
			local c, s = tcp()
			c:set_timeout(0.01)
			out(failure(function() for line in c:lines() do end end)) --> =lines: timeout
			local c, s = tcp()
			local i = socket.import_stream(c)
			s:write("a\nb\n") s:close()
			for line in i:lines() do out(line) end
			--> =a
			--> =b`},
		{name: "getss", code: `
			local c, s = tcp()
			s:write("<p>a <b x='>'>b</b> 1 < 2</p>\n<!-- <i> -->c<?php echo '>' ?>d<br\n/>e\n<b>f</b> <i>g</i>\n") s:close()
			out(c:getss()) --> ="a b 1 < 2\n"
			out(c:getss(1000)) --> =cd
			out(c:getss(1000)) --> ="e\n"
			out(c:getss(1000, "<b>")) --> ="<b>f</b> g\n"
			out(c:getss()) --> =nil closed 0`},
		{name: "methods want a Stream", code: `
			local c = tcp()
			out(failure(c.gets, 1)) --> =bad argument #1 to 'gets' (fp must be a Stream, got 1)
			out(failure(c.read_line, "x")) --> =bad argument #1 to 'read_line' (fp must be a Stream, got "x")`},
	})
}

func TestStreamWrites(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "lengths", code: `
			local c, s = tcp()
			out(c:write("abcdef", 3), c:write("ab", 9), c:write("abc", 0), c:write(""), c:puts("x")) --> =3 2 0 0 1
			out(failure(c.write, c, "abc", -1)) --> =bad argument #3 to 'write' (length must be 0 or more, got -1)
			out(s:read(100)) --> =abcabx
			out(c:flush()) --> =true`},
		{name: "the peer has closed", code: `
			local c, s = tcp()
			s:close()
			out(c:write("a")) --> =1
			socket.select({c}, nil, nil, 1)
			task.sleep(0.01)
			out(c:write("b")) --> =nil Broken pipe 32
			local c, s, l = tcp()
			c:shutdown(socket.STREAM_SHUT_WR)
			out(c:write("a")) --> =nil Broken pipe 32
			out(l:write("a")) --> =nil Broken pipe 32
			out(s:read(1)) --> =nil closed 0`},
		{name: "RST", code: `
			local c, s = tcp()
			reset(s)
			socket.select({c}, nil, nil, 1)
			out(c:write("a")) --> =nil Connection reset by peer 104`},
		{name: "16 MB", code: `
			local c, s = tcp()
			local big = ("0123456789abcdef"):rep(1024 * 1024)
			local t = task.spawn(function() local n = c:write(big) c:close() return n end)
			local got = s:get_contents()
			out(#got, got == big) --> =16777216 true
			out(t:join()) --> =true 16777216`},
		{name: "nobody reads", code: `
			local c, s = tcp()
			local big = ("x"):rep(32 * 1024 * 1024)
			c:set_timeout(0.05)
			out(c:write(big)) --> ~^nil timeout 110 \d+$
			out(c:get_meta_data().timed_out) --> =true
			c:set_blocking(false)
			repeat local n, message, errno = c:write(big) until not n
			out(c:write(big)) --> =nil Resource temporarily unavailable 11
			local c, s = tcp()
			c:set_blocking(false)
			local n = c:write(big)
			out(n > 0 and n < #big) --> =true`},
		{name: "a time-out says how much was written", code: `
			local c, s = tcp()
			local big = ("0123456789abcdef"):rep(2 * 1024 * 1024)
			c:set_timeout(0.05)
			local n = select(4, c:write(big))
			c:set_timeout(60)
			task.spawn(function() c:write(big:sub(n + 1)) c:close() end)
			out(s:get_contents() == big) --> =true`},
		{name: "a cancel and a close under a write", code: `
			local big = ("x"):rep(32 * 1024 * 1024)
			local c, s = tcp()
			local t = task.spawn(function() return c:write(big) end)
			task.sleep(0.02)
			out(failure(c.write, c, "x")) --> =bad argument #1 to 'write' (another task is writing to the stream)
			t:cancel()
			out(t:join()) --> =nil cancelled
			local t = task.spawn(function() return c:write(big) end)
			task.sleep(0.02)
			c:close()
			out(t:join()) --> =true nil closed 0`},
		{name: "copy_to", code: `
			local a, b = tcp()
			local c, d = tcp()
			local big = ("0123456789abcdef"):rep(64 * 1024)
			task.spawn(function() a:write(big) a:close() end)
			local t = task.spawn(function() return d:get_contents() end)
			out(b:copy_to(c)) --> =1048576
			c:close()
			local ok, got = t:join()
			out(got == big) --> =true
			local a, b = tcp()
			a:write("abcdef")
			local c, d = tcp()
			out(b:copy_to(c, 4), d:read(10)) --> =4 abcd
			b:set_timeout(0.01)
			out(b:copy_to(c)) --> =nil timeout 110 2
			a:write("more")
			b:peek(1)
			c:shutdown(socket.STREAM_SHUT_WR)
			out(b:copy_to(c)) --> =nil Broken pipe 32 0
			out(b:read(10)) --> =more`},
	})
}

func TestStreamState(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "set_timeout", code: `
			local c, s = tcp()
			out(c:set_timeout(1, 500000), c:set_timeout(0.5), c:set_timeout(math.huge)) --> =true true true
			out(failure(c.set_timeout, c, -1)) --> =bad argument #2 to 'set_timeout' (seconds must be 0 seconds or more, got -1)
			c:set_timeout(0, 20000)
			local began = socket.gettime()
			out(c:gets()) --> =nil timeout 110
			local took = socket.gettime() - began
			out(took >= 0.02 and took < 30) --> =true`},
		{name: "get_meta_data", code: `
			local c, s, l = tcp()
			local function show(fp)
			  local m = fp:get_meta_data()
			  out(m.stream_type, m.mode, m.blocked, m.timed_out, m.eof, m.unread_bytes, m.seekable, m.uri)
			end
			c:set_blocking(false)
			show(s) --> =tcp_socket/ssl r+ true false false 0 false nil
			show(c) --> ~^tcp_socket/ssl r\+ false false false 0 false tcp://127.0.0.1:\d+$
			c:write("abc") c:close()
			s:peek(3)
			show(s) --> =tcp_socket/ssl r+ true false false 3 false nil
			s:read(3)
			show(s) --> =tcp_socket/ssl r+ true false true 0 false nil
			local a, b = pair()
			show(a) --> =generic_socket r+ true false false 0 false nil
			local u, v = udp()
			show(u) --> ~^udp_socket r\+ true false false 0 false udp://127.0.0.1:\d+$
			show(socket.export_stream(socket.create(socket.AF_UNIX, socket.SOCK_DGRAM))) --> =udg_socket r+ true false false 0 false nil
			show(socket.export_stream(socket.create(socket.AF_UNIX, socket.SOCK_STREAM))) --> =unix_socket r+ true false false 0 false nil`},
		{name: "get_name", code: `
			local c, s, l = tcp()
			out(c:get_name(true) == l:get_name(false), c:get_name(false) == s:get_name(true)) --> =true true
			out(c:get_name(false)) --> ~^127\.0\.0\.1:\d+$
			out(l:get_name(true)) --> =nil Transport endpoint is not connected 107
			local u, v = udp()
			out(v:get_name(true)) --> =nil Transport endpoint is not connected 107
			local a, b = pair()
			out(a:get_name(false), b:get_name(true)) --> ="" ""
			local name = "\0sockscript-test-" .. socket.gettime()
			local x = socket.stream_server("unix://" .. name)
			out(x:get_name(false) == name) --> =true
			local y = socket.stream_client("unix://" .. name)
			local z, peer = x:accept()
			out(peer, y:get_name(true) == name) --> ="" true
			s:close()
			out(c:get_name(true) == l:get_name(false)) --> =true
			out(socket.stream_get_name(l, false) == l:get_name(false)) --> =true`},
		{name: "shutdown", code: `
			local c, s, l = tcp()
			out(failure(c.shutdown, c, 9)) --> =bad argument #2 to 'shutdown' (how must be STREAM_SHUT_RD, STREAM_SHUT_WR or STREAM_SHUT_RDWR, got 9)
			out(failure(c.shutdown, c, -1)) --> ~got -1
			out(c:shutdown(1), c:shutdown(1), c:shutdown(2)) --> =true true true
			out(s:read(1)) --> =nil closed 0
			out(l:shutdown(2)) --> =true
			local u, v = udp()
			out(v:shutdown(2)) --> =nil Transport endpoint is not connected 107
			local c, s = tcp()
			reset(s)
			socket.select({c}, nil, nil, 1)
			out(c:shutdown(1)) --> =nil Transport endpoint is not connected 107`},
	})
}

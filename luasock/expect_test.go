package luasock

import "testing"

// expectPrelude runs each snippet over a Stream and over a Socket: each(fn)
// calls fn with both kinds and a Stream at the other end.
const expectPrelude = streamPrelude + `
function each(fn)
  local c, s = tcp()
  fn(c, s)
  local c, s = tcp()
  fn(socket.import_stream(c), s)
end
function oneLine(message) return (message:gsub("\n *", ";  "):gsub("\\", "/")) end
function brief(fp, seconds) -- a time-out in either's way
  if fp.set_timeout then fp:set_timeout(seconds) return end
  fp:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = seconds * 1e6})
end
`

func TestExpectingBytes(t *testing.T) {
	runScripts(t, expectPrelude, []script{
		{name: "read_exactly", code: `
			each(function(fp, s)
			  s:write("abcdef")
			  out(fp:read_exactly(4), fp:read_exactly(0), fp:buffered())
			  brief(fp, 0.01)
			  out(fp:read_exactly(3))
			  s:write("g")
			  out(fp:read_exactly(3))
			  s:write("h") s:close()
			  out(fp:read_exactly(2))
			  out(fp:read(10))
			  out(fp:read_exactly(1))
			  out(failure(fp.read_exactly, fp, -1))
			end)
			--> =abcd "" 2
			--> =nil timeout 110
			--> =efg
			--> =nil closed 0
			--> =h
			--> =nil closed 0
			--> =bad argument #2 to 'read_exactly' (n must be 0 or more, got -1)
			--> =abcd "" 2
			--> =nil Resource temporarily unavailable 11
			--> =efg
			--> =nil closed 0
			--> =h
			--> =nil closed 0
			--> =bad argument #2 to 'read_exactly' (n must be 0 or more, got -1)`},
		{name: "read_until a text", code: `
			each(function(fp, s)
			  task.spawn(function() for _, part in ipairs{"one\r", "\ntwo\r\nx"} do s:write(part) task.sleep(0.005) end end)
			  out(fp:read_until("\r\n"))
			  out(fp:read_until("\r\n", 5))
			  s:write("123456")
			  out(fp:read_until(";", 4))
			  out(fp:read(3))
			  s:close()
			  out(fp:read_until(";"))
			  out(fp:read_all())
			  out(failure(fp.read_until, fp, ""))
			  out(failure(fp.read_until, fp, 7))
			  out(failure(fp.read_until, fp, {patern = "x"}))
			end)
			--> ="one\r\n"
			--> ="two\r\n"
			--> =nil no match in as many bytes as were allowed 90
			--> =x12
			--> =nil closed 0
			--> =3456
			--> =bad argument #2 to 'read_until' (what must be a text that is not empty, got "")
			--> =bad argument #2 to 'read_until' (what must be a string, {pattern = …} or a function, got 7)
			--> ~unknown key "patern"
			--> ="one\r\n"
			--> ="two\r\n"
			--> =nil no match in as many bytes as were allowed 90
			--> =x12
			--> =nil closed 0
			--> =3456
			--> =bad argument #2 to 'read_until' (what must be a text that is not empty, got "")
			--> =bad argument #2 to 'read_until' (what must be a string, {pattern = …} or a function, got 7)
			--> ~unknown key "patern"`},
		{name: "read_until a pattern", code: `
			each(function(fp, s)
			  s:write("220-hello\r\n220 world\r\nrest")
			  out(fp:read_until{pattern = "%d+ [^\n]*\n"})
			  out(fp:read(10))
			  out(failure(fp.read_until, fp, {pattern = "%"}))
			end)
			--> ="220-hello\r\n220 world\r\n"
			--> =rest
			--> ~malformed pattern
			--> ="220-hello\r\n220 world\r\n"
			--> =rest
			--> ~malformed pattern`},
		{name: "a malformed pattern, once there is something to match", code: `
			local c, s = tcp()
			s:write("x")
			out(failure(c.read_until, c, {pattern = "%"})) --> ~malformed pattern
			out(c:read(1)) --> =x`},
		{name: "read_until a function", code: `
			each(function(fp, s)
			  local function frame(b) if #b >= 1 and #b > b:byte() then return b:byte() + 1 end end
			  s:write("\3ab")
			  task.spawn(function() task.sleep(0.01) s:write("c\1x") end)
			  out(fp:read_until(frame), fp:read_until(frame))
			  s:write("zzz")
			  out(failure(fp.read_until, fp, function() return 9 end))
			  out(failure(fp.read_until, fp, function() return "x" end))
			  out(failure(fp.read_until, fp, function() error("mine", 0) end))
			  out(fp:read_until(function(b) task.sleep(0.001) return #b end))
			end)
			--> ="\x03abc" "\x01x"
			--> =read_until: the function must return nil or a length of 0 to 3, got 9
			--> =read_until: the function must return nil or a length of 0 to 3, got "x"
			--> =mine
			--> =zzz
			--> ="\x03abc" "\x01x"
			--> =read_until: the function must return nil or a length of 0 to 3, got 9
			--> =read_until: the function must return nil or a length of 0 to 3, got "x"
			--> =mine
			--> =zzz`},
		{name: "a function that closes the stream", code: `
			local c, s = tcp()
			s:write("zzz")
			out(c:read_until(function(b) if not pcall(c.close, c) then return 0 end return #b end)) --> =nil closed 0`},
		{name: "read_line and read_all", code: `
			each(function(fp, s)
			  s:write("a\r\nb\nc\r\nd") s:close()
			  out(fp:read_line(), fp:read_line(true), fp:read_line(true), fp:read_line(false))
			  out(fp:read_line())
			  out(fp:read_all())
			end)
			--> =a "b\n" "c\r\n" d
			--> =nil closed 0
			--> =""
			--> =a "b\n" "c\r\n" d
			--> =nil closed 0
			--> =""
			each(function(fp, s)
			  s:write("abcdef") s:close()
			  out(fp:read_all(2), fp:read_all())
			end)
			--> =ab cdef
			--> =ab cdef`},
		{name: "peek, unread, buffered", code: `
			each(function(fp, s)
			  s:write("abc")
			  out(fp:peek(2), fp:peek(3), fp:buffered())
			  brief(fp, 0.01)
			  out((fp:peek(4)))
			  out(fp:unread("xy"), fp:unread(""), fp:buffered())
			  out(#socket.select({fp}, nil, nil, 0), fp:read(10))
			  out(fp:unread("z"), fp:read(1))
			  out(#socket.select({fp}, nil, nil, 0), fp:buffered())
			  s:write("q") s:close()
			  out(fp:peek(5), fp:read(1))
			  out(fp:peek(1))
			end)
			--> =ab abc 3
			--> =nil
			--> =true true 5
			--> =1 xyabc
			--> =true z
			--> =0 0
			--> =q q
			--> =nil closed 0
			--> =ab abc 3
			--> =nil
			--> =true true 5
			--> =1 xyabc
			--> =true z
			--> =0 0
			--> =q q
			--> =nil closed 0`},
		{name: "a Socket's own calls see the buffer", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			s:write("line\nrest of it")
			out(i:read_line()) --> =line
			out(i:recv(4, socket.MSG_PEEK), i:recv(4), i:read(100)) --> =rest rest  of it`},
		{name: "drain", code: `
			each(function(fp, s)
			  s:write("abc")
			  fp:peek(1)
			  task.spawn(function() task.sleep(0.01) s:write("def") end)
			  out(fp:drain(0.2), fp:drain(0))
			  s:write("x") s:close()
			  out(fp:drain(1))
			  out(fp:drain())
			  out(fp:read(1))
			end)
			--> =6 0
			--> =1
			--> =0
			--> =nil closed 0
			--> =6 0
			--> =1
			--> =0
			--> =nil closed 0`},
		{name: "send_after", code: `
			each(function(fp, s)
			  s:write("login: rest")
			  out(fp:send_after("login: ", "me\n"), s:gets())
			  brief(fp, 0.01)
			  out((fp:send_after("password: ", "x")))
			  s:set_timeout(0)
			  out(s:gets())
			end)
			--> =login:  "me\n"
			--> =nil
			--> =nil timeout 110
			--> =login:  "me\n"
			--> =nil
			--> =nil timeout 110`},
		{name: "expect", code: `
			each(function(fp, s)
			  s:write("250 ok\r\n550 no\r\n")
			  out(fp:expect("250 "), fp:expect({pattern = "^[^\n]*\n"}, 1))
			  local ok, message = pcall(fp.expect, fp, "250 ", 0.01)
			  out(oneLine(message))
			  out(fp:read(100))
			end)
			--> =250  "ok\r\n"
			--> ~expect: "250 " did not come: timeout after 0\.\d\d\d s;  came: .*"550 no/r/n".*;  unread: 8 bytes;  00000000  35 35 30 20 6e 6f 0d 0a .*\|550 no\.\.\|
			--> ="550 no\r\n"
			--> =250  "ok\r\n"
			--> ~expect: "250 " did not come: timeout after 0\.\d\d\d s;  came: .*"550 no/r/n".*;  unread: 8 bytes;  00000000  35 35 30 20 6e 6f 0d 0a .*\|550 no\.\.\|
			--> ="550 no\r\n"`},
		{name: "expect: the end, a function, a pattern", code: `
			local c, s = tcp()
			s:write("before") c:peek(6) s:write("after") s:close()
			local ok, message = pcall(c.expect, c, function() end)
			out(oneLine(message)) --> ~expect: what the function of script:3 wants did not come: closed after .* came: 5 bytes, "after";  was there before: 6 bytes, "before";  unread: 11 bytes
			c:drain()
			local ok, message = pcall(c.expect, c, {pattern = "x+"})
			out(oneLine(message)) --> ~expect: the pattern "x\+" did not come: closed after .* came: nothing;  unread: nothing$`},
		{name: "expect: a cancel stays one", code: `
			local c, s = tcp()
			local t = task.spawn(function() c:expect("x") end)
			task.sleep(0.01)
			t:cancel()
			out(t:join()) --> =nil cancelled
			out(task.timeout(0.01, c.expect, c, "x")) --> ~^nil timeout`},
		{name: "two readers", code: `
			each(function(c, s)
			  local t = task.spawn(function() return c:read_until("\n") end)
			  task.sleep(0.01)
			  s:write("part of ")
			  task.sleep(0.01)
			  out((failure(c.read_line, c):gsub("stream", "socket")))
			  out((failure(c.unread, c, "x"):gsub("stream", "socket")))
			  out((failure(c.expect, c, "x"):gsub("stream", "socket")))
			  s:write("a line\n")
			  out(t:join())
			  s:write("next\n")
			  out(c:read_line())
			end)
			--> =bad argument #1 to 'read_line' (another task is reading from the socket)
			--> =bad argument #1 to 'unread' (another task is reading from the socket)
			--> =bad argument #1 to 'expect' (another task is reading from the socket)
			--> =true "part of a line\n"
			--> =next
			--> =bad argument #1 to 'read_line' (another task is reading from the socket)
			--> =bad argument #1 to 'unread' (another task is reading from the socket)
			--> =bad argument #1 to 'expect' (another task is reading from the socket)
			--> =true "part of a line\n"
			--> =next
			local c, s = tcp() -- a stream and a socket on one connection
			local sock = socket.import_stream(c)
			local t = task.spawn(function() return sock:read_line() end)
			task.sleep(0.01)
			out(failure(c.gets, c)) --> =bad argument #1 to 'gets' (another task is reading from the stream)
			s:write("for the socket\n")
			out(t:join()) --> =true for the socket
			s:write("for the stream\n")
			out(c:gets()) --> ="for the stream\n"`},
		{name: "two copies, and a copy to where another task writes", code: `
			local a, b = tcp()
			local c, d = tcp()
			local t = task.spawn(function() return b:copy_to(c) end)
			task.sleep(0.01)
			out(failure(b.copy_to, b, d)) --> =bad argument #1 to 'copy_to' (another task is reading from the stream)
			out(failure(b.gets, b)) --> =bad argument #1 to 'gets' (another task is reading from the stream)
			out(c:write("beside it ")) --> =10
			a:write("copied") a:close()
			out(t:join()) --> =true 6
			out(d:read_exactly(16)) --> =beside it copied
			local a, b = tcp()
			local t = task.spawn(function() return c:write(("x"):rep(16000000)) end)
			task.sleep(0.01)
			a:write("kept")
			out(failure(b.copy_to, b, c)) --> =bad argument #2 to 'copy_to' (another task is writing to the stream)
			out(b:read(10)) --> =kept
			c:close()
			out(t:join()) --> =true nil closed 0`},
		{name: "a silent peer, and one that never ends its line", code: `
			local c, s = tcp()
			c:set_timeout(0.01)
			local big = ("x"):rep(100000)
			task.spawn(function() for i = 1, 100 do if not s:write(big) then return end end end)
			out(c:read_until("\n", 1000000)) --> =nil no match in as many bytes as were allowed 90
			out(#c:get_line(50000, "\n"), #c:gets(50001)) --> =50000 50000
			c:close()`},
	})
}
